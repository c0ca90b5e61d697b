"""The pages that belong to no Project: the start and the guide."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from coretex_site.lib import markdown
from coretex_site.lib.web import Request, page


@require_safe
def home(request: Request) -> HttpResponse:
    return redirect("projects:list")


@require_safe
def guide(request: Request) -> HttpResponse:
    return page(request, "help.html", {"section": "help"})


@require_safe
def task_yaml(request: Request) -> HttpResponse:
    """The reference of task.yaml, as it stands in docs/."""
    source = (settings.BASE_DIR / "docs" / "task-yaml.md").read_text()
    return page(request, "help_page.html", {"section": "help", "body": markdown.html(source)})
