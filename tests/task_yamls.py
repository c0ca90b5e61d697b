"""Texts of task.yaml with one parameter, and what is read of them."""

from typing import Any

from tasks.taskyaml.spec import TaskSpec, parse

GROUP = "param_groups:\n- name: g\n  params:\n"


def one(text: str) -> str:
    """A file with one parameter named p, whose other keys begin on line 5 at column 5."""
    return f"{GROUP}  - name: p\n" + "".join(f"    {line}\n" for line in text.splitlines())


def problems(source: str | bytes) -> list[str]:
    return [str(problem) for problem in parse(source).problems]


def read(source: str | bytes) -> TaskSpec:
    parsed = parse(source)
    assert parsed.spec is not None, problems(source)
    return parsed.spec


def default(text: str) -> Any:
    return read(one(text)).defaults()["p"]
