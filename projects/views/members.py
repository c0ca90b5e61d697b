"""The Members page of a Project over HTTP."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from coretex_site.lib.web import Request, page
from projects import access
from projects import members as team
from projects.forms import MemberForm, RoleForm
from projects.models import Project, Role
from projects.views.projects import frame


@require_http_methods(["GET", "HEAD", "POST"])
def members(request: Request, pk: int) -> HttpResponse:
    """The list for everyone who sees the Project; owners add people here."""
    need = Role.OWNER if request.method == "POST" else Role.VIEWER
    project = access.get_project(request.user, pk, need=need)
    form = MemberForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            added = team.add(project, name=form.cleaned_data["name"], role=Role(form.cleaned_data["role"]))
        except team.TeamError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, f"{added.user} is {added.get_role_display().lower()} now.")
            return redirect("projects:members", pk)
    return _page(request, project, form, status=422 if form.is_bound else 200)


@require_POST
def change_role(request: Request, pk: int, membership_pk: int) -> HttpResponse:
    project = access.get_project(request.user, pk, need=Role.OWNER)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _refuse(request, project, "Choose one of the roles owner, editor and viewer.")
    try:
        changed = team.change_role(project, membership_pk, role=Role(form.cleaned_data["role"]))
    except team.TeamError as error:
        return _refuse(request, project, str(error))
    messages.success(request, f"{changed.user} is {changed.get_role_display().lower()} now.")
    return redirect("projects:members", pk)


@require_POST
def remove_member(request: Request, pk: int, membership_pk: int) -> HttpResponse:
    """Owners take others out; everyone may leave."""
    project = access.get_project(request.user, pk)
    own = team.membership_of(project, request.user)
    leaves = own is not None and own.pk == membership_pk
    if not leaves:
        access.require(request.user, project, Role.OWNER)
    try:
        removed = team.remove(project, membership_pk)
    except team.TeamError as error:
        return _refuse(request, project, str(error))
    if leaves:
        messages.success(request, f"You left the Project “{project.name}”.")
        return redirect("projects:list")
    messages.success(request, f"{removed.user} was removed from the Project.")
    return redirect("projects:members", pk)


def _refuse(request: Request, project: Project, problem: str) -> HttpResponse:
    return _page(request, project, MemberForm(), problem=problem, status=422)


def _page(
    request: Request, project: Project, form: MemberForm, *, problem: str = "", status: int
) -> HttpResponse:
    context = frame(request, project, "members") | {
        "form": form,
        "problem": problem,
        "memberships": project.memberships.select_related("user").order_by("user__username"),
        "own": team.membership_of(project, request.user),
        "roles": Role.choices,
    }
    return page(request, "projects/members.html", context, status=status)
