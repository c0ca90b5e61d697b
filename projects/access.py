"""Who may see and do what: the one rule. What you may not see is a 404, what not do a 403."""

from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404
from django.utils.text import capfirst

from projects.models import Dataset, Membership, Project, Role, Visibility

Found = TypeVar("Found", bound=Model)

# What each role may do; a role includes those after it.
RANK = {Role.OWNER: 3, Role.EDITOR: 2, Role.VIEWER: 1}


def visible(user: User, *, through: str = "") -> Q:
    """The condition for objects whose Project `user` may see; `through` leads to it (`"task__project__"`).

    Superusers see all Projects; others see public ones and those they are members of.
    """
    if user.is_superuser:
        return Q()
    mine = Membership.objects.filter(user_id=user.pk).values("project_id")
    return Q(**{f"{through}visibility": Visibility.PUBLIC}) | Q(**{f"{through}pk__in": mine})


def role_in(user: User, project: Project) -> Role | None:
    """The role of `user` in `project`, or None when they may not even look."""
    if user.is_superuser:
        return Role.OWNER
    membership = Membership.objects.filter(user_id=user.pk, project=project).first()
    if membership is not None:
        return Role(membership.role)
    return Role.VIEWER if project.visibility == Visibility.PUBLIC else None


def may(user: User, project: Project, role: Role) -> bool:
    """Whether `user` has at least `role` in `project`."""
    held = role_in(user, project)
    return held is not None and RANK[held] >= RANK[role]


def projects(user: User) -> QuerySet[Project]:
    return Project.objects.filter(visible(user))


def find(queryset: QuerySet[Found], user: User, pk: int, *, need: Role = Role.VIEWER) -> Found:
    """The object of `queryset` with key `pk`, if `user` may see its Project and has the role `need` in it.

    The objects are Projects, or have a `project`.
    Raises Http404 when it is not there for them, PermissionDenied with a sentence when they may only look.
    """
    through = "" if queryset.model is Project else "project__"
    found = queryset.filter(visible(user, through=through), pk=pk).first()
    if found is None:
        name = capfirst(queryset.model._meta.verbose_name)
        raise Http404(f"There is no {name} {pk}, or you are not a member of its Project.")
    project: Any = found
    require(user, project if isinstance(found, Project) else project.project, need)
    return found


def require(user: User, project: Project, need: Role) -> None:
    """Raises PermissionDenied with a sentence unless `user` has the role `need` in `project`.

    An archived Project can be read, restored and deleted by its owners, and nothing in it can be changed.
    """
    if not may(user, project, need):
        raise PermissionDenied(
            f"This requires the {need.label.lower()} role in the "
            f"Project “{project.name}”. Ask one of its owners."
        )
    if need == Role.EDITOR and project.archived_at is not None:
        raise PermissionDenied(
            f"The Project “{project.name}” is archived: it can be viewed but not "
            "changed. An owner can restore it."
        )


def get_project(user: User, pk: int, *, need: Role = Role.VIEWER) -> Project:
    return find(Project.objects.all(), user, pk, need=need)


def get_dataset(user: User, pk: int, *, need: Role = Role.VIEWER) -> Dataset:
    return find(Dataset.objects.select_related("project"), user, pk, need=need)
