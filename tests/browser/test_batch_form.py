"""Parameter Optimization in a browser: 3 × 4 × 2 from the form, failures again, the best, the next form."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Server, shoot

TASK_YAML = """\
param_groups:
  - name: training
    params:
      - {name: rate, description: How far one step goes, value: 0.1, data_type: float, required: true}
      - {name: size, description: Samples per step, value: 1, data_type: int, required: true}
      - {name: depth, description: How many layers, value: 1, data_type: int, required: true}
      - {name: way, value: {selected: 0, options: [fast, exact]}, data_type: enum, required: true}
"""
# Two cells fail until the file MENDED is there.
MAIN = """\
import json, os, pathlib, sys

p = json.load(open(os.environ["CORETEX_PARAMETERS"]))
if p["size"] == 3 and p["way"] == "exact" and p["depth"] > 1 and not pathlib.Path("MENDED").exists():
    sys.exit("out of memory")
with open(os.environ["CORETEX_METRICS"], "a") as file:
    file.write(json.dumps({"metric": "loss", "x": 0, "y": 10 * p["rate"] + p["size"]}) + "\\n")
"""


def parameter(page: Page, name: str) -> Locator:
    return page.locator(".parameter", has=page.locator(".parameter-name", has_text=re.compile(f"^{name}$")))


def give(page: Page, name: str, text: str) -> None:
    parameter(page, name).get_by_role("button", name="Several values").click()
    parameter(page, name).locator("[data-several-text]").fill(text)


def total(page: Page, number: int) -> None:
    expect(page.locator("#run-preview")).to_contain_text(f"Total number of Runs: {number} ")


def make_task(page: Page, parent: Path, project: str = "Combinations", main: str = MAIN) -> None:
    folder = parent / "sweep"
    folder.mkdir()
    (folder / "main.py").write_text(main.replace("MENDED", str(parent / "fixed")))
    (folder / "task.yaml").write_text(TASK_YAML)
    page.goto("/projects/")
    page.get_by_role("link", name="New Project").first.click()
    page.locator("#id_name").fill(project)
    page.get_by_role("button", name="Create Project").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(project)
    page.goto(page.url.rstrip("/") + "/tasks/new")
    page.locator("input[webkitdirectory]").set_input_files(folder)
    page.locator("#id_name").fill("sweep")
    page.get_by_role("button", name="Create Task").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("sweep")
    page.get_by_role("link", name="Run Task").click()


def test_a_batch_from_the_form_to_the_next_form(page: Page, tmp_path: Path) -> None:
    make_task(page, tmp_path)

    # 3 × 4 × 2, a pair and an exclusion
    give(page, "rate", "0.1, 0.2, 0.3")
    give(page, "size", "1..4")
    parameter(page, "way").get_by_role("button", name="Several values").click()
    parameter(page, "way").get_by_role("button", name="Both").click()
    total(page, 24)
    give(page, "depth", "1\n2\n3")
    total(page, 72)
    page.get_by_role("button", name="Pair rate, depth").click()
    total(page, 24)
    page.get_by_label("Leave out where").fill("size = 4 and way = 'exact'")
    total(page, 21)
    shoot(page, "batch-form")
    page.get_by_role("button", name="Start 21 Runs").click()
    page.wait_for_url(re.compile(r"/batches/\d+/"))
    batch = page.url

    # It is watched to its end; two cells failed for one reason
    expect(page.locator("#batch-progress")).to_contain_text("21 of 21 Runs ended", timeout=60_000)
    expect(page.locator("#batch-failures")).to_contain_text("out of memory")

    # Exactly these again
    (tmp_path / "fixed").touch()
    page.get_by_role("button", name="Execute all 2 failed again").click()
    expect(page.locator("#batch-progress .legend")).to_contain_text("21 succeeded", timeout=30_000)

    # Sorted by the metric
    page.get_by_role("link", name="Table", exact=True).click()
    page.locator("#matrix-head").get_by_role("link", name="loss").click()
    expect(page.locator("#matrix-body tr").first.locator(".is-best")).to_be_visible()

    # What mattered, and the next form
    page.goto(f"{batch}importance")
    expect(page.locator(".bars")).to_contain_text("size")
    page.get_by_role("link", name="Open form with these values").click()
    expect(page.locator(".run-task-notes")).to_contain_text("Filled from")
    expect(page.locator("#run-preview")).to_contain_text("Total number of Runs")
    shoot(page, "batch-next-form")


def test_an_emptied_list_of_values_says_which_value_is_used(page: Page, tmp_path: Path) -> None:
    make_task(page, tmp_path, "Emptied")
    give(page, "size", "3, 4")
    total(page, 2)
    parameter(page, "size").locator("[data-several-text]").fill(" ")
    expect(parameter(page, "size")).to_contain_text("No values here: 1 is used")
    expect(parameter(page, "size").locator(".chip")).to_have_count(0)
    parameter(page, "way").get_by_role("button", name="Several values").click()
    parameter(page, "way").get_by_label("fast", exact=True).uncheck()
    expect(parameter(page, "way")).to_contain_text("No values here: fast is used")
    page.get_by_role("button", name="Run Task").click()
    expect(page.locator(".run-values, main")).to_contain_text("fast")


def test_without_javascript_several_values_are_written_and_start_a_batch(
    page: Page, server: Server, browser: Browser, tmp_path: Path
) -> None:
    make_task(page, tmp_path, "Unscripted")
    expect(page.locator("#run-task")).to_be_visible()
    context = browser.new_context(java_script_enabled=False, storage_state=server.cookies)
    plain = context.new_page()
    plain.goto(page.url)
    plain.get_by_role("textbox", name="Values of size").fill("1, 2")
    expect(plain.locator("[data-pick]:visible")).to_have_count(0)  # nothing reads these without scripts
    plain.get_by_role("textbox", name="Values of way").fill("fast\nexact")
    plain.get_by_role("button", name="Run Task").click()
    expect(plain.get_by_role("heading", level=1)).to_contain_text("Batch")
    expect(plain.locator("#batch-progress")).to_contain_text("4 Runs")
    context.close()


def test_the_menu_of_a_running_batch_stays_open_while_runs_end(page: Page, tmp_path: Path) -> None:
    reads = "import json, os, time\njson.load(open(os.environ['CORETEX_PARAMETERS']))['size']\n"
    make_task(page, tmp_path, "Slow ones", main=f"{reads}time.sleep(1)\n")
    give(page, "size", "1..12 step 1")
    total(page, 12)
    page.get_by_role("button", name="Start 12 Runs").click()
    page.wait_for_url(re.compile(r"/batches/\d+/"))
    menu = page.locator("#batch-actions .menu")
    menu.locator("summary").click()
    before = page.locator("#batch-progress").inner_text()
    expect(page.locator("#batch-progress")).not_to_have_text(before, timeout=10_000, use_inner_text=True)
    expect(menu).to_have_attribute("open", "")
    page.get_by_role("button", name="Limits and priority").click()
    expect(page.locator("#batch-settings")).to_be_visible()
