"""environment.yml is read whole, and every mistake in it gets a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.runtimes.conda_file import CondaFileError, parse

REAL = """
name: dada2
channels:
  - conda-forge
  - bioconda
dependencies:
  - python=3.9
  - r-base>=4.1
  - bioconda::bioconductor-dada2=1.22.0=r41h399db7b_0
  - pip
  - pip:
      - -r requirements.txt
      - coretex
variables:
  OMP_NUM_THREADS: 1
prefix: /home/someone/miniconda3/envs/dada2
"""


def test_a_real_file_is_read_whole_and_its_prefix_ignored() -> None:
    file = parse(REAL)
    assert file.name == "dada2"
    assert file.channels == ("conda-forge", "bioconda")
    assert file.dependencies[2] == "bioconda::bioconductor-dada2=1.22.0=r41h399db7b_0"
    assert file.pip == ("-r requirements.txt", "coretex")
    assert file.variables == {"OMP_NUM_THREADS": "1"}


@pytest.mark.parametrize(
    "text", ["yes", "010", "1.10", "2024-01-05", "1_000", "0x1F", "1e3", "12:30:45", "null", "~", "On", "a b"]
)
def test_a_variable_keeps_its_text(text: str) -> None:
    for written in (text, f"'{text}'", f'"{text}"'):
        assert parse(f"dependencies: []\nvariables:\n  A: {written}\n").variables == {"A": text}


def test_tabs_and_aliases_are_read_as_in_task_yaml() -> None:
    assert parse("dependencies:\n\t- numpy\n").dependencies == ("numpy",)
    assert parse("channels: &x [a]\ndependencies: *x\n").dependencies == ("a",)


def test_an_empty_section_is_fine() -> None:
    file = parse("dependencies:\nchannels:\n")
    assert (file.channels, file.dependencies, file.pip) == ((), (), ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be a mapping with the key dependencies, but is empty"),
        ("- numpy", "but is a list"),
        ("dependencies: numpy", "dependencies must be a list, but is a text"),
        ("dependencies:\n  - numpy: 1.2", "a version is written name=1.2"),
        ("channels: 5\ndependencies: [5]", "channels must be a list, .*but is 5.*one is 5"),
        ("a: [", r"environment.yml:\d:\d: expected"),
        (
            "dependencies: [a]\nname: x\ndependencies: [b]",
            "environment.yml:3: the key dependencies is repeated",
        ),
        ("dependencies:\n  - pip: [a]\n    pip: [b]", "environment.yml:3: the key pip is repeated"),
        ("variables: {A: 1, A: 2}", "the key A is repeated here, first on line 1"),
        ("dependencies: []\nvariables: {A: [1]}", "The variable A must be text, but is a list"),
        ("dependencies: []\nvariables:\n  A:\n", "The variable A must be text, but is empty"),
        ("dependencies: []\nvariables: {A=B: x}", "is not a valid variable name"),
    ],
)
def test_a_wrong_file_gets_a_sentence(text: str, words: str) -> None:
    with pytest.raises(CondaFileError, match=words):
        parse(text)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        parse(text)
    except CondaFileError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: x\ndependancies: [a]\n", "no key dependencies, and dependancies is none that Conda reads"),
        ("requirements: [a]\n", "no key dependencies, and requirements is none"),
        ("dependencies: [python]\npip: [a]\n", "pip is a key of its own, which Conda ignores"),
    ],
)
def test_a_key_beside_which_nothing_would_be_installed_is_a_mistake(text: str, words: str) -> None:
    with pytest.raises(CondaFileError, match=words):
        parse(text)


def test_keys_of_other_tools_are_ignored_beside_dependencies() -> None:
    assert parse("dependencies: [a]\nplatforms: [linux-64]\nauthor: x\n").dependencies == ("a",)
    assert parse("name: x\n").dependencies == ()
