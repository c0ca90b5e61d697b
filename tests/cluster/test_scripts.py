"""What a script finds in the world that the product makes for it."""

import os

from tests.cluster.product import Product
from tests.cluster.work import Work


def test_a_script_inherits_nothing_open_but_its_console(product: Product, work: Work) -> None:
    script = work.begun(work.long_run())
    assert sorted(os.listdir(f"/proc/{script.pid}/fd")) == ["0", "1", "2"]
    work.open_gate()
