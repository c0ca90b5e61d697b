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
        ("channels: 5\ndependencies: [5]", "channels must be a list, but is 5.*one is 5"),
        ("a: [", r"environment.yml:1:5: this is not valid YAML"),
        ("a: &x [1]\nb: *x", "without YAML aliases"),
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
