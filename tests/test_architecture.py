"""What imports cannot say about the house: sizes, who writes what, and that the documents tell the truth."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from runs.states import FINAL, MOVES, WIRE, State

ROOT = Path(__file__).resolve().parent.parent
APPS = ("coretex_site", "projects", "tasks", "runs")
CODE = [
    path
    for app in APPS
    for path in sorted((ROOT / app).rglob("*.py"))
    if not {"migrations", "templates_library"} & set(path.parts)
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

# One Execution at a time, and all those of a Batch as a few statements.
STATE_WRITERS = {"runs/lifecycle.py", "runs/queue/bulk_transitions.py"}
LONGER_FILES: dict[str, str] = {}
WRITES = {
    "save",
    "create",
    "update",
    "delete",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
}
HTTP_MODULES = {
    "views.py",
    "live.py",
    "pages.py",
    "nodes.py",
    "changes.py",
    "specpages.py",
    "batch_actions.py",
} | {path.name for path in CODE if path.stem.endswith(("_pages", "_views"))}
OWN_ROUTES = ("projects", "tasks", "runs", "")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_file_says_one_thing_in_at_most_300_lines(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= 300 or name_of(path) in LONGER_FILES, f"{lines} lines: what second thing does it say?"


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_has_at_most_150_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 150


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_module_says_what_it_is(path: Path) -> None:
    assert path.name == "__init__.py" or ast.get_docstring(ast.parse(path.read_text()))


def test_the_architecture_page_tells_of_every_module() -> None:
    told = (ROOT / "ARCHITECTURE.md").read_text().partition("## Every module")[2]
    lines = set()
    for path in CODE:
        if path.name != "__init__.py":
            name = Path(*path.relative_to(ROOT).parts[1:]).with_suffix("").as_posix()
            lines.add(f"- `{name}`: {ast.get_docstring(ast.parse(path.read_text())).splitlines()[0]}")
    assert {line for line in told.splitlines() if line.startswith("- ")} == lines


@pytest.mark.parametrize("path", [p for p in CODE if p.name in HTTP_MODULES], ids=name_of)
def test_http_layers_write_no_rows(path: Path) -> None:
    found = [
        f"{path.name}:{call.lineno} .{call.func.attr}()"
        for call in calls(path)
        if call.func.attr in WRITES
        and not (isinstance(call.func.value, ast.Name) and call.func.value.id in {"form", "formset"})
        and not (isinstance(call.func.value, ast.Name) and call.func.value.id in MODULES_WITH_VERBS)
    ]
    assert not found, f"the verb belongs in a module of its own: {found}"


# Modules whose verbs have such a name: `create.blank(…)`, `codetree.delete(…)`, `submit.again(…)`.
MODULES_WITH_VERBS = {p.stem for p in CODE if p.name not in HTTP_MODULES} | {"response", "request"}


@pytest.mark.parametrize("path", [p for p in CODE if name_of(p) not in STATE_WRITERS], ids=name_of)
def test_only_lifecycle_writes_a_state(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assigned = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AugAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and target.attr == "state" and name_of(path).startswith("runs/")
    ]
    updated = [
        call.lineno
        for call in calls(path)
        if call.func.attr in {"update", "create"} and any(k.arg == "state" for k in call.keywords)
    ]
    assert not assigned + updated


def test_every_state_has_a_label_a_wire_code_a_colour_and_is_reachable() -> None:
    css = "".join(p.read_text() for p in (ROOT / "static" / "css").glob("*.css"))
    reachable = {target for targets in MOVES.values() for target in targets} | {State.QUEUED}
    assert set(State) == set(MOVES) == set(WIRE) == reachable
    assert all(not MOVES[state] for state in FINAL)
    for state in State:
        assert state.label
        assert f"--state-{state.value}" in css, f"no colour for {state}"


def test_the_states_in_the_architecture_page_are_those_of_the_code() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    table = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| ([^|]*) \|", text, flags=re.M))
    assert {name: set(re.findall(r"`(\w+)`", moves)) for name, moves in table.items()} == {
        state.value: {target.value for target in MOVES[state]} for state in State
    }


def routes() -> Iterator[str]:
    def walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inner = pattern.namespace or namespace
                if inner in OWN_ROUTES:
                    yield from walk(pattern.url_patterns, inner)
            elif pattern.name:
                yield f"{namespace}:{pattern.name}" if namespace else pattern.name

    return walk(get_resolver().url_patterns, "")


def test_every_route_is_named_by_a_test() -> None:
    tests = "".join(p.read_text() for p in (ROOT / "tests").rglob("*.py"))
    unnamed = sorted({route for route in routes() if f'"{route}"' not in tests})
    assert not unnamed, f"no test names these routes: {unnamed}"


def test_every_fragment_has_one_root_element_that_htmx_can_find() -> None:
    """Fragments that htmx swaps by id are rooted in an element with an id."""
    rootless = []
    for path in TEMPLATES:
        if path.name.startswith("_") and "hx-swap-oob" in path.read_text() and "id=" not in path.read_text():
            rootless.append(name_of(path))
    assert not rootless


def test_every_page_is_reached_through_the_access_rule() -> None:
    """HTTP layers fetch objects with `access`, never with a bare get_object_or_404."""
    offenders = [
        name_of(path)
        for path in CODE
        if path.name in HTTP_MODULES and "get_object_or_404" in path.read_text()
    ]
    assert not offenders


def test_functions_take_at_most_five_positional_arguments() -> None:
    long = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and len(node.args.args) - (bool(node.args.args) and node.args.args[0].arg in {"self", "cls"}) > 5
    ]
    assert not long
