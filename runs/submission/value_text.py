"""Values of parameters on one short line, Datasets by their names. Knows no combinations and no HTTP."""

from collections.abc import Iterable
from typing import Any

from runs.submission import choices
from runs.web.page_models import run_page
from tasks.types.declarations import TaskSpec
from tasks.types.parameters import DATASET_TYPES
from tasks.types.wording import inline


class Faces:
    """How readers see values of these parameters in a Project; the names of its Datasets are read once."""

    def __init__(self, declared: TaskSpec, project_id: int) -> None:
        self._declared, self._project_id = declared, project_id
        self._known: dict[int, str] = {}

    def read(self, name: str, values: Iterable[Any]) -> None:
        """Reads the names of all Datasets among these values at once."""
        parameter = self._declared.by_name.get(name)
        if parameter is not None and parameter.data_type in DATASET_TYPES:
            asked = {one for value in values for one in run_page.datasets_in(value)} - self._known.keys()
            there = run_page.still_there(asked, self._project_id)
            self._known |= {one: there.get(one, f"Dataset {one} (not in this Project)") for one in asked}

    def of(self, name: str, value: Any) -> str:
        """A value, stored or as it is seen, on one short line."""
        parameter = self._declared.by_name.get(name)
        is_option = parameter is not None and parameter.data_type in choices.OPTION_TYPES
        if parameter is None or (is_option and not isinstance(value, dict)):
            return value if isinstance(value, str) and value.strip() else inline(value)
        if parameter.data_type not in DATASET_TYPES or not run_page.datasets_in(value):
            return parameter.type.describe(value)
        self.read(name, [value])
        names = [self._known[one] for one in run_page.datasets_in(value)]
        return f"[{', '.join(names)}]" if isinstance(value, list) else names[0]
