"""The routes of the whole site."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from projects.views import home, sign_in
from runs.web.views import health

handler400 = "coretex_site.lib.refusals.bad_request"

urlpatterns = [
    path("", home.home, name="home"),
    path("help", home.guide, name="help"),
    path("help/task-yaml", home.task_yaml, name="task_yaml"),
    path("sign-in", sign_in.SignInPage.as_view(), name="sign_in"),
    path("sign-in/<str:token>", sign_in.sign_in_link, name="sign_in_link"),
    path("password", sign_in.PasswordPage.as_view(), name="password"),
    path("sign-out", LogoutView.as_view(), name="sign_out"),
    path("healthz", health.healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("", include("projects.urls")),
    path("", include("tasks.urls")),
    path("", include("runs.urls")),
]
