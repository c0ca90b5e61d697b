"""A proposal for any text that may be called a script: it never raises and never hangs."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.proposals.mismatches import mismatches
from tasks.taskyaml.spec import TaskSpec
from tasks.types.parameters import TYPES
from tests.proposals import proposed, spec_of

# Whatever the text


@given(st.text(), st.sampled_from(["main.py", "main.R", "main.sh", "main.ipynb", "sub/main.py"]))
def test_no_text_raises(text: str, path: str) -> None:
    spec_of(proposed({path: text}))
    mismatches(TaskSpec(), {path: text}, [path])


PIECES = [
    "import argparse, json, os, click\n", "p = argparse.ArgumentParser()\n", "p.add_argument(", ")", "(",
    '"--x"', "parameters", '["x"]', "$x", ".get(", "jq -r ", '"$CORETEX_PARAMETERS"', "fromJSON(", "\n", " ",
    'Sys.getenv("CORETEX_PARAMETERS")', ", ", "type=int", "default=", "-1", "1e400", "'\\ud800'", "'\\x00'",
    "choices=", "[1, 'a', None]", "=", "@click.option(", "def f(parameters):\n    ", "return parameters",
    "json.load(open(os.environ['CORETEX_PARAMETERS']))", "**", "*", "{", "}", "lambda x: ", "nargs=", "'+'",
    "# ", "help=", "'''", "action=", "'store_true'", "f'{x}'",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from(["main.py", "main.R", "main.sh"]))
def test_no_code_like_text_raises(pieces: list[str], path: str) -> None:
    text = "".join(pieces)
    proposal = proposed({path: text})
    mismatches(spec_of(proposal), {path: text}, [path])


NAMES = st.from_regex(r"[a-z][a-z_]{0,10}", fullmatch=True)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


OPTION = st.one_of(
    st.tuples(st.just("int"), st.integers(-(10**20), 10**20)),
    st.tuples(st.just("float"), st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just("str"), TEXTS.filter(lambda text: "\0" not in text)),
    st.tuples(st.just("bool"), st.booleans()),
    st.tuples(st.just("list[int]"), st.lists(st.integers(-99, 99), max_size=4)),
    st.tuples(st.just("list[str]"), st.lists(TEXTS.filter(lambda text: "\0" not in text), max_size=3)),
    st.tuples(st.just("enum"), st.lists(NAMES, min_size=1, max_size=4, unique=True)),
)


def written(name: str, data_type: str, value: Any, description: str) -> str:
    help_text = f"help={description.replace('%', '%%')!r}"
    if data_type == "enum":
        return f"p.add_argument('--{name}', choices={value!r}, default={value[-1]!r}, {help_text})\n"
    if data_type == "bool":
        action = "store_false" if value else "store_true"
        return f"p.add_argument('--{name}', action={action!r}, {help_text})\n"
    kind = data_type.removeprefix("list[").removesuffix("]")
    nargs = "nargs='*', " if data_type.startswith("list") else ""
    return f"p.add_argument('--{name}', type={kind}, {nargs}default={value!r}, {help_text})\n"


@example({"a": (("int", 0), "None"), "b": (("str", "089"), "0E0")})
@given(st.dictionaries(NAMES, st.tuples(OPTION, TEXTS), max_size=6))
def test_written_options_come_back_as_they_were(declared: dict[str, tuple[tuple[str, Any], str]]) -> None:
    body = "".join(written(name, *option, text) for name, (option, text) in declared.items())
    source = f"import argparse\np = argparse.ArgumentParser()\n{body}args = p.parse_args()\n"
    spec = spec_of(proposed(source))
    assert [parameter.name for parameter in spec.parameters] == list(declared)
    for parameter in spec.parameters:
        (data_type, value), _ = declared[parameter.name]
        expected = {"selected": len(value) - 1, "options": value} if data_type == "enum" else value
        assert (parameter.data_type, parameter.value) == (data_type, expected)
        assert type(parameter.value) is type(expected)
        assert not TYPES[parameter.data_type].problems(parameter.value)


def test_code_made_to_hang_or_overflow_is_read_at_once() -> None:
    doubled = "a0 = [1]\n" + "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(60))
    sources = {
        "deep.py": "x = " + "(" * 5000 + ")" * 5000,
        "chain.py": "parameters" + "[0]" * 3000 + "\nimport argparse\n" + "x = " + "1 + " * 3000 + "1",
        "bomb.py": f"import argparse\n{doubled}argparse.ArgumentParser().add_argument('--x', default=a60)",
        "many.py": "import argparse\np = argparse.ArgumentParser()\n"
        + "".join(f"p.add_argument('--x{n}', default='{'y' * 100}')\n" for n in range(3000)),
        "blank.sh": "CORETEX_PARAMETERS" + "\n" * 300_000,
        "line.R": "CORETEX_PARAMETERS a=" * 20_000,
        "space.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": " " * 300_000 + "x"}]}),
        "enum.py": "import argparse, enum\nclass M(enum.Enum):\n"
        + "".join(f"    M{n} = other.M{n}\n" for n in range(50))
        + "argparse.ArgumentParser().add_argument('--x', choices=sorted({**A, **B}), default=M.M1)",
        "help.py": f"import argparse\nargparse.ArgumentParser().add_argument('--x', help='{' ' * 100_000}')",
    }
    for path, text in sources.items():
        spec = spec_of(proposed({path: text}))
        mismatches(spec, {path: text}, [path])


@pytest.mark.parametrize(
    ("count", "option"),
    [
        (150, "type=int, nargs='+', default=" + str(list(range(100)))),
        (200, "default='" + "é" * 1000 + "'"),
    ],
)
def test_what_is_proposed_for_very_many_options_can_be_read(count: int, option: str) -> None:
    options = "".join(f"p.add_argument('--option-{place}', {option})\n" for place in range(count))
    found = proposed(f"import argparse\np = argparse.ArgumentParser()\n{options}a = p.parse_args()\n")
    declared = spec_of(found).parameters
    assert 50 < len(declared) == len(found.parameters) < count
    assert f"Only the first {len(declared)} of {count} parameters fit into a task.yaml." in found.notes
