"""Who works in a Project: add, change, remove. A Project always keeps an owner. Knows no HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction

from projects.models import Membership, Project, Role


class TeamError(ValueError):
    """A change of members that cannot be made; the message says why and what to do."""


@contextmanager
def _changing(project: Project) -> Iterator[None]:
    """One change of a Project's members at a time, so that two owners cannot both leave."""
    with transaction.atomic():
        list(Project.objects.select_for_update().filter(pk=project.pk))
        yield


def add(project: Project, *, name: str, role: Role) -> Membership:
    """Makes the person with the user name `name` a member."""
    user = get_user_model().objects.filter(username=name, is_active=True).first()
    if user is None:
        user = get_user_model().objects.filter(username__iexact=name, is_active=True).first()
    if user is None:
        raise TeamError(
            f"There is no user “{name}”. Check the spelling; your "
            "administrator can add users in the admin site."
        )
    with _changing(project):
        membership, is_new = Membership.objects.get_or_create(
            project=project, user=user, defaults={"role": role}
        )
    if not is_new:
        held = membership.get_role_display().lower()
        raise TeamError(f"{user.get_username()} is {held} in this Project already. Change the role below.")
    return membership


def change_role(project: Project, pk: int, *, role: Role) -> Membership:
    with _changing(project):
        membership = _get(project, pk)
        if membership.role == Role.OWNER and role != Role.OWNER:
            _keep_an_owner(project, membership)
        membership.role = role
        membership.save(update_fields=["role"])
    return membership


def remove(project: Project, pk: int) -> Membership:
    """Takes a member out; also how someone leaves."""
    with _changing(project):
        membership = _get(project, pk)
        if membership.role == Role.OWNER:
            _keep_an_owner(project, membership)
        membership.delete()
    return membership


def membership_of(project: Project, user: User) -> Membership | None:
    return Membership.objects.filter(project=project, user_id=user.pk).first()


def _get(project: Project, pk: int) -> Membership:
    membership = Membership.objects.select_related("user").filter(project=project, pk=pk).first()
    if membership is None:
        raise TeamError("This person is no longer a member.")
    return membership


def _keep_an_owner(project: Project, leaving: Membership) -> None:
    others = Membership.objects.filter(project=project, role=Role.OWNER, user__is_active=True)
    if not others.exclude(pk=leaving.pk).exists():
        raise TeamError(
            f"{leaving.user.get_username()} is the only owner, and a Project needs one. "
            "Make someone else an owner first."
        )
