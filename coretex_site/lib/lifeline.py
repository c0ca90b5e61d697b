"""A child process that notices at once, without polling, that its parent is gone. Knows no Django.

The parent holds one end of a pipe and never writes; the kernel closes it when the parent ends in any way.
"""

import os
import threading
from collections.abc import Callable


def make() -> tuple[int, int]:
    """The two ends: the first is for the child (`pass_fds`), the second stays open as long as you live."""
    return os.pipe()


def watch(end: int, then: Callable[[], None]) -> None:
    """Calls `then` in a thread of its own once the process that holds the other end is gone."""

    os.set_inheritable(end, False)

    def wait() -> None:
        while os.read(end, 1):
            pass
        then()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
