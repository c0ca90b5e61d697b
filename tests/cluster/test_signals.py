"""Ctrl-C ends everything, SIGTERM all but the scripts, within ten seconds and with nothing left behind."""

import signal

from runs.states import State
from tests.cluster.product import Product, all_gone, is_alive, until
from tests.cluster.work import (
    Work,
    assert_as_if_nothing_had_happened,
    wait_until_all_ended,
    wait_until_ended,
)


def test_ctrl_c_cuts_scripts_off_and_the_next_start_executes_them_again(product: Product, work: Work) -> None:
    run = work.long_run()
    script = work.begun(run)
    family = [*product.processes(), script, script.parent()]
    product.stop(signal.SIGINT)
    assert product.up.process.returncode == 0
    until(lambda: all_gone(family), within=1, what="an empty process table")
    first = wait_until_ended(run, within=1)
    assert first.status == State.FAILED
    assert "when the server was stopped" in first.message
    work.open_gate()
    product.start()
    assert wait_until_ended(run, number=2).exit_code == 3
    assert run.executions.count() == 2


def test_a_second_ctrl_c_changes_nothing(product: Product, work: Work) -> None:
    script = work.begun(work.long_run())
    family = [*product.processes(), script]
    product.up.process.send_signal(signal.SIGINT)
    product.stop(signal.SIGINT)
    assert product.up.process.returncode == 0
    assert "Traceback" not in product.up.text
    until(lambda: all_gone(family), within=1, what="an empty process table")
    product.start()


def test_sigterm_leaves_the_scripts_to_the_next_start(product: Product, work: Work) -> None:
    run = work.long_run()
    script = work.begun(run)
    others = product.processes()
    product.stop(signal.SIGTERM)
    until(lambda: all_gone(others), within=1, what="the end of all but the script")
    assert is_alive(script)
    product.start()
    work.open_gate()
    assert_as_if_nothing_had_happened(run)


def test_a_script_that_ended_while_nothing_ran_is_settled_by_the_next_start(
    product: Product, work: Work
) -> None:
    run = work.long_run()
    script = work.begun(run)
    product.stop(signal.SIGTERM)
    work.open_gate()
    until(lambda: not is_alive(script), within=5, what="the end of the script")
    product.start()
    assert_as_if_nothing_had_happened(run)


def test_a_run_that_waits_is_executed_by_the_next_start(product: Product, work: Work) -> None:
    product.stop(signal.SIGTERM)
    run = work.short_run()
    assert product.up.process.poll() is not None
    product.start()
    wait_until_all_ended([run])
