"""A Batch whose larger sizes run out of memory, and its page as a browser without JavaScript uses it."""

import re
from collections.abc import Mapping
from typing import Any

from django.test import Client
from django.urls import reverse

from runs.models import Batch
from runs.states import State

GRID = {"rate": [0.1, 0.01], "size": [16, 32, 64]}


def memory_runs_out(values: Mapping[str, Any]) -> tuple[State, dict[str, float], str]:
    """Size 64 fails, the others get better with a smaller rate."""
    if values["size"] == 64:
        return State.FAILED, {}, f"loading\nMemoryError: no room for {values['rate']} MB\n"
    return State.SUCCEEDED, {"accuracy": 1 - values["rate"], "loss": values["rate"]}, "fine\n"


def page(browser: Client, batch: Batch, query: str = "") -> str:
    response = browser.get(f"{reverse('runs:batch', args=[batch.pk])}{query}")
    assert response.status_code == 200
    return response.content.decode()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def do(browser: Client, batch: Batch, action: str, **data: Any) -> str:
    response = browser.post(reverse("runs:batch_do", args=[batch.pk, action]), data, follow=True)
    assert response.status_code == 200
    return words(response.content.decode())
