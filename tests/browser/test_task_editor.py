"""The editor of a Task in a real browser: the form beside task.yaml, problems, two who edit at once."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import shoot

WRONG = """param_groups:
  - name: training
    params:
      - name: steps
        value: many
        data_type: int
      - name: rate
        valu: 1
"""
RIGHT = WRONG.replace("many", "4").replace("valu:", "value:")


@pytest.fixture
def task_url(page: Page) -> str:
    """The address of a new Task, made of the Template Hello in a new Project."""
    name = f"Editing {uuid4().hex[:8]}"
    page.goto("/projects/new")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create Project").click()
    page.goto("/templates/hello/")
    page.get_by_label("Project", exact=True).select_option(label=name)
    page.get_by_role("button", name="Create a Task from it").click()
    page.get_by_role("button", name="Create Task").click()
    expect(page.get_by_role("link", name="Run Task")).to_be_visible()
    return page.url


def write(page: Page, text: str) -> None:
    """Replaces all that is in the editor, as the editor's own commands do."""
    expect(page.locator(".ace_editor")).to_be_visible()
    page.evaluate("text => ace.edit(document.querySelector('.ace_editor')).session.setValue(text)", text)


def text_of(page: Page) -> str:
    expect(page.locator(".ace_editor")).to_be_visible()
    return page.evaluate("ace.edit(document.querySelector('.ace_editor')).getValue()")


def test_the_form_and_every_problem_follow_what_is_typed(page: Page, task_url: str) -> None:
    page.goto(f"{task_url}files/task.yaml")
    write(page, WRONG)
    problems = page.locator("#task-preview .problem")
    expect(problems).to_have_count(2)
    expect(problems.first).to_contain_text("expected an int")
    marked = "ace.edit(document.querySelector('.ace_editor')).session.getAnnotations().map(mark => mark.row)"
    assert page.evaluate(marked) == [4, 7]
    shoot(page, "task-yaml-problems")
    problems.first.click()
    row = page.evaluate("ace.edit(document.querySelector('.ace_editor')).getCursorPosition().row")
    assert row == 4
    page.keyboard.press("Control+s")
    expect(page.locator("#cannot-run")).to_contain_text("task.yaml has errors")
    expect(page.locator("#run-task button")).to_be_disabled()
    write(page, RIGHT)
    expect(problems).to_have_count(0)
    expect(page.locator("#task-preview input[value='4']")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.locator("#run-task a")).to_be_visible()
    shoot(page, "task-editor")


def test_the_second_of_two_who_save_is_told_and_keeps_the_text(page: Page, task_url: str) -> None:
    page.goto(f"{task_url}files/main.py")
    write(page, "print('mine')\n")
    other = page.context.new_page()
    other.goto(f"{task_url}files/main.py")
    write(other, "print('theirs')\n")
    other.get_by_role("button", name="Save").click()
    expect(other.locator("[data-editor-status]")).to_have_text("Saved")
    other.close()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#editor-note")).to_contain_text("changed by someone else")
    expect(page.locator("[data-editor-status]")).to_have_text("Not saved yet")
    shoot(page, "task-conflict")
    assert text_of(page) == "print('mine')\n"
    page.get_by_role("button", name="Overwrite").click()
    page.locator("#confirm-accept").click()
    expect(page.locator("[data-editor-status]")).to_have_text("Saved")
    page.reload()
    assert text_of(page) == "print('mine')\n"


def test_files_are_added_renamed_and_deleted(page: Page, task_url: str) -> None:
    page.goto(task_url)
    page.get_by_role("link", name="New file").click()
    page.locator("#new_file-path").fill("../outside.py")
    page.get_by_role("button", name="Add the file").click()
    expect(page.locator("#new-file .errors")).to_contain_text("points outside the folder")
    page.locator("#new_file-path").fill("lib/net.py")
    page.get_by_role("button", name="Add the file").click()
    expect(page.locator("#file-title")).to_contain_text("lib/net.py")
    page.get_by_label("More for lib/net.py").click()
    page.get_by_role("button", name="Rename or move").click()
    page.locator("#rename-path").fill("net.py")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.locator("#file-title")).to_contain_text("net.py")
    page.get_by_label("More for net.py").click()
    page.locator(".menu-list").get_by_role("button", name="Delete").click()
    page.locator("#confirm-accept").click()
    expect(page.get_by_text("net.py was deleted.")).to_be_visible()


def test_a_task_yaml_is_proposed_edited_and_created(page: Page, task_url: str) -> None:
    page.goto(f"{task_url}files/task.yaml")
    page.get_by_label("More for task.yaml").click()
    page.get_by_role("button", name="Delete").first.click()
    page.locator("dialog[open]").get_by_role("button", name="Delete").click()
    page.get_by_role("link", name="Propose a task.yaml").click()
    expect(page.locator("#task-preview")).to_contain_text("language")
    write(page, text_of(page).replace("name: steps", "name: stairs"))
    expect(page.locator("#task-preview")).to_contain_text("stairs")
    shoot(page, "task-yaml-proposed")
    page.get_by_role("button", name="Create task.yaml").click()
    expect(page.locator("#task-warnings summary")).to_be_visible()
    assert "name: stairs" in text_of(page)
    reads = page.locator("#task-warnings a", has_text='reads the parameter "steps"')
    if not reads.is_visible():
        page.locator("#task-warnings summary").click()
    reads.click()
    page.wait_for_url("**/files/main.py#L*")
    expect(page.locator(".ace_editor")).to_be_visible()
    row = page.evaluate("ace.edit(document.querySelector('.ace_editor')).getCursorPosition().row")
    assert row + 1 == int(page.url.rpartition("#L")[2])


def test_the_gallery_is_narrowed_without_a_new_page(page: Page, task_url: str) -> None:
    page.goto("/templates/")
    page.get_by_role("link", name="bioinformatics").first.click()
    page.wait_for_url("**/templates/?kind=bioinformatics")
    expect(page.locator(".card")).to_have_count(4)
    shoot(page, "templates")
    page.go_back()
    expect(page.get_by_role("link", name="Access log")).to_be_visible()
