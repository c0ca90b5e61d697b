"""Names the application, and what it holds in Projects."""

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from projects.deletion import Part
    from tasks.models import Task


class RunsConfig(AppConfig):
    name = "runs"

    def project_part(self) -> "Part":
        """For `projects.deletion`; imported here, since models exist only once all applications do."""
        from runs.submission import delete_project

        return delete_project

    def installed_packages(self, task: "Task") -> frozenset[str] | None:
        """For `tasks.preflight`."""
        from runs.records import installed

        return installed.of_task(task)
