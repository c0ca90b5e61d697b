"""What values of parameters refer to, by data_type: checked, named, linked and given to a script."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.urls import reverse

from coretex_site.templatetags.ui import human_bytes
from projects.data import store
from projects.data.contents import DatasetError
from projects.models import Dataset, Project


class MissingReferenceError(ValueError):
    """What a value refers to cannot be given to a script; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One thing that a picker offers."""

    pk: int
    name: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a script gets in place of an id, and what its Execution records of it."""

    value: dict[str, Any]
    record: dict[str, Any]


class Resolver(ABC):
    """One kind of thing that values refer to by id, alone or in a list."""

    noun: str

    def ids(self, value: Any) -> list[int]:
        """The ids in a value; none where it is not what it should be."""
        found = value if isinstance(value, list) else [value]
        return found if all(type(one) is int for one in found) else []

    @abstractmethod
    def names(self, project_id: int, ids: Collection[int]) -> dict[int, str]:
        """The names of those that are in the Project, in one query.

        Ids can be written by hand, and members of a Project may not see what others have.
        """

    def check(self, project: Project, ids: Collection[int]) -> dict[int, str]:
        """{id: sentence} of those that are not in the Project."""
        known = self.names(project.pk, ids)
        expected = f"expected a {self.noun} of the Project “{project.name}”"
        return {one: f"{expected}, found the id {one}" for one in ids if one not in known}

    def label(self, pk: int, known: Mapping[int, str]) -> str:
        """How people read an id, given the names that are known."""
        return known.get(pk, f"{self.noun} {pk} (not in this Project)")

    @abstractmethod
    def link(self, pk: int) -> str:
        """The address of its page."""

    @abstractmethod
    def options(self, project: Project) -> Iterator[Option]:
        """Everything that a picker of this Project offers, in its order."""

    @abstractmethod
    def for_script(self, project_id: int, pk: int, folder: Path) -> Given:
        """Makes its data readable in `folder`, which is not there yet. Raises MissingReferenceError."""


class DatasetResolver(Resolver):
    noun = "Dataset"

    def names(self, project_id: int, ids: Collection[int]) -> dict[int, str]:
        rows = Dataset.objects.filter(project=project_id, pk__in=ids)
        return dict(rows.values_list("pk", "name")) if ids else {}

    def link(self, pk: int) -> str:
        return reverse("projects:dataset", args=[pk])

    def options(self, project: Project) -> Iterator[Option]:
        for dataset in project.datasets.all():
            files = "1 file" if dataset.file_count == 1 else f"{dataset.file_count:,} files"
            yield Option(pk=dataset.pk, name=dataset.name, detail=f"{files}, {human_bytes(dataset.size)}")

    def for_script(self, project_id: int, pk: int, folder: Path) -> Given:
        dataset = Dataset.objects.filter(pk=pk, project_id=project_id).first()
        if dataset is None:
            raise MissingReferenceError(
                f"names Dataset {pk}, which was deleted from this Project. Run the Task again with changes "
                "and choose another."
            )
        try:
            record = store.link_into(dataset, folder)
        except DatasetError as error:
            raise MissingReferenceError(f"cannot be read: {error}") from error
        return Given(value={"id": pk, "name": record["name"], "path": str(folder)}, record=record)


DATASETS = DatasetResolver()

RESOLVERS: dict[str, Resolver] = {
    "dataset": DATASETS,
    "list[dataset]": DATASETS,
}
