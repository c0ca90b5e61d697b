"""Lists that a tool printed become ones that can be read, by one click."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.runtimes.conda_file import parse
from tasks.environment_files import Fix
from tasks.list_fixes import as_environment, as_requirements, offered, without_builds
from tasks.runtime import find_runtime

EXPORT = """\
name: x
channels: [lab]
dependencies:
  - hello=1.2=hMAC_9
  - lab::tool=2.0=py37_0  # why
  - "quoted==3.1=0"
  - python=3.7
  - numpy>=1.2
  - pip:
    - six==1.16.0
prefix: /opt/envs/x
"""
CONDA_LIST = """\
# packages in environment at /opt/conda/envs/x:
#
# Name                    Version                   Build  Channel
numpy                     1.26.4          py311h64a7726_0    conda-forge
python                    3.11.7          hab00c5b_1_cpython    conda-forge
six                       1.16.0                   pypi_0    pypi
zlib                      1.2.13               h5eee18b_0
"""
CONDA_EXPORT = """\
# This file may be used to create an environment using:
# $ conda create --name <env> --file <this file>
# platform: linux-64
numpy=1.26.4=py311h64a7726_0
six=1.16.0=pypi_0
"""
EXPLICIT = """\
# platform: linux-64
@EXPLICIT
https://mirror.example.org/conda/lab/linux-64/numpy-1.26.4-py311h64a7726_0.conda#0123456789abcdef
https://mirror.example.org/conda/lab/noarch/r-base-4.3.1-h1_2.tar.bz2
"""
PIP_LIST = """\
Package    Version Editable project location
---------- ------- -------------------------
numpy      1.26.4
mine       0.1     /home/someone/mine
six        1.16.0
"""
FREEZE = """\
# frozen
numpy @ file:///home/conda/feedstock_root/build_artifacts/numpy_1700/work
six @ file:///croot/six-1.16.0-py2.py3-none-any.whl#sha256=0a
requests==2.31.0
"""


def fixes(name: str, text: str) -> tuple[Fix, ...]:
    return offered(find_runtime([name], platform="linux"), lambda path: text)


def test_builds_are_left_out_and_everything_else_stays() -> None:
    changed = without_builds(EXPORT)
    assert changed == EXPORT.replace("=hMAC_9", "").replace("=py37_0", "").replace('=0"', '"')
    assert parse(changed).dependencies == (
        "hello=1.2", "lab::tool=2.0", "quoted==3.1", "python=3.7", "numpy>=1.2",
    )  # fmt: skip
    (fix,) = fixes("environment.yml", EXPORT)
    assert (fix.action, fix.target, fix.label, fix.text) == (
        "replace", "environment.yml", "Try without builds", changed,
    )  # fmt: skip
    assert fixes("environment.yml", changed) == ()


@pytest.mark.parametrize(
    ("text", "dependencies", "pip", "channels"),
    [
        (
            CONDA_LIST,
            ("numpy=1.26.4", "python=3.11.7", "zlib=1.2.13", "pip"),
            ("six==1.16.0",),
            ("conda-forge",),
        ),
        (CONDA_EXPORT, ("numpy=1.26.4", "pip"), ("six==1.16.0",), ()),
        (EXPLICIT, ("numpy=1.26.4", "r-base=4.3.1"), (), ("https://mirror.example.org/conda/lab",)),
    ],
)
def test_a_list_of_conda_becomes_environment_yml(
    text: str, dependencies: tuple[str, ...], pip: tuple[str, ...], channels: tuple[str, ...]
) -> None:
    found = parse(as_environment(text))
    assert (found.dependencies, found.pip, found.channels) == (dependencies, pip, channels)
    (fix,) = fixes("requirements.txt", text)
    assert (fix.action, fix.target) == ("create", "environment.yml")


def test_a_list_of_pip_becomes_requirements() -> None:
    assert as_requirements(PIP_LIST) == "numpy==1.26.4\nsix==1.16.0\n"
    assert as_requirements(FREEZE) == "# frozen\nnumpy\nsix==1.16.0\nrequests==2.31.0\n"
    (fix,) = fixes("requirements.txt", FREEZE)
    assert fix.label == "Replace requirements.txt by the names and versions in it"


def test_packages_of_other_systems_get_a_condition() -> None:
    text = "pywin32==306\r\nnumpy==1.26  # why\r\nPyWinPTY==2.0 # why\nwmi; sys_platform == 'win32'\n"
    (fix,) = fixes("requirements.txt", text)
    assert fix.text == (
        "pywin32==306 ; sys_platform == 'win32'\r\nnumpy==1.26  # why\r\n"
        "PyWinPTY==2.0 ; sys_platform == 'win32'  # why\nwmi; sys_platform == 'win32'\n"
    )
    assert fix.label == "Leave packages for other systems out of requirements.txt on this one"
    assert fixes("requirements.txt", fix.text) == ()


def test_an_environment_of_conda_in_requirements_txt_becomes_environment_yml() -> None:
    text = "name: x\nchannels:\n  - lab\ndependencies:\n  - numpy\n"
    (fix,) = fixes("requirements.txt", text)
    assert (fix.action, fix.target, fix.text) == ("create", "environment.yml", text)


@pytest.mark.parametrize(
    "text", ["", "numpy\n", "numpy==1.2\nsix>=1\n", "-r more.txt\n", "alpha @ git+https://x/y"]
)
def test_a_list_that_can_be_read_is_left_alone(text: str) -> None:
    assert fixes("requirements.txt", text) == ()
    assert offered(find_runtime([], platform="linux"), lambda path: text) == ()


@given(st.text(max_size=120))
def test_no_text_breaks_it(text: str) -> None:
    as_environment(text)
    as_requirements(text)
    assert without_builds(without_builds(text)) == without_builds(text)
