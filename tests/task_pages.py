"""A Task with a file of each kind, the addresses of its pages, and its main.py saved as the editor does."""

import io

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from coretex_site.lib import filetree
from projects.models import Project
from tasks import create
from tasks.files import store
from tasks.models import Task

HTMX = {"HX-Request": "true"}
YAML = b"param_groups:\n  - name: inputs\n    params:\n      - {name: rate, value: 0.1, data_type: float}\n"
FILES = {
    "main.py": b"print('<b>hi</b>')\n",
    "task.yaml": YAML,
    "data/x.bin": b"\0\1",
    "a b&c.svg": b"<svg/>",
}


def make_train(project: Project, by: User) -> Task:
    uploads = [(path, io.BytesIO(content)) for path, content in FILES.items()]
    return create.from_upload(create.Details(project=project, name="Train", by=by), uploads)


def url(name: str, task: Task, *rest: str) -> str:
    return reverse(name, args=[task.pk, *rest])


def save(browser: Client, task: Task, text: str, **given: str) -> object:
    digest = filetree.file_digest(store.root(task) / "main.py")
    data = {"path": "main.py", "text": text, "digest": digest} | given
    return browser.post(url("tasks:save", task), data, headers=HTMX)
