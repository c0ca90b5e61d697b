"""The routes of the Run page and its parts; a part of runs.urls."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from runs.web.views import artifacts, run, run_live


class FilePath(StringConverter):
    """A path below some folder with any character that a file name can have; unlike `path` also line ends."""

    regex = r"[^\x00]+"


register_converter(FilePath, "file")

AN_EXECUTION = "runs/<int:pk>/executions/<int:number>"

urlpatterns = [
    # /runs/<pk>/
    path("runs/<int:pk>/", run.detail, name="detail"),
    path("runs/<int:pk>/snapshot/", run.snapshot, name="snapshot"),
    path("runs/<int:pk>/snapshot.zip", run.snapshot_zip, name="snapshot_zip"),
    path("runs/<int:pk>/snapshot/<file:path>", run.snapshot_file, name="snapshot_file"),
    # /runs/<pk>/executions/<number>/
    path(f"{AN_EXECUTION}/", run.execution, name="execution"),
    path(f"{AN_EXECUTION}/live", run_live.live, name="live"),
    path(f"{AN_EXECUTION}/console", run_live.console, name="console"),
    path(f"{AN_EXECUTION}/console/search", run_live.console_search, name="console_search"),
    path(f"{AN_EXECUTION}/console.txt", run_live.console_download, name="console_download"),
    path(f"{AN_EXECUTION}/metrics", run_live.metric_series, name="metrics"),
    path(f"{AN_EXECUTION}/metrics/table", run_live.metric_table, name="metric_table"),
    path(f"{AN_EXECUTION}/packages.txt", run.environment, name="environment"),
    path(f"{AN_EXECUTION}/artifacts/", artifacts.artifacts, name="artifacts"),
    path(f"{AN_EXECUTION}/artifacts.zip", artifacts.artifacts_zip, name="artifacts_zip"),
    path(f"{AN_EXECUTION}/artifacts/<file:path>", artifacts.artifact, name="artifact"),
    path(f"{AN_EXECUTION}/files/<file:path>", artifacts.artifact_file, name="artifact_file"),
]
