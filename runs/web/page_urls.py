"""The routes of the Run page and its parts; a part of runs.urls."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from runs.web import artifact_pages, live, pages


class FilePath(StringConverter):
    """A path below some folder with any character that a file name can have; unlike `path` also line ends."""

    regex = r"[^\x00]+"


register_converter(FilePath, "file")

AN_EXECUTION = "runs/<int:pk>/executions/<int:number>"

urlpatterns = [
    # /runs/<pk>/
    path("runs/<int:pk>/", pages.detail, name="detail"),
    path("runs/<int:pk>/snapshot/", pages.snapshot, name="snapshot"),
    path("runs/<int:pk>/snapshot.zip", pages.snapshot_zip, name="snapshot_zip"),
    path("runs/<int:pk>/snapshot/<file:path>", pages.snapshot_file, name="snapshot_file"),
    # /runs/<pk>/executions/<number>/
    path(f"{AN_EXECUTION}/", pages.execution, name="execution"),
    path(f"{AN_EXECUTION}/live", live.live, name="live"),
    path(f"{AN_EXECUTION}/console", live.console, name="console"),
    path(f"{AN_EXECUTION}/console/search", live.console_search, name="console_search"),
    path(f"{AN_EXECUTION}/console.txt", live.console_download, name="console_download"),
    path(f"{AN_EXECUTION}/metrics", live.metric_series, name="metrics"),
    path(f"{AN_EXECUTION}/metrics/table", live.metric_table, name="metric_table"),
    path(f"{AN_EXECUTION}/packages.txt", pages.environment, name="environment"),
    path(f"{AN_EXECUTION}/artifacts/", artifact_pages.artifacts, name="artifacts"),
    path(f"{AN_EXECUTION}/artifacts.zip", artifact_pages.artifacts_zip, name="artifacts_zip"),
    path(f"{AN_EXECUTION}/artifacts/<file:path>", artifact_pages.artifact, name="artifact"),
    path(f"{AN_EXECUTION}/files/<file:path>", artifact_pages.artifact_file, name="artifact_file"),
]
