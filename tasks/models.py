"""Tasks: code that reads data, processes it and stores results. Knows no Runs."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from projects.models import Project


class Task(models.Model):
    """A folder of code in a Project. Its files live under the data folder, see `tasks.files.store`."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="tasks")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1000, blank=True)
    template = models.CharField("made from the Template", max_length=100, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Written by tasks.files.store with every change of a file, and by nothing else.
    revision = models.PositiveIntegerField(default=0)
    digest = models.CharField("digest of the files", max_length=64, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [models.UniqueConstraint("project", Lower("name"), name="one_task_of_a_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("tasks:detail", args=[self.pk])
