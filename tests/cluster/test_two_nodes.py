"""Two nodes share the database, the broker and the data folder."""

import signal
from collections.abc import Iterator

import pytest

from runs.models import Node
from runs.queue import nodes
from tests.cluster.product import Product, Started, until
from tests.cluster.work import Work, wait_until_all_ended


@pytest.fixture
def second(product: Product) -> Iterator[Node]:
    """Another node of the product's."""
    started: Started = product.command("node", "--name", "second", "--workers", "1")
    yield until(lambda: nodes.live_nodes().filter(name="second").first(), within=20, what="a second node")
    started.end(signal.SIGTERM)
    assert started.process.returncode == 0
    assert Node.objects.get(name="second").stopped_at is not None


def test_a_run_is_executed_on_the_node_that_was_chosen(product: Product, work: Work, second: Node) -> None:
    first = Node.objects.get(name=product.environment["CORETEX_NODE_NAME"])
    runs = [work.short_run(node=node) for node in (first, second, first, second)]
    wait_until_all_ended(runs)
    assert [run.executions.get().node for run in runs] == [first, second, first, second]


def test_a_draining_node_takes_nothing_until_it_is_resumed(
    product: Product, work: Work, second: Node
) -> None:
    nodes.drain(second)
    waiting = work.short_run(node=second)
    wait_until_all_ended([work.short_run() for _ in range(3)])
    assert waiting.executions.get().node is None
    nodes.resume(second)
    wait_until_all_ended([waiting])
