"""Long names in a real browser: nothing is pushed out of a page, and what scrolls sideways says so."""

import pytest
from playwright.sync_api import Page, expect

LONG = "Cell atlas of the human small intestine, second cohort, with spatial transcriptomics"


def hidden_width(page: Page, selector: str) -> int:
    """How much of an element is only seen by scrolling it sideways."""
    return page.locator(selector).first.evaluate("e => e.scrollWidth - e.clientWidth")


@pytest.fixture
def project_url(page: Page) -> str:
    """A Project, a Task and a Run, all with long names."""
    page.goto("/projects/new")
    page.get_by_label("Name").fill(LONG)
    page.get_by_role("button", name="Create Project").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cell atlas")
    project = page.url
    page.goto(f"{project}tasks/new?template=hello")
    page.get_by_role("textbox", name="Name").fill(LONG)
    page.get_by_role("radio", name="A Template").check()
    page.get_by_role("radio", name="Hello").check()
    page.get_by_role("button", name="Create Task").click()
    page.get_by_role("link", name="Run Task").click()
    page.get_by_role("button", name="Run Task").click()
    expect(page.locator("#run-badge .state")).to_have_text("Succeeded", timeout=30_000)
    return project


def test_long_names_leave_every_column_in_the_page(page: Page, project_url: str) -> None:
    for address in (project_url, "/projects/", "/tasks/", "/runs/", "/runs/new", "/datasets/"):
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 700})
            page.goto(address)
            assert hidden_width(page, "html") <= 0, f"{address} at {width}"
            if width == 1440 and page.locator(".table-wrap").count():
                assert hidden_width(page, ".table-wrap") == 0, f"{address} hides columns"

    # On a phone the chosen tab is there whole, and the others fade out
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto(f"{project_url}members")
    current = page.locator(".tabs [aria-current]")
    expect(current).to_be_in_viewport(ratio=1)
    expect(page.locator(".tabs.more-left")).to_have_count(1)
    page.goto(project_url)
    expect(page.locator(".tabs.more-right")).to_have_count(1)
    page.set_viewport_size({"width": 1440, "height": 900})
