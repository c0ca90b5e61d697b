"""The demo Project of a first start: a Task from a Template and one Run of it, waiting for a worker."""

from django.contrib.auth.models import User
from django.db import transaction

from projects.models import Membership, Project, ProjectType, Role
from runs.runspec import RunSpec
from runs.submission.start import start
from tasks import create

TEMPLATE = "tabular-classification"


def make(user: User) -> Project:
    """The demo Project with `user` as its owner, and its Run queued with the default values."""
    with transaction.atomic():
        project = Project.objects.create(
            name="Demo",
            description="A Task to try things out with. Change it, run it with other values, delete it.",
            type=ProjectType.TABULAR_DATA,
            created_by=user,
        )
        Membership.objects.create(project=project, user=user, role=Role.OWNER)
    details = create.Details(project=project, name="Tabular classification", by=user)
    task = create.from_template(details, TEMPLATE)
    spec = RunSpec(task=task.pk, entry_script="main.py", description="Created at the first start.")
    start(spec, by=user)
    return project
