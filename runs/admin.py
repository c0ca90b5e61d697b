"""Runs for operators: facts to read, the history of states; stop, execute again, wake. Edits no fact."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from coretex_site.lib.web import Request
from runs.models import (
    Artifact,
    Environment,
    Execution,
    Metric,
    MetricPoint,
    Node,
    Run,
    Snapshot,
    StateChange,
)
from runs.queue import nodes, wakeups
from runs.submission import run_actions
from runs.submission.errors import SubmitError


class NotEditable:
    """What happened is not to be edited. Rows are deleted with their Run, on the Runs page."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


class ReadOnly(NotEditable, admin.ModelAdmin):
    list_per_page = 50
    show_full_result_count = False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """The actions change what a staff member may only look at otherwise."""
        return request.user.is_superuser or request.user.has_perm("runs.change_run")


class Inline(NotEditable, admin.TabularInline):
    extra = 0


class StateChangeInline(Inline):
    """The history of states."""

    model = StateChange
    fields = ("at", "from_state", "to_state", "message", "by")
    readonly_fields = fields
    verbose_name_plural = "history of states"


class ExecutionInline(Inline):
    model = Execution
    fk_name = "run"
    fields = ("number", "state", "reason", "message", "node", "started_at", "finished_at", "exit_code")
    readonly_fields = fields
    show_change_link = True


class Operable(ReadOnly):
    """With the actions of an operator, on Runs and on Executions."""

    actions = ("stop", "execute_again", "wake_nodes")

    def runs_of(self, chosen: QuerySet[Any]) -> QuerySet[Run]:
        raise TypeError(f"{type(self).__name__} does not say which Runs are meant")

    @admin.action(description="Stop", permissions=["operate"])
    def stop(self, request: Request, chosen: QuerySet[Any]) -> None:
        count = run_actions.stop_runs(list(self.runs_of(chosen)), by=request.user)
        self.message_user(request, f"{count} asked to stop." if count else "They have all ended already.")

    @admin.action(description="Execute again (same Snapshot, same values)", permissions=["operate"])
    def execute_again(self, request: Request, chosen: QuerySet[Any]) -> None:
        queued = 0
        for run in self.runs_of(chosen).select_related("wanted_node"):
            try:
                run_actions.again(run, by=request.user)
                queued += 1
            except SubmitError as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
        self.message_user(request, f"{queued} queued again.")

    @admin.action(description="Wake the nodes", permissions=["operate"])
    def wake_nodes(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        wakeups.wake()
        self.message_user(request, "Woke the live nodes with free workers.")


@admin.register(Run)
class RunAdmin(Operable):
    list_display = ("id", "name", "state", "project", "task", "created_by", "created_at", "page")
    list_filter = ("state", "created_at")
    list_select_related = ("project", "task", "created_by")
    search_fields = ("=id", "name")
    search_help_text = "The ID, or part of the name."
    inlines = (ExecutionInline,)

    def runs_of(self, chosen: QuerySet[Run]) -> QuerySet[Run]:
        return chosen

    @admin.display(description="page")
    def page(self, run: Run) -> str:
        return format_html('<a href="{}">open</a>', run.get_absolute_url())


@admin.register(Execution)
class ExecutionAdmin(Operable):
    list_display = (
        "__str__",
        "state",
        "reason",
        "node",
        "created_at",
        "started_at",
        "finished_at",
        "heartbeat_at",
    )
    list_filter = ("state", "reason", "cause", "node", "created_at")
    list_select_related = ("run", "node")
    search_fields = ("=run__id", "=id")
    search_help_text = "The ID of the Run or of the Execution."
    inlines = (StateChangeInline,)

    def runs_of(self, chosen: QuerySet[Execution]) -> QuerySet[Run]:
        return Run.objects.filter(latest__in=chosen)


@admin.register(StateChange)
class StateChangeAdmin(ReadOnly):
    list_display = ("at", "execution", "from_state", "to_state", "message", "by")
    list_filter = ("to_state", "at")
    list_select_related = ("execution", "by")
    search_fields = ("=execution__run__id",)


@admin.register(Node)
class NodeAdmin(ReadOnly):
    """A node is drained and forgotten on the Nodes page."""

    list_display = (
        "name",
        "workers",
        "is_draining",
        "heartbeat_at",
        "cpu_percent",
        "memory_percent",
        "hostname",
    )
    list_filter = ("is_draining",)
    search_fields = ("name", "hostname")
    actions = ("wake_up",)

    @admin.action(description="Wake up", permissions=["operate"])
    def wake_up(self, request: HttpRequest, chosen: QuerySet[Node]) -> None:
        for node in chosen:
            wakeups.wake(node)
        self.message_user(request, f"{chosen.count()} woken, as far as they are live and have free workers.")


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnly):
    list_display = ("__str__", "file_count", "size", "created_at")
    search_fields = ("digest",)


@admin.register(Environment)
class EnvironmentAdmin(ReadOnly):
    list_display = (
        "__str__",
        "node_name",
        "interpreter",
        "size",
        "build_seconds",
        "used_at",
        "unwanted_at",
        "removed_at",
    )
    list_filter = ("kind", "node_name", ("removed_at", admin.EmptyFieldListFilter))
    search_fields = ("key", "packages")
    actions = ("delete_from_disk",)

    @admin.action(description="Delete from the node's disk", permissions=["operate"])
    def delete_from_disk(self, request: HttpRequest, chosen: QuerySet[Environment]) -> None:
        count = nodes.mark_unwanted(chosen)
        self.message_user(request, f"{count} to be removed, each by its node as soon as no script uses it.")


@admin.register(Metric)
class MetricAdmin(ReadOnly):
    list_display = ("name", "execution", "is_system", "point_count", "last", "minimum", "maximum", "mean")
    list_filter = ("is_system",)
    list_select_related = ("execution",)
    search_fields = ("name", "=execution__run__id")


@admin.register(MetricPoint)
class MetricPointAdmin(ReadOnly):
    list_display = ("metric", "x", "y")
    list_select_related = ("metric",)
    search_fields = ("=metric__id",)
    search_help_text = "The ID of the Metric."


@admin.register(Artifact)
class ArtifactAdmin(ReadOnly):
    list_display = ("path", "execution", "size", "created_at")
    list_select_related = ("execution",)
    search_fields = ("path", "=execution__run__id")
