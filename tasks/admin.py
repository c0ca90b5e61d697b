"""Tasks in the admin site: looked up, renamed; files change only through `tasks.files.store`."""

from django.contrib import admin

from projects.admin import KeptAdmin
from tasks.models import Task


@admin.register(Task)
class TaskAdmin(KeptAdmin):
    """Deleting is done on the Task's own page, which frees the disk and says what will be lost."""

    list_display = ["id", "name", "project", "template", "changed_at", "changed_by", "created_by"]
    list_display_links = ["id", "name"]
    list_select_related = ["project", "changed_by", "created_by"]
    search_fields = ["name", "project__name", "digest"]
    list_filter = ["template", "changed_at"]
    date_hierarchy = "created_at"
    readonly_fields = ["project", "template", "created_by", "created_at"]
    readonly_fields += ["revision", "digest", "changed_at", "changed_by"]
    fields = ["name", "description", *readonly_fields]
