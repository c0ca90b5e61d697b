"""What a page shows of one file: its text with colours, its picture, or only its size. Knows no HTTP."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from coretex_site.lib import filetree, highlight, markdown, previews
from tasks.files import store
from tasks.models import Task

Kind = Literal["text", "long", "image", "binary"]


@dataclass(frozen=True, kw_only=True)
class FileView:
    """A file to be shown. `text` can be edited if its kind is text; `lines` are safe HTML.

    A `long` one is text of which only the beginning is shown. `digest` is that of the content.
    """

    path: str
    size: int
    kind: Kind
    digest: str = ""
    text: str = ""
    mode: str = "text"
    lines: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def is_document(self) -> bool:
        """Whether it is Markdown, which is also shown as it reads."""
        return self.kind == "text" and is_document(self.path)

    @property
    def is_task_yaml(self) -> bool:
        return self.path == store.TASK_YAML


def is_document(path: str) -> bool:
    return path.lower().endswith((".md", ".markdown"))


def document(text: str) -> str:
    """Markdown as safe HTML; of a very long one the beginning."""
    return markdown.html(text[: highlight.MOST_SHOWN], anchors=False)


def look(task: Task, path: str) -> FileView:
    """What can be shown of the Task's file `path`; raises codetree.Missing."""
    target = store.locate(task, path)
    path = filetree.safe_path(path)
    size = target.stat().st_size
    with target.open("rb") as file:
        begin = file.read(highlight.MOST_SHOWN)
    if previews.image_type(begin) is not None:
        return FileView(path=path, size=size, kind="image")
    if size > highlight.MOST_EDITABLE:
        text = highlight.as_text(begin, cut=True)
        if text is None:
            return FileView(path=path, size=size, kind="binary")
        return FileView(path=path, size=size, kind="long", lines=highlight.lines(text, path))
    content = store.read_bytes(task, path)
    return of_content(path, content, digest=hashlib.sha256(content).hexdigest())


def of_content(path: str, content: bytes, *, digest: str = "") -> FileView:
    text = highlight.as_text(content)
    if text is None:
        return FileView(path=path, size=len(content), kind="binary")
    return FileView(
        path=path,
        size=len(content),
        kind="text",
        digest=digest,
        text=text,
        mode=highlight.editor_mode(path),
        lines=highlight.lines(text, path),
    )
