"""Deletes a Project permanently: says what will be lost, asks every part of the product, frees the disk.

Imports run one way, so the applications that hold things in a Project say so themselves: the `AppConfig` of
each may have a method `project_part() -> Part`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from django.apps import apps
from django.db import transaction
from django.db.models import Sum

from coretex_site.lib import paths
from projects.data import contents
from projects.models import Dataset, Project, Sample


class DeletionError(ValueError):
    """The Project cannot be deleted now; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """`count` things called `what` (plural; `one` is the singular), with `size` bytes on disk."""

    what: str
    one: str
    count: int
    size: int

    @property
    def text(self) -> str:
        return f"{self.count:,} {self.one if self.count == 1 else self.what}"


class Part(Protocol):
    """What an application holds in Projects."""

    def losses(self, project: Project) -> list[Loss]:
        """What would be lost."""

    def obstacle(self, project: Project) -> str | None:
        """A sentence while the Project cannot be deleted."""

    def delete(self, project: Project) -> Callable[[], None]:
        """Deletes its rows; what it returns frees the disk, and is called after the commit."""


def _parts() -> list[Part]:
    """In the order in which they go: what refers to others, and so comes later in INSTALLED_APPS, first."""
    configs = [config for config in apps.get_app_configs() if hasattr(config, "project_part")]
    return [config.project_part() for config in reversed(configs)]


def losses(project: Project) -> list[Loss]:
    """What is gone permanently with the Project."""
    found = project.datasets.aggregate(size=Sum("size"), files=Sum("file_count"))
    return [
        *(loss for part in reversed(_parts()) for loss in part.losses(project)),
        Loss(what="Datasets", one="Dataset", count=project.datasets.count(), size=found["size"] or 0),
    ]


def obstacle(project: Project) -> str | None:
    """Why the Project cannot be deleted now, as a sentence."""
    return next((text for part in _parts() if (text := part.obstacle(project)) is not None), None)


def delete(project: Project) -> None:
    """Deletes the Project with all that is in it, and then frees the disk; raises DeletionError."""
    with transaction.atomic():
        list(Project.objects.select_for_update().filter(pk=project.pk))
        reason = obstacle(project)
        if reason is not None:
            raise DeletionError(reason)
        freeing = [part.delete(project) for part in _parts()]
        freeing.append(_delete_datasets(project))
        Project.objects.filter(pk=project.pk).delete()

        def free_disk() -> None:
            for free in freeing:
                free()

        transaction.on_commit(free_disk)


def _delete_datasets(project: Project) -> Callable[[], None]:
    keys = list(project.datasets.values_list("pk", flat=True))
    Sample.objects.filter(dataset__project=project).delete()
    Dataset.objects.filter(project=project).delete()
    return lambda: contents.free(paths.dataset_files(pk) for pk in keys)
