"""Signing in and out over HTTP, by password or by a link that works once."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import LoginView, PasswordChangeView, redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET

from coretex_site.templatetags.ui import duration
from projects import auth


class SignInForm(AuthenticationForm):
    """Django's, with a wait that grows with every wrong password."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "User name or password is wrong. Both are case-sensitive.",
    }

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username", "")
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        wait = auth.seconds_to_wait(name, address)
        if wait:
            raise ValidationError(
                f"There were too many wrong passwords for “{name}” from your address. "
                f"Try again in {duration(max(10, wait))}, or ask your administrator for a sign-in link."
            )
        try:
            cleaned = super().clean()
        except ValidationError:
            auth.note_failure(name, address)
            raise
        auth.forget_failures(name, address)
        return cleaned


class SignInPage(LoginView):
    template_name = "auth/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    http_method_names = ["get", "head", "post", "options"]

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response


class SignInFirst(LoginRequiredMiddleware):
    """Django's, but whoever signs in comes back to a page: not to a part of one, nor to a form's action."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseRedirect:
        on_page = request.headers.get("HX-Current-URL", "")
        if not on_page and request.method in {"GET", "HEAD"}:
            return super().handle_no_permission(request, view_func)
        page = on_page or request.headers.get("Referer", "")
        if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
            page = reverse("home")
        back = urlunsplit(("", "", *urlsplit(page)[2:4], ""))
        return redirect_to_login(back, reverse(self.get_login_url(view_func)))


class PasswordForm(PasswordChangeForm):
    """Django's, with its rules in one sentence."""

    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": "This is not your old password. Passwords are case-sensitive.",
        "password_mismatch": "The two new passwords differ. Enter the new one again.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = "At least 8 characters, not a common password, and not similar to your user name."
        self.fields["new_password1"].help_text = rules
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = ""


class PasswordPage(PasswordChangeView):
    """One's own password. Who has forgotten it asks the operator for a sign-in link."""

    template_name = "auth/password.html"
    form_class = PasswordForm
    success_url = reverse_lazy("home")
    http_method_names = ["get", "head", "post", "options"]

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        messages.success(self.request, "Password changed. Other browsers are signed out.")
        return response

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response


@login_not_required
@require_GET
@never_cache
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    try:
        user = auth.use_link(token)
    except auth.LinkError as error:
        return render(request, "auth/link_refused.html", {"problem": str(error)}, status=410)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("home")
