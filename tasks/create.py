"""Makes Tasks: blank, from uploaded files, from a Template. All or nothing. Knows no HTTP."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from coretex_site.lib import archives, filetree, paths, uploading
from coretex_site.lib.filetree import TreeError
from coretex_site.lib.intake import Choices, Taken
from projects.models import Project
from tasks import library, starters
from tasks.files import store
from tasks.models import Task
from tasks.taskyaml.heading import LONGEST_NAME, Heading, heading
from tasks.taskyaml.tree import MAX_BYTES

MISSING_NAME = "Give the Task a name."


@dataclass(frozen=True, kw_only=True)
class Details:
    """What a new Task is called, where it belongs, and who makes it.

    An empty name or description is taken from the task.yaml of its files, if that has one; the name else
    from the folder, the archive or the only file that was uploaded.
    """

    project: Project
    name: str
    description: str = ""
    by: User


def blank(details: Details) -> Task:
    """A Task without files."""
    return _make(details, lambda folder: folder.mkdir())


def from_upload(
    details: Details,
    uploads: Sequence[tuple[str, BinaryIO]],
    *,
    choices: Choices | None = None,
    report: Callable[[Taken], object] = lambda taken: None,
) -> Task:
    """A Task of uploaded files, each with its path, or of one archive; raises TreeError.

    A single folder at the top that holds everything is the root itself, in uploads as in archives. `report`
    gets what was stored and what was left out.
    """

    def fill(folder: Path) -> None:
        report(uploading.write(uploads, folder, unpack=True, strip=True, is_whole=True, choices=choices))

    return _make(details, fill, otherwise=_name_of([path for path, _ in uploads]))


def _name_of(uploaded: Sequence[str]) -> str:
    """What the uploaded files are called together; empty when only each of them has a name."""
    first, *within = PurePosixPath(uploaded[0]).parts or ("",)
    if within:
        return first if all(PurePosixPath(path).parts[:1] == (first,) for path in uploaded) else ""
    return archives.stem(first) if len(uploaded) == 1 else ""


def from_template(details: Details, name: str, *, schema_url: str = "") -> Task:
    """A Task with a copy of the files of the Template `name`; raises TreeError if there is none.

    Its task.yaml names the JSON Schema at `schema_url`, if one is given.
    """
    template = library.find(name)
    if template is None:
        known = ", ".join(sorted(library.templates()))
        raise TreeError(f"There is no Template {name}; there are {known}.")

    def fill(folder: Path) -> None:
        filetree.copy(template.root, folder)
        task_yaml = folder / store.TASK_YAML
        task_yaml.write_text(starters.with_schema(task_yaml.read_text(), schema_url))

    return _make(details, fill, template=template.name)


def describe(task: Task, *, name: str, description: str) -> None:
    """Gives a Task another name and description; raises TreeError when another Task has the name."""
    try:
        with transaction.atomic():
            Task.objects.filter(pk=task.pk).update(name=name, description=description)
    except IntegrityError as error:
        raise TreeError(name_is_taken(name)) from error


def name_taken(project: Project, name: str) -> bool:
    return Task.objects.filter(project=project, name__iexact=name).exists()


def name_is_taken(name: str) -> str:
    """The sentence for a name that another Task of the Project has."""
    return f"This Project already has a Task “{name}”. Choose another name."


def _completed(details: Details, folder: Path, otherwise: str) -> Details:
    """The details with what was left out as task.yaml has it; raises TreeError when there is no name.

    `otherwise` is the name where neither has one.
    """
    task_yaml = folder / store.TASK_YAML
    found = Heading()
    if task_yaml.is_file():
        with task_yaml.open("rb") as file:
            found = heading(file.read(MAX_BYTES + 1))
    name = details.name or found.name or otherwise[:LONGEST_NAME].strip()
    if not details.name and (found.problem or not name):
        raise TreeError(found.problem or MISSING_NAME)
    if not details.name and name_taken(details.project, name):
        where = "in task.yaml" if found.name else "of what was uploaded"
        raise TreeError(f"{name_is_taken(name)} That is the name {where}.")
    return replace(details, name=name, description=details.description or found.description)


def _make(
    details: Details, fill: Callable[[Path], object], *, template: str = "", otherwise: str = ""
) -> Task:
    """A Task whose files `fill` puts into the folder it is given. On any error neither row nor file stays."""
    with filetree.scratch(paths.scratch(), "task") as scratch:
        fill(scratch / "files")
        details = _completed(details, scratch / "files", otherwise)
        task = None
        try:
            with transaction.atomic():
                task = Task.objects.create(
                    project=details.project,
                    name=details.name,
                    description=details.description,
                    template=template,
                    created_by=details.by,
                )
                store.replace_all(task, scratch / "files", by=details.by)
        except BaseException as error:
            if task is not None and task.pk is not None:
                store.remove_all([task.pk])
            if isinstance(error, IntegrityError) and name_taken(details.project, details.name):
                raise TreeError(name_is_taken(details.name)) from error
            raise
    return task
