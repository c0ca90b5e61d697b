"""Whatever a Task holds, reading it for what would go wrong never raises, and offers only what works."""

import ast
import tomllib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tasks.preflight import environment_text
from tasks.preflight.check import check
from tasks.preflight.effects import without_effect
from tasks.preflight.files import Files
from tasks.proposals.code import read_code
from tasks.proposals.escapes import escapes
from tasks.taskyaml.heading import heading
from tasks.taskyaml.spec import parse
from tests import code_corpus

SCRIPTS = [
    text for name, text in vars(code_corpus).items() if isinstance(text, str) and not name.startswith("__")
]
NAMES = ["main.py", "lib/a.py", "main.R", "main.sh", "main.ipynb", "requirements.txt", "environment.yml"]
NAMES += ["pyproject.toml", "uv.lock", "reqs.txt", ".python-version", "task.yaml"]
WORDS = [
    "import ",
    "open(",
    "'a/b.csv'",
    "\n",
    "  ",
    "try:",
    "except ",
    "library(",
    "pip install x",
    "- ",
    "pip:",
]
WORDS += [
    "dependencies:",
    "[project]\n",
    "dependencies = [",
    "numpy",
    "\0",
    "\ufeff",
    "é",
    "<<<<<<< x\n",
    "=======\n",
]
WORDS += [
    "json.load(open(os.environ['CORETEX_PARAMETERS']))",
    "p = ",
    "p['lr']",
    "**p",
    "{",
    ")",
    '"cells": [',
    "# ",
]
PIECES = st.lists(st.sampled_from(WORDS) | st.text(max_size=8), max_size=30).map("".join)
CONTENTS = st.one_of(st.sampled_from(SCRIPTS), PIECES).map(str.encode) | st.binary(max_size=60)
SPEC = parse("param_groups:\n  - name: g\n    params:\n      - {name: lr, value: 1}\n").spec
# Names that YAML does not take for anything else: "on" is true.
PLAIN = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5})?", fullmatch=True).filter(
    lambda name: yaml.safe_load(name) == name
)


@given(st.dictionaries(st.sampled_from(NAMES), CONTENTS, min_size=1))
def test_any_files_are_read_without_an_error(contents: dict[str, bytes]) -> None:
    files = Files(paths=tuple(contents), contents=contents)
    for finding in check(files, list(contents)):
        assert finding.message and finding.place is None or finding.place.path in contents
        assert finding.place is None or finding.place.line >= 1
        for fix in finding.fixes:
            assert fix.key and fix.label and fix.target
            fix.text.encode("utf-8", "surrogateescape")
    for script in files.scripts:
        assert SPEC is not None and set(without_effect(SPEC, files.scripts, script)) <= {"lr"}


@given(PIECES)
def test_any_code_that_can_be_read_says_whether_its_parameters_escape(text: str) -> None:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return
    assert escapes(read_code(text, "main.py")) in (True, False)


@given(
    st.binary(max_size=200) | PIECES.map(str.encode) | st.text().map(lambda text: f"name: {text}".encode())
)
def test_any_task_yaml_gives_a_name_that_fits_or_a_reason(content: bytes) -> None:
    found = heading(content)
    assert len(found.name) <= 100 and len(found.description) <= 1000
    assert found.name == " ".join(found.name.split()) and "\0" not in found.name + found.description
    assert not (found.name and found.problem)


@given(
    st.lists(PLAIN, min_size=1, unique=True),
    st.lists(PLAIN, min_size=1, max_size=4, unique=True),
    st.booleans(),
)
def test_what_is_added_to_an_environment_yml_is_all_that_changes(
    before: list[str], wanted: list[str], is_indented: bool
) -> None:
    indent = "  " * is_indented
    lines = "".join(f"{indent}- {name}  # {name}\n" for name in before)
    text = f"name: x\ndependencies:\n{lines}prefix: y\n"
    after = environment_text.with_pip(text, wanted)
    assert after is not None
    read = yaml.safe_load(after)
    *kept, section = read["dependencies"]
    assert [one for one in kept if one != "pip" or one in before] == before and "pip" in kept
    assert section == {"pip": wanted} and read["prefix"] == "y"
    again = environment_text.with_pip(after, ["another"])
    assert again is not None and yaml.safe_load(again)["dependencies"][-1] == {"pip": [*wanted, "another"]}


@given(
    st.lists(PLAIN, unique=True), st.lists(PLAIN, min_size=1, unique=True), st.sampled_from([" ", "\n    "])
)
def test_what_is_added_to_a_pyproject_toml_is_all_that_changes(
    before: list[str], wanted: list[str], gap: str
) -> None:
    listed = ",".join(f'{gap}"{name}"' for name in before)
    text = f'[project]\nname = "x"\ndependencies = [{listed}]\nversion = "1"\n[tool.x]\na = [1]\n'
    after = environment_text.with_dependencies(text, wanted)
    assert after is not None
    read, old = tomllib.loads(after), tomllib.loads(text)
    assert read["project"].pop("dependencies") == [*before, *wanted]
    old["project"].pop("dependencies")
    assert read == old


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_as_people_write_them_have_no_files_missing_and_no_mistakes(script: str) -> None:
    name = "main.ipynb" if script.startswith("{") else "main.py"
    files = Files(paths=(name,), contents={name: script.encode()})
    findings = [one for one in check(files, [name]) if "import" not in one.message]
    assert findings == [] or "no valid Python" in findings[0].message


@pytest.mark.parametrize(
    "text", ["(" * 5000, "-" * 100_000 + "1", "x" + ".y" * 50_000, "[" * 300 + "]" * 300]
)
def test_code_that_is_nested_beyond_reason_is_not_an_error_of_ours(text: str) -> None:
    files = Files(paths=("main.py",), contents={"main.py": text.encode()})
    check(files, ["main.py"])
    assert SPEC is not None and without_effect(SPEC, files.scripts, "main.py") in ([], ["lr"])
