"""What the scripts of static/js decide, run by node's test runner on pages of a few lines: see tests/js."""

import subprocess
from pathlib import Path

import playwright

SCRIPTS = Path(__file__).parents[1] / "js"
# The node that Playwright brings along, so that there is one wherever the tests are installed.
NODE = Path(playwright.__file__).parent / "driver" / "node"


def test_the_scripts_of_the_pages_do_as_their_tests_say() -> None:
    files = sorted(SCRIPTS.glob("test_*.js"))
    command = [NODE, "--test", "--test-reporter=tap", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"
    assert "\n# pass 0\n" not in done.stdout
