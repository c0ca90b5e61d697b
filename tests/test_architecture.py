"""What imports cannot say about the house: who writes what, where HTTP is, that the documents tell the truth.

Rules are stated by folder, so that a new module is inside them on the day it is made; beside each rule stands
a violation that it catches.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

from runs.states import FINAL, MOVES, WIRE, State

ROOT = Path(__file__).resolve().parent.parent
APPS = ("coretex_site", "projects", "tasks", "runs")
CODE = [
    path.relative_to(ROOT)
    for app in APPS
    for path in sorted((ROOT / app).rglob("*.py"))
    if not {"migrations", "templates_library"} & set(path.parts)
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OWN_ROUTES = ("projects", "tasks", "runs", "")
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
# What the others name are often files of a Task.
PAGES_ABOUT_CODE = sorted({"ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"} & set(PAGES))
# Folders that Django looks into.
OUTSIDE_THE_PLAN = {"management", "templatetags"}

# A question to answer with a split or a reason, not a law.
LONGEST_FILE = 400
LONGER_FILES: dict[str, str] = {}
# One Execution at a time, and all those of a Batch as a few statements.
STATE_WRITERS = {"runs/lifecycle.py", "runs/queue/bulk_transitions.py"}
WRITES = {
    *("save", "create", "update", "delete", "bulk_create", "bulk_update"),
    *("get_or_create", "update_or_create", "aupdate", "acreate", "adelete", "asave"),
}
# Names that carry what a browser sent without being HTTP, and the answer of the access rule.
PLAIN_HTTP_NAMES = {"QueryDict", "Http404"}
# The door itself: what every HTTP layer shares, and Django's own admin.
HTTP_DOORS = re.compile(r"coretex_site/(lib/(web|downloads|refusals)|settings)\.py|\w+/admin\.py")


def is_http(name: str) -> bool:
    """HTTP is in `views/` folders and in `api` modules."""
    path = Path(name)
    return "views" in path.parts[:-1] or "api" in (*path.parts[:-1], path.stem)


# Rules: each takes the name of a file and its code, and returns what is wrong with it.


def http_outside_its_rooms(name: str, tree: ast.Module) -> list[str]:
    if is_http(name) or HTTP_DOORS.fullmatch(name):
        return []
    return [
        f"{name}:{node.lineno} imports {alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if node.module in ("django.http", "django.shortcuts", "django.views")
        or f"{node.module}.{alias.name}" in ("django.contrib.messages", "django.views.generic")
        if alias.name not in PLAIN_HTTP_NAMES
    ]


def rows_written_by_http(name: str, tree: ast.Module) -> list[str]:
    """The verb belongs in a module of its own, which is then called: `store.delete(…)`."""
    if not is_http(name):
        return []
    modules = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in APPS
        for alias in node.names
        if alias.name.islower()
    }
    return [
        f"{name}:{call.lineno} .{call.func.attr}()"
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute) and call.func.attr in WRITES
        if not (isinstance(call.func.value, ast.Name) and call.func.value.id in {*modules, "form"})
        if not (isinstance(call.func.value, ast.Attribute) and call.func.value.attr == "headers")
    ]


def objects_fetched_past_the_access_rule(name: str, tree: ast.Module) -> list[str]:
    if not is_http(name):
        return []
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return [f"{name} uses {one}" for one in ("get_object_or_404", "get_list_or_404") if one in names]


def states_written_by_others(name: str, tree: ast.Module) -> list[str]:
    if not name.startswith("runs/") or name in STATE_WRITERS:
        return []
    assigned = [
        f"{name}:{node.lineno} assigns .state"
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AugAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and target.attr == "state"
    ]
    updated = [
        f"{name}:{call.lineno} writes state="
        for call in calls(tree)
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"update", "create"}
        if any(keyword.arg == "state" for keyword in call.keywords)
    ]
    return assigned + updated


def modules_above_named_in_texts(name: str, tree: ast.Module) -> list[str]:
    """Imports run one way, and texts that are loaded later are imports too."""
    above = {"projects": ("tasks", "runs"), "tasks": ("runs",)}.get(name.split("/")[0], ())
    return [
        f"{name}:{node.lineno} names {node.value}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"(\w+\.)+\w+", node.value) and node.value.split(".")[0] in above
        # A template or a field of a relation is no module.
        if not node.value.endswith(".html")
    ]


def modules_that_say_nothing(name: str, tree: ast.Module) -> list[str]:
    is_empty = not tree.body
    return [] if is_empty or ast.get_docstring(tree) else [f"{name} does not say what it is"]


def functions_with_many_arguments(name: str, tree: ast.Module) -> list[str]:
    return [
        f"{name}:{node.lineno} {node.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and len(node.args.args) - (bool(node.args.args) and node.args.args[0].arg in {"self", "cls"}) > 5
    ]


Rule = Callable[[str, ast.Module], list[str]]
# Each with a file and code that break it.
RULES: dict[Rule, tuple[str, str]] = {
    http_outside_its_rooms: ("runs/submission/new.py", "from django.http import HttpResponse"),
    rows_written_by_http: ("runs/web/views/new.py", "def view(request): Run.objects.create(name='a')"),
    objects_fetched_past_the_access_rule: ("tasks/views/new.py", "get_object_or_404(Task, pk=1)"),
    states_written_by_others: ("runs/engine/new.py", "run.state = 'failed'"),
    modules_above_named_in_texts: ("projects/new.py", "PARTS = ('runs.submission.new',)"),
    modules_that_say_nothing: ("runs/new.py", "x = 1"),
    functions_with_many_arguments: ("runs/new.py", "def f(a, b, c, d, e, g): ..."),
}


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {path.as_posix(): ast.parse((ROOT / path).read_text()) for path in CODE}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nothing_breaks_the_rule(rule: Rule, trees: dict[str, ast.Module]) -> None:
    assert [wrong for name, tree in trees.items() for wrong in rule(name, tree)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_new_module_that_breaks_the_rule_is_caught(rule: Rule) -> None:
    name, code = RULES[rule]
    assert rule(name, ast.parse(code)) != []


@pytest.mark.parametrize("path", ["runs/api.py", "runs/api/batches.py", "tasks/views/new.py"])
def test_api_modules_and_views_folders_are_http(path: str) -> None:
    assert is_http(path)


def test_a_file_says_one_thing() -> None:
    lengths = {path.as_posix(): len((ROOT / path).read_text().splitlines()) for path in CODE}
    long = {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}
    assert long.keys() == LONGER_FILES.keys(), f"what second thing do they say? {long}"


# Documents


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


def test_the_architecture_page_stays_short() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 200


def test_every_room_is_in_the_plan() -> None:
    plan = (ROOT / "ARCHITECTURE.md").read_text()
    packages = {path.parent for path in CODE if len(path.parts) == 3}
    rooms = {path.as_posix() for path in packages if path.name not in OUTSIDE_THE_PLAN}
    assert {room for room in rooms if f"`{room}`" not in plan} == set()


@pytest.mark.parametrize("page", PAGES_ABOUT_CODE)
def test_what_a_page_names_is_there(page: str) -> None:
    assert names_of_nothing((ROOT / page).read_text()) == []


def test_a_name_of_nothing_is_caught() -> None:
    text = """`runs/lifecycle.py`, `runs.lifecycle.transition` and `README.md` are there.
    `runs/rooms`, `runs.lifecycle.move`, `gone.py` and `runs/lifecycle.p` are not; `<app>/x.html` is no path.
    """
    gone = ["runs/rooms", "runs.lifecycle.move", "gone.py", "runs/lifecycle.p"]
    assert names_of_nothing(text) == gone


def names_of_nothing(text: str) -> list[str]:
    """The paths and dotted names in backticks that stand for nothing, except files that a recipe makes."""
    prose = re.sub(r"^ *```.*?^ *```|New file `.+?`", "", text, flags=re.M | re.S)
    named = re.findall(r"`([\w./-]+)`", prose)
    return [name for name in named if is_a_name(name) and not stands_for_something(name)]


def is_a_name(text: str) -> bool:
    """Whether it can be a path in the repository, or the dotted name of something in our code."""
    is_address = text.startswith("/")
    return not is_address and (
        "/" in text
        or re.fullmatch(rf"({'|'.join(APPS)})(\.\w+)+", text) is not None
        or re.search(r"\w\.(py|md|toml|html|js|css)$", text) is not None
    )


def stands_for_something(name: str) -> bool:
    """Whether it is a path, a module, or something that a module defines."""
    if "/" in name or (ROOT / name).is_file():
        return (ROOT / name).exists()
    path = ROOT / name.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    module = path.parent.with_suffix(".py")
    return module.is_file() and path.name in defined_in(ast.parse(module.read_text()))


def defined_in(tree: ast.Module) -> set[str]:
    """The functions, classes and constants of a module."""
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    assert links_to_nothing(ROOT / page, (ROOT / page).read_text()) == []


def test_a_link_to_nothing_is_caught() -> None:
    text = "# Here\n[a](LICENSE) [b](docs/gone.md) ![c](gone.png) [d](#here) [e](#no) [f](README.md#no)"
    assert links_to_nothing(ROOT / "README.md", text) == ["docs/gone.md", "gone.png", "#no", "README.md#no"]


def links_to_nothing(page: Path, text: str) -> list[str]:
    """The relative links whose file, or heading in it, is not there."""
    links = re.findall(r"\]\((?!\w+:)([^)\s]+)\)", text)
    return [link for link in links if not leads_somewhere(link, page, text)]


def leads_somewhere(link: str, page: Path, text: str) -> bool:
    name, _, heading = link.partition("#")
    target = page.parent / name
    if not target.exists():
        return False
    return not heading or heading in headings(target.read_text() if name else text)


def headings(text: str) -> set[str]:
    """The fragments by which the headings of a page are linked to, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_first_thing_in_the_readme_is_how_to_start_and_test() -> None:
    first = re.search(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    assert first is not None and first.start() < 500
    commands = [line.partition("#")[0].strip() for line in first[1].splitlines()]
    assert commands == ["python3 manage.py up", "python3 manage.py test"]


def test_the_changelog_says_each_thing_in_one_line_under_the_usual_headings() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", text, re.M)) <= kinds
    assert re.findall(r"^## (.+)$", text, re.M)[0] == "[Unreleased]"
    bullets = re.findall(r"^- .+(?:\n  .+)*", text, re.M)
    assert [bullet for bullet in bullets if "\n" in bullet or len(bullet) > 100] == []


def test_the_list_of_modules_is_printed_by_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("modules")
    printed = capsys.readouterr().out
    assert "\nruns/submission/\n" in printed
    assert re.search(r"^  start\.py +The one door: ", printed, re.M)


# Routes and fragments


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
            rootless.append(path.relative_to(ROOT).as_posix())
    assert not rootless
