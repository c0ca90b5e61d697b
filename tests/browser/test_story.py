"""The whole story in a real browser: a folder of code becomes a Run from a form, and the same Run again."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import shoot

TASK_YAML = """\
param_groups:
  - name: training
    params:
      - name: steps
        description: How many steps are made
        value: 3
        data_type: int
        required: true
        min: 1
      - name: learningRate
        description: How far one step goes
        value: 0.5
        data_type: float
        required: true
"""
MAIN = """\
import json, os, time

parameters = json.load(open(os.environ["CORETEX_PARAMETERS"]))
loss = 1.0
print("first words")
time.sleep(2)
for step in range(parameters["steps"]):
    loss *= 1 - parameters["learningRate"] / 2
    print(f"step {step + 1}: loss {loss:.4f}", flush=True)
    with open(os.environ["CORETEX_METRICS"], "a") as file:
        file.write(json.dumps({"metric": "loss", "x": step, "y": loss}) + "\\n")
open("result.txt", "w").write(f"the loss is {loss:.4f}")
"""


def code_folder(parent: Path) -> Path:
    folder = parent / "descent"
    (folder / "lib").mkdir(parents=True)
    (folder / "main.py").write_text(MAIN)
    (folder / "lib" / "notes.txt").write_text("kept with its relative path")
    return folder


def wait_until(page: Page, state: str) -> None:
    expect(page.locator("#run-badge .state")).to_have_text(state, timeout=30_000)


def test_a_folder_of_code_becomes_a_run_and_the_same_run_again(page: Page, tmp_path: Path) -> None:
    # A Project
    page.goto("/projects/")
    shoot(page, "projects-empty")
    page.get_by_role("link", name="New Project").first.click()
    page.get_by_label("Name").fill("Descent")
    page.get_by_label("Brief description").fill("Walking downhill")
    page.get_by_role("button", name="Create Project").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Descent")

    # A Task from a folder chosen in the browser
    page.goto(page.url.rstrip("/") + "/tasks/new")
    page.locator("input[webkitdirectory]").set_input_files(code_folder(tmp_path))
    page.get_by_role("textbox", name="Name").fill("descent")
    shoot(page, "task-new")
    page.get_by_role("button", name="Create Task").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("descent")
    expect(page.get_by_text("notes.txt")).to_be_visible()
    task_url = page.url.split("/files/")[0].rstrip("/") + "/"

    # task.yaml, edited with its form at the side
    page.goto(f"{task_url}files/main.py")
    write_file(page, task_url, "task.yaml", TASK_YAML.replace("data_type: int", "data_type: itn"))
    expect(page.locator("#task-preview, .editor-side, [id*=preview]").first).to_contain_text("itn")
    shoot(page, "task-yaml-mistake")
    fill_editor(page, TASK_YAML)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Saved").first).to_be_visible()
    expect(page.locator("#task-preview")).to_contain_text("How many steps are made")
    shoot(page, "task-yaml")

    # The form, and a Run watched while it happens
    page.goto(task_url)
    page.get_by_role("link", name="Run Task").click()
    expect(page.get_by_role("textbox", name="learningRate")).to_have_value("0.5")
    page.get_by_role("textbox", name="steps").fill("4")
    shoot(page, "run-form")
    page.get_by_role("button", name="Run Task").click()
    expect(page.locator("#console")).to_contain_text("first words")
    wait_until(page, "Running")
    shoot(page, "run-running")
    wait_until(page, "Succeeded")
    expect(page.locator("#console")).to_contain_text("step 4: loss 0.3164")
    expect(page.locator("#run-artifacts")).to_contain_text("result.txt")
    shoot(page, "run-succeeded")
    run_url = page.url.split("/executions/")[0].rstrip("/") + "/"

    # The code changes; the Run does not
    page.goto(f"{task_url}files/main.py")
    fill_editor(page, "print('another script altogether')\n")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Saved").first).to_be_visible()
    page.goto(run_url)
    page.get_by_role("button", name="Execute again").click()
    expect(page.locator("#run-executions li")).to_have_count(2)
    wait_until(page, "Succeeded")
    expect(page.locator("#console")).to_contain_text("step 4: loss 0.3164")
    expect(page.locator("#console")).not_to_contain_text("another script")

    # The old result is still there
    page.locator("#run-executions a").last.click()
    expect(page.locator("#console")).to_contain_text("step 4: loss 0.3164")
    page.locator("#run-artifacts").get_by_role("link", name="result.txt").first.click()
    expect(page.get_by_text("the loss is 0.3164")).to_be_visible()
    page.goto("/runs/")
    expect(page.get_by_role("row").filter(has_text="descent")).to_have_count(1)
    shoot(page, "runs")


def fill_editor(page: Page, text: str) -> None:
    """Replaces what the editor holds, as by typing."""
    page.locator(".ace_text-input").focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def write_file(page: Page, task_url: str, path: str, text: str) -> None:
    page.goto(task_url)
    page.get_by_role("link", name="New file").click()
    dialog = page.get_by_role("dialog", name="New file")
    dialog.get_by_label("Path").fill(path)
    dialog.get_by_role("button", name="Add the file").click()
    page.wait_for_url(f"**/{path}")
    expect(page.locator(".ace_editor")).to_be_visible()
    fill_editor(page, text)
