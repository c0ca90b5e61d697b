"""Values of parameters on one short line, ids as the names of what they refer to. Knows no HTTP."""

from collections.abc import Iterable
from typing import Any

from projects.data.references import RESOLVERS, Resolver
from runs.submission import choices
from tasks.types.declarations import TaskSpec
from tasks.types.wording import inline


class ValueTexts:
    """How readers see values of these parameters in a Project; names of what it holds are read once."""

    def __init__(self, declared: TaskSpec, project_id: int) -> None:
        self._declared, self._project_id = declared, project_id
        self._labels: dict[Resolver, dict[int, str]] = {}

    def read(self, name: str, values: Iterable[Any]) -> None:
        """Reads the names of all that these values refer to at once."""
        parameter = self._declared.by_name.get(name)
        resolver = None if parameter is None else RESOLVERS.get(parameter.data_type)
        if resolver is not None:
            labels = self._labels.setdefault(resolver, {})
            ids = {one for value in values for one in resolver.ids(value)} - labels.keys()
            known = resolver.names(self._project_id, ids)
            labels |= {one: resolver.label(one, known) for one in ids}

    def of(self, name: str, value: Any) -> str:
        """A value, stored or as it is seen, on one short line."""
        parameter = self._declared.by_name.get(name)
        is_option = parameter is not None and parameter.data_type in choices.OPTION_TYPES
        if parameter is None or (is_option and not isinstance(value, dict)):
            return value if isinstance(value, str) and value.strip() else inline(value)
        resolver = RESOLVERS.get(parameter.data_type)
        if resolver is None or not resolver.ids(value):
            return parameter.type.describe(value)
        self.read(name, [value])
        names = [self._labels[resolver][one] for one in resolver.ids(value)]
        return f"[{', '.join(names)}]" if isinstance(value, list) else names[0]
