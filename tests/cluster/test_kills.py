"""kill -9 of each part of the product, alone and together: nothing is lost, nothing runs twice."""

import psutil
import pytest

from runs.states import Cause, State
from tests.cluster.product import COMES_UP_WITHIN, Product, all_gone, is_alive, until
from tests.cluster.work import (
    Work,
    assert_as_if_nothing_had_happened,
    kill,
    wait_until_all_ended,
    wait_until_ended,
)


@pytest.mark.parametrize("part", ["worker", "sentinel", "leader", "node", "supervisor", "everything"])
def test_a_script_survives_the_kill_of(part: str, product: Product, work: Work) -> None:
    run = work.long_run()
    script = work.begun(run)
    cluster = product.cluster()
    supervisor, *others = product.processes()
    kill(
        {
            "worker": [work.worker(run)],
            "sentinel": cluster[1:2],
            "leader": cluster[:1],
            "node": [product.node()],
            "supervisor": [supervisor],
            "everything": [supervisor, *others],
        }[part]
    )
    if part in ("supervisor", "everything"):
        until(lambda: all_gone(others), within=10, what="the end of all but the script")
        product.start()
    assert is_alive(script)
    work.open_gate()
    assert_as_if_nothing_had_happened(run)


def test_a_script_that_is_killed_with_its_worker_is_lost_and_executed_again_once(
    product: Product, work: Work
) -> None:
    run = work.long_run()
    script = work.begun(run)
    shim = script.parent()
    kill([work.worker(run), shim, script])
    first = wait_until_ended(run)
    assert (first.status, first.reason) == (State.FAILED, "lost")
    work.open_gate()
    second = wait_until_ended(run, number=2)
    assert (second.cause, second.exit_code) == (Cause.RECOVERED.value, 3)
    assert run.executions.count() == 2


def test_workers_that_are_killed_while_idle_do_not_hang_the_node(product: Product, work: Work) -> None:
    for _ in range(2):
        kill(product.cluster()[2:])
        wait_until_all_ended([work.short_run(), work.short_run()], within=30)


def test_the_web_server_is_back_after_its_kill_and_refuses_nobody_meanwhile(product: Product) -> None:
    web = product.web()
    kill([web])
    # The supervisor holds the listening socket: this waits instead of failing.
    assert product.health()[0] == 200
    assert product.web().pid != web.pid


def test_a_cluster_that_does_not_replace_what_ended_is_replaced(product: Product) -> None:
    cluster = product.cluster()
    cluster[1].suspend()  # its sentinel, as when it waits for a lock of a process that was killed
    kill(cluster[2:3])
    until(lambda: all_gone(cluster), within=COMES_UP_WITHIN, what="the end of the whole cluster")
    product.cluster()


def test_no_process_of_a_cluster_outlives_its_leader(product: Product) -> None:
    cluster = product.cluster()
    kill(cluster[:1])
    until(lambda: all_gone(cluster), within=5, what="the end of the whole cluster")
    product.cluster()


def test_a_cluster_that_is_killed_as_soon_as_it_starts_is_started_again(product: Product) -> None:
    node = product.node()
    for _ in range(3):
        leader = until(lambda: leaders(product, node), within=COMES_UP_WITHIN, what="a leader")[0]
        kill([leader])
        until(lambda leader=leader: not is_alive(leader), within=5, what="its end")
    product.cluster()
    assert product.node().pid == node.pid


def leaders(product: Product, node: psutil.Process) -> list[psutil.Process]:
    return [process for process in product.of_role("cluster") if process.ppid() == node.pid]
