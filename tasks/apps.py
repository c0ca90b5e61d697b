"""Names the application, and what it holds in Projects."""

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from projects.deletion import Part


class TasksConfig(AppConfig):
    name = "tasks"

    def project_part(self) -> "Part":
        """For `projects.deletion`; imported here, since models exist only once all applications do."""
        from tasks import deletion

        return deletion
