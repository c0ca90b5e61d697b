"""Word of the end of a Batch: noted once, sent once by webhook and e-mail, in one sentence."""

import http.server
import json
import threading
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core import mail
from django.db.models import F

from projects.models import Project
from runs.models import Batch, Notice
from runs.submission import batch_actions, batch_upkeep, notifications
from runs.submission.errors import SubmitError
from runs.submission.notifications import Notify
from runs.submission.start import start
from tasks.models import Task
from tests import some_batches

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(project: Project) -> Task:
    return some_batches.make_task(project)


# The end, and word of it


def test_the_end_is_noted_once_and_its_creator_is_told(task: Task, alice: User) -> None:
    batch = some_batches.start(task)
    assert not notifications.unseen(alice).exists()
    some_batches.run_all(failing={0})
    batch.refresh_from_db()
    assert batch.finished_at is not None
    assert list(notifications.unseen(alice)) == [batch]
    assert batch_upkeep.end(batch) is False
    assert notifications.mark_seen(batch.pk, alice) is True
    assert not notifications.unseen(alice).exists()


@pytest.fixture
def receiver() -> Iterator[http.server.HTTPServer]:
    """A webhook's other end; `.told` holds what it was sent, `.answer` is its status."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.told.append((self.path, json.loads(body)))
            self.send_response(self.server.answer)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            return None

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    server.told, server.answer = [], 204
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def start_notified(task: Task, **notify: str) -> Batch:
    batch = start(some_batches.spec(task), by=task.created_by, notify=Notify(**notify))
    assert isinstance(batch, Batch)
    batch_upkeep.attend()
    return batch


def test_a_webhook_is_called_once_when_the_batch_ends(
    task: Task, alice: User, receiver: http.server.HTTPServer
) -> None:
    batch = start_notified(task, url=f"http://127.0.0.1:{receiver.server_port}/hook")
    some_batches.run_all(failing={2})
    batch_upkeep.attend()
    ((path, told),) = receiver.told
    assert (path, told["batch"], told["succeeded"], told["failed"]) == ("/hook", batch.pk, 3, 1)
    assert told["url"].endswith(f"/batches/{batch.pk}/")
    notice = batch.notices.get()
    assert notice.sent_at is not None and notice.due_at is None
    # When it is executed again and ends again, that is news.
    batch_actions.failed_again(batch, by=alice)
    some_batches.run_all()
    assert len(receiver.told) == 2


def test_a_webhook_that_fails_is_tried_again_and_says_why(
    task: Task, receiver: http.server.HTTPServer
) -> None:
    receiver.answer = 500
    batch = start_notified(task, url=f"http://127.0.0.1:{receiver.server_port}/")
    some_batches.run_all()
    notice = batch.notices.get()
    assert (notice.tries, notice.error, notice.sent_at) == (1, "It answered with status 500.", None)
    assert batch_upkeep.attend() == 0
    receiver.answer = 200
    Notice.objects.update(due_at=F("created_at"))
    assert batch_upkeep.attend() == 1
    notice.refresh_from_db()
    assert (notice.error, notice.sent_at is None) == ("", False)


def test_a_webhook_that_nobody_answers_is_given_up_in_the_end(task: Task) -> None:
    batch = start_notified(task, url="http://127.0.0.1:9/")
    some_batches.run_all()
    for _ in range(5):
        Notice.objects.filter(due_at__isnull=False).update(due_at=F("created_at"))
        batch_upkeep.attend()
    notice = batch.notices.get()
    assert (notice.tries, notice.due_at) == (4, None)
    assert notice.error.startswith("It could not be reached")


def test_e_mail_is_sent_when_the_server_can(task: Task, alice: User, settings: LazySettings) -> None:
    with pytest.raises(SubmitError, match="cannot send e-mail"):
        start_notified(task, email="alice@example.org")
    settings.EMAIL_URL = "smtp://localhost"
    with pytest.raises(SubmitError, match="Expected an e-mail address"):
        start_notified(task, email="alice@example.org\nBcc: everybody@example.org")
    start_notified(task, email="alice@example.org")
    some_batches.run_all(failing={0})
    (message,) = mail.outbox
    assert message.to == ["alice@example.org"]
    assert "\n\n3 of 4 Runs succeeded, 1 failed.\n\n" in message.body
    assert message.subject == "train-1 has ended: 3 of 4 Runs succeeded, 1 failed."


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"succeeded": 3}, "all 3 Runs succeeded."),
        ({"succeeded": 1}, "its one Run succeeded."),
        ({"failed": 1200}, "all 1,200 Runs failed."),
        ({"stopped": 2}, "all 2 Runs were stopped."),
        ({"succeeded": 4, "failed": 0, "stopped": 1}, "4 of 5 Runs succeeded, 1 was stopped."),
        ({"failed": 1, "stopped": 2}, "1 of 3 Runs failed, 2 were stopped."),
        ({}, "no Run was executed."),
    ],
)
def test_how_a_batch_ended_is_one_sentence(counts: dict[str, int], said: str) -> None:
    assert notifications.sentence(counts) == said


@pytest.mark.parametrize("url", ["ftp://host/x", "file:///etc/passwd", "http://", "http://a b/", "x:1"])
def test_only_http_addresses_are_called(task: Task, url: str) -> None:
    with pytest.raises(SubmitError, match="http"):
        start_notified(task, url=url)
