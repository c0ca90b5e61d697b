"""The Tasks' part in deleting a Project permanently, see `projects.deletion`. Knows no Runs."""

from collections.abc import Callable

from coretex_site.lib import filetree, paths
from projects.deletion import Loss
from projects.models import Project
from tasks.files import store
from tasks.models import Task


def losses(project: Project) -> list[Loss]:
    keys = project.tasks.values_list("pk", flat=True)
    folders = [folder for pk in keys if (folder := paths.task_files(pk)).is_dir()]
    size = sum(file.size for folder in folders for file in filetree.walk(folder))
    return [Loss(what="Tasks", one="Task", count=len(keys), size=size)]


def obstacle(project: Project) -> str | None:
    """Tasks can always be deleted."""
    return None


def delete(project: Project) -> Callable[[], None]:
    keys = list(project.tasks.values_list("pk", flat=True))
    Task.objects.filter(project=project).delete()
    return lambda: store.remove_all(keys)
