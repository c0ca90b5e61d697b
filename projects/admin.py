"""Projects, members, Datasets and sign-in in the admin site: to look, to find, to help people in.

What must free the disk or keep an owner is done on the product's own pages: here nothing of it can be added
or deleted.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from projects import archiving, auth
from projects.models import Dataset, FailedSignIn, Membership, Project, Sample, SignInLink


class KeptAdmin(admin.ModelAdmin):
    """Rows that only the product makes and deletes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]
    readonly_fields = ["created_at"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Project)
class ProjectAdmin(KeptAdmin):
    list_display = ["name", "type", "visibility", "created_by", "created_at", "archived_at"]
    list_filter = ["visibility", ("archived_at", admin.EmptyFieldListFilter), "type", "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["name", "description", "created_by__username", "memberships__user__username"]
    readonly_fields = ["created_by", "created_at", "archived_at"]
    date_hierarchy = "created_at"
    inlines = [MembershipInline]
    actions = ["archive", "restore"]

    @admin.action(description="Archive: viewable, not changeable")
    def archive(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        for project in queryset:
            archiving.archive(project)

    @admin.action(description="Restore archived Projects")
    def restore(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        for project in queryset:
            archiving.restore(project)


@admin.register(Membership)
class MembershipAdmin(KeptAdmin):
    list_display = ["project", "user", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["project", "user"]
    search_fields = ["project__name", "user__username"]
    readonly_fields = ["project", "user", "role", "created_at"]


@admin.register(Dataset)
class DatasetAdmin(KeptAdmin):
    list_display = ["name", "project", "file_count", "size", "created_by", "changed_at"]
    list_filter = ["created_at", "changed_at"]
    list_select_related = ["project", "created_by"]
    search_fields = ["name", "description", "project__name", "digest"]
    readonly_fields = [
        "project", "created_by", "created_at", "changed_at", "changed_by", "file_count", "size", "digest",
    ]  # fmt: skip


@admin.register(Sample)
class SampleAdmin(KeptAdmin):
    list_display = ["path", "dataset", "size", "digest", "created_at"]
    list_select_related = ["dataset"]
    search_fields = ["path", "digest", "dataset__name"]
    readonly_fields = ["dataset", "path", "folder", "size", "digest", "created_at"]
    show_full_result_count = False


@admin.register(SignInLink)
class SignInLinkAdmin(admin.ModelAdmin):
    """Links that wait to be used; deleting one makes it worthless."""

    list_display = ["user", "created_at", "expires_at"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    readonly_fields = ["user", "created_at", "expires_at"]
    exclude = ["digest"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(FailedSignIn)
class FailedSignInAdmin(admin.ModelAdmin):
    """Wrong passwords by user name and address; deleting a row ends the wait."""

    list_display = ["key", "count", "last_at"]
    readonly_fields = ["key", "count", "last_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class PersonAdmin(UserAdmin):
    """Django's, with sign-in links; who made something is switched off instead of deleted."""

    actions = ["sign_in_link"]
    list_display = ["username", "email", "is_active", "is_staff", "last_login"]
    readonly_fields = ["last_login", "date_joined"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Create a one-time sign-in link")
    def sign_in_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        if not request.user.is_superuser:  # else staff could sign in as someone who may do more
            messages.error(request, "Only a superuser may create sign-in links.")
            return
        for user in queryset.filter(is_active=True)[:20]:
            link = request.build_absolute_uri(auth.make_link(user))
            messages.success(request, f"{user}: {link} (works once, for 15 minutes)")


admin.site.unregister(User)
admin.site.register(User, PersonAdmin)
