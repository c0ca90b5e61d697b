"""Batches, their notices, presets and what a Task's tables show. Facts only: `batching` has the verbs."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from coretex_site.lib.exactjson import ExactJSONField
from projects.models import Project
from runs.runspec import RunSpec
from tasks.models import Task

CHANNELS = [("email", "E-mail"), ("webhook", "Webhook")]


class Batch(models.Model):
    """The Runs that one Run Task action made from several values per parameter."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="batches")
    task = models.ForeignKey(Task, models.CASCADE, related_name="batches")
    snapshot = models.ForeignKey("runs.Snapshot", models.PROTECT, related_name="batches")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1000, blank=True)
    entry_script = models.CharField(max_length=1024)
    # The Node that must execute its Runs; any when empty.
    wanted_node = models.ForeignKey("runs.Node", models.PROTECT, null=True, blank=True, related_name="+")
    time_limit = models.PositiveIntegerField("seconds", null=True, blank=True)
    spec = ExactJSONField("what was asked for last, as RunSpec.as_json()")
    earlier_specs = ExactJSONField("what was asked for before values were added", default=list)
    varying = models.JSONField("names of the parameters that differ", default=list)
    count = models.PositiveIntegerField("cells, those of reused Runs included")
    reused = models.JSONField("[[cell, Run that had succeeded with these values], …]", default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Names the form that it was sent with and what was in it, so that a form sent twice is one Batch.
    submission = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    # Set when all its Runs are there. The builder is a process, written like an Execution's owner.
    built_at = models.DateTimeField(null=True, blank=True)
    build_error = models.TextField("why it could not be built, as a sentence", blank=True)
    builder = models.CharField(max_length=100, blank=True)
    builder_at = models.DateTimeField(null=True, blank=True)
    # How it runs; changeable at any time.
    priority = models.SmallIntegerField("higher first", default=0)
    at_once = models.PositiveIntegerField("Runs at the same time at most", null=True, blank=True)
    stop_after = models.PositiveIntegerField("failures after which none starts", null=True, blank=True)
    # Only failures of Executions above this key count, so that executing again begins anew.
    failures_after = models.BigIntegerField(default=0)
    paused_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField("why it was stopped, as a sentence", max_length=300, blank=True)
    # Set when no Run is unfinished; empty again when some are executed again.
    finished_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField("its creator has seen that it ended", null=True, blank=True)
    notify_email = models.CharField(max_length=254, blank=True)
    notify_url = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "batches"
        indexes = [
            models.Index(fields=["task", "-id"]),
            models.Index(fields=["project", "-id"]),
            models.Index(fields=["created_by", "finished_at"]),
            # Few Batches are unfinished, however many there were.
            models.Index(fields=["id"], name="unfinished_batches", condition=models.Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return f"Batch {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("runs:batch", args=[self.pk])

    @property
    def run_spec(self) -> RunSpec:
        return RunSpec.from_json(self.spec)

    @property
    def is_building(self) -> bool:
        return self.built_at is None and not self.build_error and self.finished_at is None

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None and self.finished_at is None


class Notice(models.Model):
    """Word to one address that a Batch has ended, sent once by a worker."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="notices")
    channel = models.CharField(max_length=10, choices=CHANNELS)
    address = models.CharField(max_length=1000)
    created_at = models.DateTimeField(auto_now_add=True)
    # When it is tried next; empty when it was sent or given up.
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField("why the last try failed, as a sentence", max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} to {self.address}"


class Preset(models.Model):
    """Values and settings for a Task's form, kept under a name."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="presets")
    name = models.CharField(max_length=100)
    spec = ExactJSONField("RunSpec.as_json()")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["task", "name"], name="one_preset_of_a_name")]

    def __str__(self) -> str:
        return self.name


class TableChoices(models.Model):
    """Which columns, metric and direction the tables of a Task's Runs show."""

    task = models.OneToOneField(Task, models.CASCADE, related_name="table_choices")
    choices = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"Table of {self.task_id}"
