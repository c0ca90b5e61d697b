"""Says that a Batch has ended: in the page, by e-mail, to a webhook. Sent by workers, each once."""

import json
import logging
import re
import smtplib
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import DatabaseError
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.text import capfirst

from coretex_site.lib.address import site_address
from runs.access import visible_batches
from runs.models import Batch, Notice
from runs.queue import scheduler
from runs.states import FINAL, State
from runs.submission import progress

log = logging.getLogger(__name__)

# Seconds until the next try after each; a sender that was killed meanwhile counts as one that failed.
PAUSES = (60, 300, 1800)
TIMEOUT = 10
LONGEST_ERROR = 500
# So many Batches have a line of their own in the notice of a page.
MOST = 3
A_BATCH = re.compile(r"/batches/(\d{1,18})/")


@dataclass(frozen=True, kw_only=True)
class Notify:
    """Whom to tell when a Batch ends; empty means nobody."""

    email: str = ""
    url: str = ""


NOBODY = Notify()


def problems(notify: Notify) -> list[str]:
    """Why the addresses cannot be used, in sentences."""
    found = []
    if notify.email and not settings.EMAIL_URL:
        found.append("This server cannot send e-mail: CORETEX_EMAIL_URL is not set.")
    elif notify.email:
        try:
            validate_email(notify.email)
        except ValidationError:
            found.append(f"Expected an e-mail address, found “{notify.email[:200]}”.")
    if notify.url and not _is_webhook(notify.url):
        found.append(
            f"Expected a webhook address that begins with http:// or https://, found “{notify.url[:200]}”."
        )
    return found


def _is_webhook(url: str) -> bool:
    if len(url) > 1000 or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def make(batch: Batch) -> None:
    """Notes whom to tell; called in the transaction in which the Batch ends, so that it happens once."""
    now = timezone.now()
    for channel, address in (("email", batch.notify_email), ("webhook", batch.notify_url)):
        if address:
            Notice.objects.create(batch=batch, channel=channel, address=address, due_at=now)


def send_due() -> int:
    """Sends what is due; how many notices that were. Failures are tried again and kept in words."""
    sent = 0
    for notice in list(scheduler.notices_due().select_related("batch__task", "batch__project")[:20]):
        if _take(notice):
            sent += 1
            _send(notice)
    return sent


def _take(notice: Notice) -> bool:
    """Makes this try the caller's; False when another worker has it."""
    untaken = Notice.objects.filter(pk=notice.pk, tries=notice.tries, due_at=notice.due_at)
    pause = timedelta(seconds=PAUSES[min(notice.tries, len(PAUSES) - 1)])
    return bool(untaken.update(tries=F("tries") + 1, due_at=timezone.now() + pause))


def _send(notice: Notice) -> None:
    mine = Notice.objects.filter(pk=notice.pk, tries=notice.tries + 1)
    try:
        CHANNELS[notice.channel](notice)
    except DatabaseError:
        raise
    except Exception as error:
        # Whatever goes wrong with a notice, the worker continues to execute Runs.
        sentence = _in_words(error)[:LONGEST_ERROR]
        is_known = isinstance(error, (OSError, smtplib.SMTPException, ValueError))
        where = (notice.batch_id, notice.channel, notice.address)
        log.warning("Batch %s: no %s to %s. %s", *where, sentence, exc_info=not is_known)
        is_last = notice.tries + 1 > len(PAUSES)
        mine.update(error=sentence, **({"due_at": None} if is_last else {}))
    else:
        mine.update(sent_at=timezone.now(), due_at=None, error="")


def _in_words(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"It answered with status {error.code}."
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, TimeoutError):
        return f"It did not answer within {TIMEOUT} seconds."
    return f"It could not be reached: {str(reason).strip() or type(reason).__name__}."


def payload(batch: Batch) -> dict[str, Any]:
    """What a notice says, as plain values."""
    counts = {state.value: n for state, n in progress.of(batch).counts.items() if n or state in FINAL}
    return {
        "event": "batch.ended",
        "batch": batch.pk,
        "name": batch.name,
        "project": batch.project.name,
        "task": batch.task.name,
        "url": site_address() + batch.get_absolute_url(),
        "runs": sum(counts.values()),
        "reused": len(batch.reused),
        **counts,
        "finished_at": None if batch.finished_at is None else batch.finished_at.isoformat(),
    }


def sentence(ended: Mapping[Any, Any]) -> str:
    """`all 36 Runs succeeded.` or `34 of 36 Runs succeeded, 2 failed.`, to stand after a colon."""
    counts = {state: ended[state.value] for state in State if ended.get(state.value)}
    total = sum(counts.values())
    if not counts:
        return "no Run was executed."
    if len(counts) == 1:
        (state,) = counts
        return f"its one Run {_did(state, 1)}." if total == 1 else f"all {total:,} Runs {_did(state, total)}."
    (first, count), *others = counts.items()
    parts = [f"{count:,} of {total:,} Runs {_did(first, count)}"]
    return ", ".join([*parts, *(f"{count:,} {_did(state, count)}" for state, count in others)]) + "."


def _did(state: State, count: int) -> str:
    """What so many Runs did: they succeeded and failed, but were stopped."""
    return (
        state.value
        if state in (State.SUCCEEDED, State.FAILED)
        else f"{'was' if count == 1 else 'were'} {state.value}"
    )


def _email(notice: Notice) -> None:
    ended = payload(notice.batch)
    text = (
        f"The Batch {ended['name']} of the Task {ended['task']} (Project {ended['project']}) has ended.\n\n"
        f"{capfirst(sentence(ended))}\n\n{ended['url']}\n"
    )
    subject = f"{ended['name']} has ended: {sentence(ended)}".replace("\n", " ").replace("\r", " ")
    EmailMessage(subject=subject, body=text, to=[notice.address]).send()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A notice goes to the address that was given and to no other."""

    def redirect_request(self, *arguments: Any, **more: Any) -> None:
        return None


def _webhook(notice: Notice) -> None:
    if not _is_webhook(notice.address):
        raise ValueError(f"“{notice.address[:200]}” is not a webhook address.")
    request = urllib.request.Request(  # noqa: S310
        notice.address,
        data=json.dumps(payload(notice.batch)).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "Coretex"},
        method="POST",
    )
    urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT).close()


CHANNELS: dict[str, Callable[[Notice], None]] = {"email": _email, "webhook": _webhook}


def unseen(user: User) -> QuerySet[Batch]:
    """The Batches of a person that ended and that they have not looked at since, the last first."""
    mine = visible_batches(user).filter(created_by=user, finished_at__isnull=False, seen_at=None)
    return mine.order_by("-finished_at", "-pk")


def mark(found: QuerySet[Batch]) -> str:
    """Names what is shown of these Batches: other ones, or one that ended again, make another mark."""
    rows = found.values_list("pk", "finished_at")[: MOST + 1]
    return ",".join(f"{pk}.{finished_at.timestamp():.0f}" for pk, finished_at in rows if finished_at)


def shown(found: QuerySet[Batch]) -> dict[str, Any]:
    """The context of the notice in a page: a line for each of the last Batches, and how many more."""
    batches = list(found[:MOST])
    rows = []
    for batch, done in zip(batches, progress.of_each(batches), strict=True):
        all_succeeded = done.counts[State.SUCCEEDED] == sum(done.counts.values()) > 0
        kind = "success" if all_succeeded else "warning"
        rows.append({"batch": batch, "words": sentence(done.counts), "kind": kind})
    return {
        "ended": rows,
        "more": max(0, found.count() - MOST) if len(batches) == MOST else 0,
        "mark": mark(found) if batches else "",
    }


def mark_seen(pk: int, user: User) -> bool:
    """Its creator has looked at the ended Batch; False when it has not ended or someone else looks."""
    mine = Batch.objects.filter(pk=pk, created_by=user, finished_at__isnull=False, seen_at=None)
    return bool(mine.update(seen_at=timezone.now()))


def look_at(user: User, path: str) -> bool:
    """The person is on the page at `path`: if it is one of an ended Batch's, its notice has done its work."""
    found = A_BATCH.match(path)
    return found is not None and mark_seen(int(found[1]), user)
