"""A Batch in a real browser: watched to its end, repaired, read, narrowed down, compared."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import shoot

TASK_YAML = """\
param_groups:
  - name: training
    params:
      - {name: rate, value: 0.1, data_type: float, required: true}
      - {name: size, value: 16, data_type: int, required: true}
"""
# One size fails until someone has repaired what it needs, and another waits until it may go on.
MAIN = """\
import json, os, pathlib, sys, time

given = json.load(open(os.environ["CORETEX_PARAMETERS"]))
repaired = pathlib.Path("REPAIRED")
while given["size"] == 8 and not pathlib.Path("GATE").exists():
    time.sleep(0.05)
if given["size"] == 64 and not repaired.exists():
    sys.exit("MemoryError: no room for a size of 64")
with open(os.environ["CORETEX_METRICS"], "a") as file:
    for step in range(3):
        loss = given["rate"] * (3 - step) + given["size"] / 10000
        file.write(json.dumps({"metric": "loss", "x": step, "y": loss}) + "\\n")
"""


def make_task(page: Page, parent: Path) -> str:
    """The address of a Task that was made from a folder, as people make it."""
    folder = parent / "sweep"
    folder.mkdir()
    (folder / "main.py").write_text(
        MAIN.replace("REPAIRED", str(parent / "repaired")).replace("GATE", str(parent / "gate"))
    )
    (folder / "task.yaml").write_text(TASK_YAML)
    page.goto("/projects/")
    page.get_by_role("link", name="New Project").first.click()
    page.get_by_label("Name").fill("Sweeps")
    page.get_by_role("button", name="Create Project").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sweeps")
    page.goto(page.url.rstrip("/") + "/tasks/new")
    page.locator("input[webkitdirectory]").set_input_files(folder)
    page.get_by_role("textbox", name="Name").fill("sweep")
    page.get_by_role("button", name="Create Task").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("sweep")
    return page.url.split("/files/")[0].rstrip("/")


def test_a_batch_is_watched_repaired_read_and_narrowed_down(page: Page, tmp_path: Path) -> None:
    task = make_task(page, tmp_path)
    page.goto(f"{task}/run?v.rate=[0.1,0.01,0.001]&v.size=[16,64]")
    page.get_by_role("button", name=re.compile(r"Start 6 Runs")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Batch")
    batch = page.url.split("?")[0]

    # Watched to its end, without a reload
    expect(page.locator("#batch-badge")).to_contain_text("Ended", timeout=60_000)
    expect(page.locator(".legend")).to_contain_text("3 failed")
    failures = page.locator("#batch-failures")
    expect(failures).to_contain_text("3 of 3, all with size = 64")
    expect(failures).to_contain_text("MemoryError: no room for a size of 64")
    shoot(page, "batch-failures")

    # The map by keyboard: one stop, then arrows
    expect(page.locator("[data-map] td > a.state-failed")).to_have_count(3)
    page.locator("[data-map] td > a").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(page.locator("[data-map] tbody tr").nth(1).locator("a").last).to_be_focused()

    # Only what failed is executed again
    (tmp_path / "repaired").touch()
    failures.get_by_role("button", name="Execute again").click()
    expect(page.locator(".legend")).to_contain_text("6 succeeded", timeout=60_000)

    # The best, first by sorting, then by dragging a stretch of an axis
    page.goto(f"{batch}table")
    page.locator("#matrix-head").get_by_role("link", name="loss").click()
    expect(page.locator("#matrix-body tr").first.locator(".is-best")).to_have_count(1)
    expect(page.locator("#matrix-body tr").first).to_contain_text("0.001")
    shoot(page, "batch-table")
    page.goto(f"{batch}charts")
    expect(page.locator("#matrix-body tr")).to_have_count(6)
    axis = page.locator(".parallel-grip").first
    axis.scroll_into_view_if_needed()
    box = axis.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    page.mouse.move(middle, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(middle, box["y"] + 40, steps=4)
    page.mouse.up()
    expect(page.locator("#matrix-body tr")).to_have_count(2)
    shoot(page, "batch-charts")

    # What mattered, and the next form
    page.goto(f"{batch}importance")
    expect(page.locator(".bars dt").first).to_contain_text("rate")
    shoot(page, "batch-importance")
    page.get_by_role("link", name="Open form with these values").click()
    expect(page.get_by_role("button", name=re.compile(r"Start \d+ Runs"))).to_be_visible()

    # Two side by side
    page.goto(f"{batch}table")
    page.set_viewport_size({"width": 1440, "height": 450})
    for row in (0, 1):
        page.locator("[data-select-row]").nth(row).check()
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(".bulk-bar")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator(".bulk-bar").get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare")
    expect(page.get_by_text("All files are the same.")).to_be_visible()
    shoot(page, "compare")


def test_the_end_of_a_batch_is_told_on_another_page_until_it_is_dismissed(page: Page, tmp_path: Path) -> None:
    task = make_task(page, tmp_path)
    page.goto(f"{task}/run?v.rate=[0.1,0.01]&v.size=[8]")
    page.get_by_role("button", name=re.compile(r"Start 2 Runs")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Batch")
    page.goto("/nodes/")
    (tmp_path / "gate").touch()  # not before: who sees the end on the Batch's own page is not told again
    notice = page.locator(".ended .toast")
    # It comes by itself, to a page that nobody touches.
    expect(notice).to_contain_text("has ended: all 2 Runs succeeded", timeout=40_000)
    shoot(page, "batch-ended-elsewhere")
    notice.get_by_role("button", name="Dismiss").click()
    expect(notice).to_have_count(0)
    with page.expect_response(lambda response: "/batches/ended" in response.url) as asked:
        page.goto("/projects/")
    assert asked.value.status == 204
    expect(notice).to_have_count(0)


def test_more_values_are_added_later_as_the_form_takes_them(page: Page, tmp_path: Path) -> None:
    task = make_task(page, tmp_path)
    page.goto(f"{task}/run?v.rate=[0.1,0.01]&v.size=[16,32]")
    page.get_by_role("button", name="Start 4 Runs").click()
    expect(page.locator("#batch-badge")).to_contain_text("Ended", timeout=60_000)
    page.reload()
    page.locator("#batch-adding > summary").click()
    adding = page.locator("#batch-adding")
    rate = adding.locator("[data-parameter=float]")
    rate.get_by_role("button", name="Range…").click()
    for part, text in {"from": "0.2", "to": "0.4", "number": "0.1"}.items():
        rate.locator(f'[data-spacing-part="{part}"]').fill(text)
    rate.get_by_role("button", name="Add").click()
    expect(adding.locator(".adds")).to_have_text(
        re.compile(r"Adds 6 Runs\s+10 combinations,\s+4 of them in the Batch already")
    )
    rate.get_by_label("Values of rate").press_sequentially("\n0.1")
    expect(rate.locator(".chips")).to_contain_text("6 values, 1 duplicate")
    shoot(page, "batch-adding")
    rate.get_by_role("button", name="Remove duplicates").click()
    expect(adding.locator(".adds")).to_contain_text("Adds 6 Runs")
    rate.get_by_label("Values of rate").fill("fast")
    expect(rate.locator(".errors")).to_contain_text('Expected a float, found "fast"')
    rate.get_by_label("Values of rate").fill("")
    expect(rate).to_contain_text("those that the Batch was last asked for are used")
    expect(adding.get_by_text("Adds nothing")).to_be_visible()
    rate.get_by_label("Values of rate").fill("0.5")
    adding.get_by_role("button", name="Add 2 Runs").click()
    expect(page.locator("body")).to_contain_text("2 Runs added")
