"""Runs, their Executions and what these left. Facts only: bulk is on disk, `runs.lifecycle` moves states."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from coretex_site.lib.exactjson import ExactJSONField
from projects.models import Project
from runs.batch_models import Batch, Notice, Preset, TableChoices
from runs.states import UNFINISHED, Cause, State
from tasks.models import Task

__all__ = [
    "Artifact",
    "Batch",
    "Environment",
    "Execution",
    "Metric",
    "MetricPoint",
    "Node",
    "Notice",
    "Preset",
    "Run",
    "Snapshot",
    "StateChange",
    "TableChoices",
]

STATES = [(state.value, state.label) for state in State]


class Node(models.Model):
    """A machine (a django-q2 cluster) that executes Runs."""

    name = models.CharField(max_length=100, unique=True)
    workers = models.PositiveIntegerField(default=1)
    hostname = models.CharField(max_length=255, blank=True)
    platform = models.CharField(max_length=255, blank=True)
    pid = models.PositiveIntegerField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    # Set when people no longer want to see it; what it executed keeps its name.
    forgotten_at = models.DateTimeField(null=True, blank=True)
    # Set to make the node finish what it runs and take nothing new.
    is_draining = models.BooleanField(default=False)
    cpu_percent = models.FloatField(null=True, blank=True)
    memory_percent = models.FloatField(null=True, blank=True)
    disk_free = models.BigIntegerField("bytes free on the data folder's disk", null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Snapshot(models.Model):
    """The frozen files of a Task at one moment, named by the digest of their paths, modes and contents."""

    digest = models.CharField(max_length=64, primary_key=True)
    file_count = models.PositiveIntegerField()
    size = models.BigIntegerField("bytes")
    created_at = models.DateTimeField(auto_now_add=True)
    # When it was last frozen; one that no Run uses is kept for a while after that.
    used_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest[:12]


class Environment(models.Model):
    """What an Execution's script could import: built once on a node, kept by the content it was built from.

    A row outlives the folder, so that an Execution can always say its exact packages.
    """

    key = models.CharField(max_length=64)
    node_name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10)  # plain, venv or conda
    interpreter = models.CharField(max_length=100)
    packages = models.TextField("exact packages, one a line", blank=True)
    size = models.BigIntegerField("bytes", default=0)
    build_seconds = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    # Set when a person deleted it; its node removes it as soon as no script uses it.
    unwanted_at = models.DateTimeField(null=True, blank=True)
    build_log = models.TextField("what was said while it was built", blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["node_name", "key"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.key[:12]}"

    @property
    def label(self) -> str:
        """What it is, as pages write it: `clean Python 3.11.7`, `venv, Python 3.11.7`, `Conda, R 4.4.1`."""
        if self.kind == "plain":
            return f"clean {self.interpreter}"
        return f"{'Conda' if self.kind == 'conda' else self.kind}, {self.interpreter}"


class Run(models.Model):
    """A Snapshot, an entry script and one value for each parameter, to be executed."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="runs")
    task = models.ForeignKey(Task, models.CASCADE, related_name="runs")
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="runs", db_index=False)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1000, blank=True)
    entry_script = models.CharField(max_length=1024)
    parameters = ExactJSONField("{name: value}, as declared types", default=dict)
    # The Node that must execute it; any when empty.
    wanted_node = models.ForeignKey(Node, models.PROTECT, null=True, blank=True, related_name="+")
    time_limit = models.PositiveIntegerField("seconds", null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Names the form that it was sent with and what was in it, so that a form sent twice is one Run.
    submission = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    # Its Batch and its number in it, from 0.
    batch = models.ForeignKey(
        Batch, models.CASCADE, null=True, blank=True, related_name="runs", db_index=False
    )
    cell = models.PositiveIntegerField(null=True, blank=True)
    # Of a Run alone; those of a Batch have the Batch's.
    priority = models.SmallIntegerField("higher first", default=0)
    # Names entry script and values, see runs.submission.fingerprints; empty when it was never asked for.
    values_digest = models.CharField(max_length=32, blank=True, editable=False)
    # Those of the newest Execution, kept here by runs.lifecycle for tables and filters.
    state = models.CharField(max_length=10, choices=STATES, default=State.QUEUED)
    latest = models.OneToOneField("Execution", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["project", "-id"]),
            models.Index(fields=["task", "-id"]),
            models.Index(fields=["state", "-id"]),
            models.Index(fields=["created_by", "-id"]),
            models.Index(fields=["created_at"]),
            models.Index(fields=["project", "state", "-id"]),
            models.Index(fields=["project", "name", "id"]),
            models.Index(fields=["snapshot", "values_digest"]),
            # The two ways to the next Run: of a Batch, and of those that are alone.
            models.Index(fields=["batch", "state", "latest"]),
            models.Index(
                fields=["state", "wanted_node", "-priority", "latest"],
                name="queue_of_single_runs",
                condition=models.Q(batch=None),
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["batch", "cell"], name="one_run_in_a_cell")]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("runs:detail", args=[self.pk])

    @property
    def status(self) -> State:
        return State(self.state)


class Execution(models.Model):
    """One attempt at executing a Run. Nothing that it left is ever overwritten."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="executions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=STATES, default=State.QUEUED)
    cause = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Cause])
    reason = models.CharField("reason word", max_length=20, blank=True)
    message = models.TextField("why it ended or waits, as a sentence", blank=True)
    last_line = models.CharField("the line that says why a script failed", max_length=300, blank=True)
    exit_code = models.IntegerField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField("script started at", null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    node = models.ForeignKey(Node, models.SET_NULL, null=True, blank=True, related_name="executions")
    # The process that watches it ("<boot id>:<pid>:<start time>"), and the shim that runs its script.
    owner = models.CharField(max_length=100, blank=True)
    shim = models.CharField(max_length=100, blank=True)
    # Written before the shim is started: without it the script was never started.
    start_marked_at = models.DateTimeField(null=True, blank=True)
    # Bytes of the console that were printed before the script was started, by us and by installers.
    console_start = models.PositiveBigIntegerField(default=0, db_default=0)
    # Why it is being ended from outside: "user" or "timeout", and who asked.
    stop_cause = models.CharField(max_length=10, blank=True)
    stop_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    environment = models.ForeignKey(
        Environment, models.SET_NULL, null=True, blank=True, related_name="executions"
    )
    # The environment whose exact packages it is to have, however new others are by now.
    exactly = models.ForeignKey(Environment, models.SET_NULL, null=True, blank=True, related_name="+")
    datasets = models.JSONField("[{id, name, digest, file_count, size}] as read", default=list)
    # Bytes of metrics.jsonl already stored as points, and lines of it that could not be.
    metrics_offset = models.BigIntegerField(default=0)
    metrics_rejected = models.PositiveIntegerField(default=0)
    # What went less well than it could: {"metrics" | "artifacts": a sentence}.
    warnings = models.JSONField(default=dict)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="executions_are_numbered")]
        indexes = [
            # Whole, not partial: SQLite cannot use a partial one for a state given as a parameter.
            models.Index(fields=["state", "id"]),
            models.Index(fields=["node", "state"]),
        ]

    def __str__(self) -> str:
        return f"Execution {self.number} of Run {self.run_id}"

    @property
    def status(self) -> State:
        return State(self.state)

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED


class StateChange(models.Model):
    """One move of an Execution, kept for ever."""

    execution = models.ForeignKey(Execution, models.CASCADE, related_name="changes")
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    message = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.from_state or 'new'} → {self.to_state}"


class Metric(models.Model):
    """A named series of points that an Execution reported; `is_system` for cpu, memory and disk use."""

    execution = models.ForeignKey(Execution, models.CASCADE, related_name="metrics")
    name = models.CharField(max_length=200)
    is_system = models.BooleanField(default=False)
    # Kept with every batch of points, so that tables need not read them.
    point_count = models.PositiveIntegerField(default=0)
    last = models.FloatField(null=True, blank=True)
    minimum = models.FloatField(null=True, blank=True)
    maximum = models.FloatField(null=True, blank=True)
    mean = models.FloatField(null=True, blank=True)
    finite_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["execution", "name"], name="one_metric_of_a_name")]

    def __str__(self) -> str:
        return self.name


class MetricPoint(models.Model):
    """One point. `y` is null for what was not a finite number."""

    metric = models.ForeignKey(Metric, models.CASCADE, related_name="points", db_index=False)
    x = models.FloatField()
    y = models.FloatField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["metric", "id"])]

    def __str__(self) -> str:
        return f"({self.x}, {self.y})"


class Artifact(models.Model):
    """A file that an Execution left, at its path below the working folder."""

    execution = models.ForeignKey(Execution, models.CASCADE, related_name="artifacts")
    path = models.CharField(max_length=1024)
    size = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["path"]
        constraints = [models.UniqueConstraint(fields=["execution", "path"], name="one_artifact_at_a_path")]

    def __str__(self) -> str:
        return self.path
