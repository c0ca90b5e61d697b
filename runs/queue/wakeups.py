"""The only module that knows django-q2: wakes nodes, and runs a node's cluster. Executes nothing itself.

Messages are wake-up tokens ("look for work"), so that losing or doubling one is harmless; see "django-q2" in
ARCHITECTURE.md.
Each node has a queue of its own, named like the node.
"""

import logging
import multiprocessing
import os
import signal
import time
from contextlib import suppress
from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.utils import timezone
from django_q.brokers import Broker, get_broker
from django_q.brokers.orm import ORM
from django_q.cluster import Cluster
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signals import pre_execute
from django_q.tasks import async_task

from coretex_site.lib import lifeline
from runs.models import Node
from runs.queue import nodes as roster
from runs.queue import scheduler

log = logging.getLogger(__name__)

WAKE_UP = "runs.engine.worker.take_one"
TIDY_UP = "runs.engine.recovery.tidy"
ANY_TOKEN = f"SELECT 1 FROM {OrmQ._meta.db_table} WHERE key = %s AND lock < %s LIMIT 1"  # noqa: S608


BROKER_ERRORS: tuple[type[Exception], ...] = ()
with suppress(ImportError):  # redis is installed only where it is the broker
    from redis.exceptions import RedisError

    BROKER_ERRORS = (RedisError,)
UNREACHABLE: tuple[type[Exception], ...] = (*BROKER_ERRORS, DatabaseError, OSError)


class ClusterError(RuntimeError):
    """The cluster cannot start; the message says why and what to do."""


def wake(node: Node | None = None, *, at_most: int | None = None) -> None:
    """Sends tokens to the live nodes with free slots (or to `node` only): call it after the commit.

    Each gets as many as it can use, and no more than `at_most`, or else than what waits for it.
    Never raises: what could not be woken now is found by the node itself within a second or two.
    """
    nodes = roster.live_nodes().filter(is_draining=False)
    try:
        targets = list(nodes if node is None else nodes.filter(pk=node.pk))
        busy = roster.busy_slots() if targets else {}
        for target in targets:
            free = target.workers - busy.get(target.pk, 0)
            if free > 0:
                wanted = scheduler.waiting(target) if at_most is None else at_most
                send(target.name, min(free, wanted))
    except UNREACHABLE as error:
        log.warning("The nodes could not be woken (%s); they look for work themselves.", first_line(error))


def send(node_name: str, count: int) -> None:
    """Brings the node's queue up to `count` tokens."""
    if count <= 0:
        return
    broker = broker_of(node_name)
    for _ in range(count - broker.queue_size()):
        async_task(WAKE_UP, broker=broker)


def send_tidying(node_name: str) -> None:
    """Has a worker of the node tidy up, unless they have more to do than they can."""
    broker = broker_of(node_name)
    if not broker.queue_size():
        async_task(TIDY_UP, broker=broker)


def purge(node_name: str) -> None:
    """Drops the tokens of a node, also those that a killed cluster had taken."""
    broker_of(node_name).purge_queue()


class Tokens(ORM):  # type: ignore[misc] # django-q2 has no types
    """django-q2's queue in the database, of which a look at an empty one costs a quarter.

    A node looks twenty times a second, and beside short scripts that shows.
    """

    def dequeue(self) -> list[tuple[int, str]] | None:
        if self._has_some():
            tokens: list[tuple[int, str]] | None = super().dequeue()
            return tokens
        time.sleep(Conf.POLL)
        return None

    def _has_some(self) -> bool:
        self.get_connection()  # closes one that is of no use any longer
        with connection.cursor() as cursor:
            now = connection.ops.adapt_datetimefield_value(timezone.now())
            cursor.execute(ANY_TOKEN, [self.list_key, now])
            return cursor.fetchone() is not None


@cache
def broker_of(node_name: str) -> Broker:
    return get_broker(node_name)


def first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def run_cluster(*, parent: int, signs: int) -> None:
    """Becomes the leader of the node's cluster until it ends.

    `parent` is the lifeline of the node; into the pipe `signs` goes a byte once it is up and
    for every token that a worker takes: so the node knows that the cluster does not hang.

    django-q2 leaves workers behind that go on working when their parent is killed. Here every process
    of the cluster holds on to the leader, and the leader to the node: when that is gone, the process
    group ends itself. Scripts have sessions of their own and are not touched by it.
    """
    # Python 3.14 no longer forks by default, and django-q2's queues are made for forks.
    multiprocessing.set_start_method("fork", force=True)
    if os.getpgrp() != os.getpid():
        os.setsid()
    lifeline.watch(parent, end_group)
    mine, held = lifeline.make()
    ends = [held]

    def hold_on_to_the_leader() -> None:
        if ends:
            os.close(ends.pop())
        lifeline.watch(mine, end_group)

    os.register_at_fork(after_in_child=hold_on_to_the_leader)
    Conf.CLUSTER_NAME = settings.NODE_NAME
    try:
        get_broker().ping()
    except BROKER_ERRORS as error:
        raise ClusterError(
            f"The broker that CORETEX_BROKER_URL names cannot be reached: {first_line(error)}"
        ) from error
    os.set_inheritable(signs, False)
    os.set_blocking(signs, False)

    def give_sign(**kwargs: object) -> None:
        # A full pipe says as much as one more byte would.
        with suppress(BlockingIOError):
            os.write(signs, b".")

    pre_execute.connect(give_sign, weak=False)
    connections.close_all()
    cluster = Cluster()
    cluster.start()
    give_sign()
    cluster.sentinel.join()


def end_group() -> None:
    """Ends the process group of the caller, at once and permanently."""
    os.killpg(os.getpgrp(), signal.SIGKILL)
