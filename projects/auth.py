"""Who gets in: the operator's account, links that sign in once, and the sign-in rate limit. Knows no HTTP."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from projects.models import FailedSignIn, SignInLink

VALID_FOR = timedelta(minutes=15)
FREE_TRIES = 5
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)


class LinkError(ValueError):
    """A sign-in link that does not work; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Who may do everything. `password` only if one was generated just now: it is not kept."""

    user: User
    password: str | None
    is_new: bool


def ensure_operator() -> Operator:
    """The operator's account, made if nobody is operator yet.

    Name and password are those of CORETEX_ADMIN_USER and CORETEX_ADMIN_PASSWORD; without a password one is
    generated. An account that is there keeps its password.
    """
    name = settings.ADMIN_USER
    users = get_user_model().objects
    with transaction.atomic():
        operators = users.filter(is_superuser=True, is_active=True)
        found = operators.filter(username=name).first() or operators.order_by("pk").first()
        if found is not None:
            return Operator(user=found, password=None, is_new=False)
        generated = None if settings.ADMIN_PASSWORD else secrets.token_urlsafe(12)
        user = users.filter(username=name).first() or get_user_model()(username=name)
        user.is_staff = user.is_superuser = user.is_active = True
        user.set_password(generated or settings.ADMIN_PASSWORD)
        user.save()
    return Operator(user=user, password=generated, is_new=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def make_link(user: User, base_url: str = "", valid_for: timedelta = VALID_FOR) -> str:
    """A link that signs `user` in once; without `base_url` (such as `http://host:8000`) its path alone."""
    now, token = timezone.now(), secrets.token_urlsafe(32)
    SignInLink.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()
    SignInLink.objects.create(digest=_digest(token), user=user, expires_at=now + valid_for)
    return base_url.rstrip("/") + reverse("sign_in_link", args=[token])


def use_link(token: str) -> User:
    """The person whom the link signs in, once; raises LinkError."""
    link = SignInLink.objects.select_related("user").filter(digest=_digest(token)).first()
    now = timezone.now()
    if link is not None and link.expires_at <= now:
        raise LinkError("This sign-in link has expired.")
    if link is None or not SignInLink.objects.filter(pk=link.pk).delete()[0]:
        raise LinkError("This sign-in link has already been used, or is incomplete. Each link works once.")
    if not link.user.is_active:
        raise LinkError("The account that this sign-in link was created for is deactivated.")
    return link.user


def _key(name: str, address: str) -> str:
    return _digest(f"{name.casefold()}\0{address}")


def seconds_to_wait(name: str, address: str) -> int:
    """How long a next try for `name` from `address` has to wait; 0 when it need not."""
    failed = FailedSignIn.objects.filter(key=_key(name, address)).first()
    if failed is None or failed.count < FREE_TRIES:
        return 0
    doubled = FIRST_WAIT * 2 ** min(failed.count - FREE_TRIES, 16)
    left = failed.last_at + min(doubled, LONGEST_WAIT) - timezone.now()
    return max(0, -int(-left.total_seconds() // 1))


def note_failure(name: str, address: str) -> None:
    now, key = timezone.now(), _key(name, address)
    FailedSignIn.objects.filter(last_at__lt=now - FORGOTTEN_AFTER).delete()
    failed, is_new = FailedSignIn.objects.get_or_create(key=key, defaults={"count": 1, "last_at": now})
    if not is_new:
        FailedSignIn.objects.filter(pk=failed.pk).update(count=F("count") + 1, last_at=now)


def forget_failures(name: str, address: str) -> None:
    FailedSignIn.objects.filter(key=_key(name, address)).delete()
