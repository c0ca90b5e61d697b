"""Which Tasks a person may see and change, by the rule of `projects.access`."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from projects import access
from projects.models import Role
from tasks.models import Task


def visible_tasks(user: User) -> QuerySet[Task]:
    """The Tasks of all Projects that `user` may see, each with its Project."""
    return Task.objects.filter(access.visible(user, through="project__")).select_related("project")


def get_task(user: User, pk: int, *, need: Role = Role.VIEWER) -> Task:
    """The Task `pk`; Http404 when it is not there for them, PermissionDenied when they may only look."""
    tasks = Task.objects.select_related("project", "created_by", "changed_by")
    return access.find(tasks, user, pk, need=need)
