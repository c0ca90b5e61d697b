"""A Project begins, is archived and is restored; how it ends is in `projects.deletion`. Knows no HTTP."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from projects.models import Membership, Project, Role


@transaction.atomic
def create(project: Project, *, by: User) -> Project:
    """Stores a new Project, with `by` as its owner."""
    project.created_by = by
    project.save()
    Membership.objects.create(project=project, user=by, role=Role.OWNER)
    return project


def archive(project: Project) -> None:
    """Makes it readable only, and leaves it out of lists."""
    Project.objects.filter(pk=project.pk, archived_at=None).update(archived_at=timezone.now())


def restore(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(archived_at=None)
