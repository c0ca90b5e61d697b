"""Carries out a fix that a page offered for a Task's files. Knows no HTTP."""

from hashlib import sha256

from django.contrib.auth.models import User

from tasks.environment_files import Fix
from tasks.files import store
from tasks.models import Task


def content_of(fix: Fix) -> bytes:
    """What the file gets; a text may hold bytes that are not UTF-8, as they were."""
    return fix.text.encode("utf-8", "surrogateescape")


def apply(task: Task, fix: Fix, *, by: User | None) -> str:
    """The path of the file that was made or changed. Raises TreeError when it can no longer be done."""
    match fix.action:
        case "rename":
            return store.rename(task, fix.path, fix.target, by=by)
        case "copy":
            return store.create(task, fix.target, store.read_bytes(task, fix.path), by=by)
        case "create":
            return store.create(task, fix.target, content_of(fix), by=by)
        case "replace":
            content = store.read_bytes(task, fix.target)
            store.write(task, fix.target, content_of(fix), expected=sha256(content).hexdigest(), by=by)
            return fix.target
