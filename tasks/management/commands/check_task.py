"""check_task FOLDER…: says whether folders can become Tasks, and what is wrong with them. Changes nothing."""

import json
import os
import sys
from argparse import ArgumentParser
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from coretex_site.lib import filetree
from tasks import other_languages
from tasks.files import overview
from tasks.preflight import reading
from tasks.preflight.check import check
from tasks.proposals import suggestions
from tasks.proposals.mismatches import mismatches
from tasks.runtime import Runtime, entry_scripts
from tasks.taskyaml.spec import Problem, TaskSpec, parse
from tasks.types.wording import one_line, printable

TASK_FILE = "task.yaml"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A problem with the file it is in, or with the folder itself, which has no line."""

    file: str
    severity: str
    message: str
    line: int | None = None
    column: int | None = None
    parameter: str | None = None

    def __str__(self) -> str:
        place = "" if self.line is None else f":{self.line}:{self.column}"
        return printable(f"{self.file}{place}: {self.severity}: {self.message}")


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a folder holds and what is wrong with it."""

    folder: str
    findings: tuple[Finding, ...]
    runtime: Runtime | None = None
    entry_scripts: tuple[str, ...] = ()
    spec: TaskSpec | None = None

    @property
    def ok(self) -> bool:
        return not any(finding.severity == "error" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        parameters = self.spec.parameters if self.spec is not None else ()
        return {
            "folder": printable(self.folder),
            "ok": self.ok,
            "runtime": _runtime_as_json(self.runtime) if self.runtime is not None else None,
            "entry_scripts": list(self.entry_scripts),
            "parameters": [
                {"name": p.name, "data_type": p.data_type, "value": p.value, "required": p.required}
                for p in parameters
            ],
            "problems": [asdict(finding) for finding in self.findings],
        }


class Command(BaseCommand):
    help = "Check folders with a task.yaml: their runtime, entry scripts and parameters, and every mistake."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folders", metavar="FOLDER", nargs="+", help="a folder that is or becomes a Task")
        parser.add_argument("--json", action="store_true", help="print a JSON list instead of lines")

    def handle(self, *, folders: list[str], json: bool, **options: Any) -> None:
        reports = [check_folder(folder) for folder in folders]
        lines = [_as_json(reports)] if json else [line for report in reports for line in report_lines(report)]
        self.stdout.write("\n".join(lines))
        if not all(report.ok for report in reports):
            sys.exit(1)


def check_folder(folder: str) -> Report:
    root = Path(folder)
    if not root.is_dir():
        found = "a file" if root.is_file() else "nothing"
        message = f"expected a folder, found {found} there"
        return Report(folder=folder, findings=(Finding(file=folder, severity="error", message=message),))
    try:
        names = os.listdir(root)
        files = _files(root)
        scripts = tuple(entry_scripts(files, head=partial(filetree.head, root)))
        spec, findings = _check_file(root / TASK_FILE)
        if spec is not None and TASK_FILE in names:
            findings += _mismatches(root, files, spec)
    except OSError as error:
        message = f"expected files that can be read, found one that can't: {error}"
        return Report(folder=folder, findings=(Finding(file=folder, severity="error", message=message),))
    if not scripts:
        almost = other_languages.almost_run(files)
        hint = "" if almost is None else f". {other_languages.why_not_run(almost)}"
        message = (
            "expected an entry script (.py, .r, .R, .sh, .ipynb or one with a #! line), found none, "
            f"so nothing can be run{hint}"
        )
        findings.append(Finding(file=folder, severity="error", message=message))
    if "task.yml" in names and TASK_FILE not in names:
        message = f"found task.yml, which is not read; rename it to {TASK_FILE}"
        findings.append(Finding(file=str(root / "task.yml"), severity="warning", message=message))
    findings += _foreseen(root, files)
    return Report(
        folder=folder,
        findings=tuple(findings),
        runtime=overview.runtime_of(root, files, entry=next(iter(scripts), "")),
        entry_scripts=scripts,
        spec=spec,
    )


def _runtime_as_json(runtime: Runtime) -> dict[str, Any]:
    return {key: getattr(runtime, key) for key in ("kind", "label", "file", "sentence", "source", "problem")}


def report_lines(report: Report) -> list[str]:
    lines = [str(finding) for finding in report.findings]
    if not report.ok or report.spec is None or report.runtime is None:
        return lines
    parameters = [
        f"{one_line(p.name)} ({p.data_type}{', required' if p.required else ''}) = {p.type.describe(p.value)}"
        for p in report.spec.parameters
    ]
    return [
        *lines,
        printable(f"{report.folder}: ok"),
        f"  runtime: {report.runtime.sentence}",
        *(printable(f"  entry script: {path}") for path in report.entry_scripts),
        *(f"  parameter: {parameter}" for parameter in parameters),
    ]


def _check_file(path: Path) -> tuple[TaskSpec | None, list[Finding]]:
    if not path.exists():
        return TaskSpec(), []
    parsed = parse(path.read_bytes())
    return parsed.spec, [_finding(path, problem) for problem in parsed.problems]


def _mismatches(root: Path, files: list[str], spec: TaskSpec) -> list[Finding]:
    """Names that only the scripts know or only task.yaml."""
    sizes = {path: (root / path).stat().st_size for path in files if (root / path).is_file()}
    texts = suggestions.read_some(sizes, lambda path: (root / path).read_bytes())
    found = mismatches(spec, texts, suggestions.entry_scripts(texts))
    return [_finding(root / one.path, one) for one in found]


def _foreseen(root: Path, files: list[str]) -> list[Finding]:
    """What would go wrong when the scripts run."""
    sizes = {path: (root / path).stat().st_size for path in files if (root / path).is_file()}
    read = reading.choose(sizes, lambda path: (root / path).read_bytes())
    found = check(read, suggestions.entry_scripts(read.scripts))
    return [
        Finding(
            file=str(root / one.place.path) if one.place is not None else str(root),
            severity=one.severity,
            message=one.message,
            line=None if one.place is None or one.place.cell is not None else one.place.line,
            column=None if one.place is None or one.place.cell is not None else 1,
        )
        for one in found
    ]


def _finding(path: Path, problem: Problem) -> Finding:
    return Finding(file=str(path), **{field.name: getattr(problem, field.name) for field in fields(Problem)})


def _files(root: Path) -> list[str]:
    """Paths below the folder with /, without hidden folders; links to folders are not followed."""
    paths: list[str] = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths += [Path(folder, name).relative_to(root).as_posix() for name in names]
    return paths


def _as_json(reports: list[Report]) -> str:
    return json.dumps([report.as_json() for report in reports], indent=2)
