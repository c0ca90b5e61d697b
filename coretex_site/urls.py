"""The routes of the whole site."""

from importlib.util import find_spec

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from projects import pages, sign_in
from runs import health


def nothing(request: HttpRequest) -> HttpResponse:
    """Answers for pages that do not exist yet, so that links in the rail resolve."""
    return HttpResponse(status=404)


# While the apps are being built: the names that the page frame links to.
FRAME = {
    "projects": ["list", "all_datasets"],
    "tasks": ["list"],
    "runs": ["list", "nodes"],
}


def routes(app: str) -> URLPattern | URLResolver:
    if find_spec(f"{app}.urls") is not None:
        return path("", include(f"{app}.urls"))
    return path(f"absent/{app}/", include(([path(n, nothing, name=n) for n in FRAME[app]], app)))


urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    *(routes(app) for app in ("projects", "tasks", "runs")),
    path("", pages.home, name="home"),
    path("help", pages.guide, name="help"),
    path("sign-in", sign_in.SignInPage.as_view(), name="sign_in"),
    path("sign-in/<str:token>", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out", LogoutView.as_view(), name="sign_out"),
]
