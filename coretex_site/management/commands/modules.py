"""modules: prints every module of the product with the line that says what it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

APPS = ("coretex_site", "projects", "tasks", "runs")
NOT_OURS_TO_TELL = {"migrations", "templates_library"}


class Command(BaseCommand):
    help = "Prints every module with what it is, by folder."
    requires_system_checks = []

    def handle(self, **_: object) -> None:
        folder = None
        for path, line in modules(settings.BASE_DIR):
            if path.parent != folder:
                folder = path.parent
                self.stdout.write(f"\n{folder}/")
            self.stdout.write(f"  {path.name:<24} {line}")


def modules(root: Path) -> Iterator[tuple[Path, str]]:
    """(path below `root`, first line of its docstring) of every module that has something in it."""
    paths = (path for app in APPS for path in (root / app).rglob("*.py"))
    for path in sorted(paths, key=lambda path: (path.parent, path.name)):
        tree = ast.parse(path.read_text())
        if tree.body and not NOT_OURS_TO_TELL & set(path.parts):
            yield path.relative_to(root), (ast.get_docstring(tree) or "").partition("\n")[0]
