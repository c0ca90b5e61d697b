"""Packages that scripts import and nothing installs: what is found, and what is not."""

import json
from collections.abc import Mapping

import pytest

from tasks.preflight import environment_text, names
from tasks.preflight.check import check
from tasks.preflight.files import Files
from tasks.preflight.findings import Finding

CONDA = (
    "name: x\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - numpy  # fast\n\n# the end\n"
)


def found(files: Mapping[str, str | bytes], script: str = "main.py", **given: object) -> tuple[Finding, ...]:
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return check(Files(paths=tuple(contents), contents=contents), [script], **given)


def only(files: Mapping[str, str | bytes], script: str = "main.py", **given: object) -> Finding:
    (one,) = found(files, script, **given)
    return one


def notebook(*cells: str, **metadata: object) -> str:
    made = [{"cell_type": "code", "source": text.splitlines(keepends=True)} for text in cells]
    return json.dumps({"cells": made, "metadata": metadata})


def test_without_a_list_every_package_is_proposed_by_the_name_it_has_on_pypi() -> None:
    one = only({"main.py": "import pandas as pd\nfrom PIL import Image\nimport cv2, yaml\n"})
    assert one.is_error and str(one.place) == "main.py:1"
    assert one.message == (
        "main.py imports cv2 (opencv-python-headless), pandas, PIL (pillow) and yaml (pyyaml), and nothing "
        "installs them: there is no requirements.txt."
    )
    (fix,) = one.fixes
    assert (fix.target, fix.text) == ("requirements.txt", "opencv-python-headless\npandas\npillow\npyyaml\n")


def test_modules_that_the_script_imports_are_read_too() -> None:
    files = {
        "main.py": "import helper\n",
        "helper.py": "from lib import x\n",
        "lib/__init__.py": "import torch\n",
    }
    assert only(files).message.startswith("lib/__init__.py imports torch")


@pytest.mark.parametrize(
    "files",
    [
        {"main.py": "import os, json, tomllib\n"},
        {"main.py": "import helper, pkg.mod, src.x\n", "helper.py": "", "pkg/mod.py": "", "src/x.py": ""},
        {"main.py": "try:\n    import torch\nexcept ImportError:\n    torch = None\n"},
        {"main.py": "try:\n    import tomllib\nexcept ModuleNotFoundError:\n    import tomli as tomllib\n"},
        {"main.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\n"},
        {"main.py": "import sys\nif sys.platform == 'win32':\n    import win32api\n"},
        {"main.py": "from contextlib import suppress\nwith suppress(ImportError):\n    import torch\n"},
        {"main.py": "from importlib.util import find_spec\nif find_spec('torch'):\n    import torch\n"},
        {"main.py": "if False:\n    import torch\n"},
        {"main.py": "import numpy, dateutil\n", "requirements.txt": "pandas>=2\n"},
        {
            "main.py": "import sklearn, joblib, scipy\n",
            "requirements.txt": "scikit_learn[all]==1.5 ; python_version>'3'\n",
        },
        {"main.py": "import cv2\n", "requirements.txt": "opencv-contrib-python\n"},
        {"main.py": "import pandas\n", "requirements.txt": "-r more/base.txt\n", "more/base.txt": "pandas\n"},
        {"main.py": "import anything\n", "requirements.txt": "./wheels/local-1.0-py3-none-any.whl\n"},
        {"main.py": "import anything\n", "requirements.txt": "git+https://example.org/x.git#egg=x\n"},
        {"main.py": "import anything\n", "requirements.txt": "-e .\n"},
        {"main.py": "import anything\n", "requirements.txt": "some-lab-tools\n"},
        {"main.py": "import pandas\n", "requirements.txt": "-r elsewhere.txt\n"},
        {"main.py": "import pandas\n", "requirements.txt": "pandas\n".encode("utf-16")},
        {"main.py": "import torch, yaml\n", "environment.yml": "dependencies: [python, pytorch, pyyaml]\n"},
        {"main.py": "import yaml\n", "environment.yml": "dependencies:\n- pip\n- pip:\n  - PyYAML\n"},
        {"main.py": "import pandas, scipy\n", "environment.yml": "dependencies: [anaconda]\n"},
        {"main.py": "# /// script\n# dependencies = ['pandas']\n# ///\nimport pandas\n"},
        {
            "main.py": "import pandas\n",
            "pyproject.toml": "[project]\nname='x'\nversion='1'\ndependencies=['pandas']\n",
        },
        {"main.py": "import os\nos.system('pip install x')\nimport x\n"},
        {
            "main.py": "from azure.somewhere import x\nimport opentelemetry.trace\n",
            "requirements.txt": "azure-thing\n",
        },
        {"main.py": "from google.cloud import storage\n", "requirements.txt": "google-cloud-storage\n"},
    ],
)
def test_nothing_is_said_of_what_is_there_or_cannot_be_known(files: dict[str, str | bytes]) -> None:
    assert found(files) == ()


def test_what_a_list_lacks_is_an_error_if_all_it_brings_is_known_and_else_a_warning() -> None:
    sure = only({"main.py": "import yaml\n", "requirements.txt": "pandas\r\nnumpy"})
    assert (
        sure.is_error
        and sure.message == "main.py imports yaml (pyyaml), which requirements.txt does not list."
    )
    assert sure.fixes[0].text == "pandas\r\nnumpy\r\npyyaml\r\n"
    unsure = only({"main.py": "import seaborn\n", "requirements.txt": "some-lab-tools\n"})
    assert not unsure.is_error and unsure.message.endswith(
        "Unless another package brings it, the script ends there."
    )


def test_the_packages_of_an_environment_that_was_built_decide() -> None:
    files = {"main.py": "import numpy, yaml\n", "requirements.txt": "some-lab-tools\n"}
    one = only(files, exactly=frozenset({"some-lab-tools", "numpy"}))
    assert (
        one.is_error and one.message == "main.py imports yaml (pyyaml), which requirements.txt does not list."
    )
    assert found(files, exactly=frozenset({"some-lab-tools", "numpy", "pyyaml"})) == ()


def test_imports_in_functions_are_less_sure() -> None:
    one = only({"main.py": "def plot():\n    import matplotlib.pyplot as plt\n"})
    assert not one.is_error and one.message.startswith("main.py imports matplotlib, and nothing installs it")


def test_a_failed_import_that_ends_the_script_is_no_guard() -> None:
    code = "try:\n    import torch\nexcept ImportError:\n    raise SystemExit('install torch')\n"
    assert only({"main.py": code}).is_error


def test_a_name_that_nobody_knows_is_said_and_not_proposed() -> None:
    one = only({"main.py": "import our_private_helpers\n"})
    assert one.is_error and one.fixes == ()
    assert "neither a file of the Task nor a package that is known here" in one.message


def test_a_name_that_nobody_knows_is_only_a_warning_where_something_is_listed() -> None:
    one = only({"main.py": "import our_private_helpers\n", "requirements.txt": "pandas\n"})
    assert not one.is_error and "which is neither a file of the Task nor a package" in one.message
    assert found({"main.py": "import sklearnex\n", "requirements.txt": "scikit-learn-intelex\n"}) == ()


def test_what_only_notebooks_understand_does_not_hide_their_imports() -> None:
    cells = notebook("import torch\ntorch.save?\n?torch\n%matplotlib inline\nx = !ls")
    assert "main.ipynb imports torch" in only({"main.ipynb": cells}, "main.ipynb").message


def test_notebooks_have_ipython_and_may_install_packages_themselves() -> None:
    cells = notebook(
        "%pip install -q 'seaborn>=0.13' pyyaml", "import seaborn, yaml, IPython\nimport torch\n"
    )
    one = only({"main.ipynb": cells}, "main.ipynb")
    assert str(one.place) == "main.ipynb, cell 2, line 2" and "imports torch" in one.message
    assert found({"main.ipynb": notebook("!pip install -r r.txt", "import torch")}, "main.ipynb") == ()
    in_r = notebook("library(x)", kernelspec={"language": "R"})
    assert found({"main.ipynb": in_r}, "main.ipynb") == ()


def test_a_list_that_is_not_read_is_mended_instead() -> None:
    error, warning = found({"main.py": "import pandas\n", "reqs.txt": "pandas\n"})
    assert error.fixes == () and "imports pandas" in error.message
    assert warning.message.startswith("reqs.txt is not read") and warning.fixes[0].action == "rename"


def test_packages_are_added_to_the_pip_section_of_an_environment_yml() -> None:
    one = only({"main.py": "import pandas\n", "environment.yml": CONDA})
    assert one.message == "main.py imports pandas, which environment.yml does not list."
    assert one.fixes[0].text == CONDA.replace("fast\n", "fast\n  - pip\n  - pip:\n      - pandas\n")
    with_pip = "dependencies:\n- pip\n- pip:\n  - numpy\n- scipy"
    one = only({"main.py": "import pandas\n", "environment.yml": with_pip})
    assert one.fixes[0].text == "dependencies:\n- pip\n- pip:\n  - numpy\n  - pandas\n- scipy"
    assert only({"main.py": "import pandas\n", "environment.yml": "dependencies: [numpy]\n"}).fixes == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('dependencies = ["pandas"]', 'dependencies = ["pandas", "pyyaml"]'),
        ('dependencies = ["pandas",]', 'dependencies = ["pandas", "pyyaml"]'),
        ('dependencies = [\n    "pandas"\n]', 'dependencies = [\n    "pandas",\n    "pyyaml"\n]'),
        ('dependencies = [ "pandas" ] # all', 'dependencies = [ "pandas", "pyyaml" ] # all'),
    ],
)
def test_packages_are_added_to_the_dependencies_of_a_pyproject_toml(before: str, after: str) -> None:
    text = "[project]\nname = 'x'\nversion = '1'\n{}\n[tool.black]\nline-length = 1\n"
    one = only({"main.py": "import yaml\n", "pyproject.toml": text.format(before)})
    assert one.fixes[0].text == text.format(after)


def test_a_lock_file_is_complete_and_left_alone() -> None:
    files = {
        "main.py": "import pandas, numpy, yaml\n",
        "pyproject.toml": "[project]\nname='x'\nversion='1'\ndependencies=['pandas']\n",
        "uv.lock": '[[package]]\nname = "pandas"\n[[package]]\nname = "numpy"\n',
    }
    one = only(files)
    assert "imports yaml (pyyaml), which pyproject.toml does not list" in one.message and one.fixes == ()


def test_r_packages_come_from_environment_yml() -> None:
    script = (
        "library(stats)\nlibrary(dplyr)\n# library(none)\nx <- DESeq2::DESeq(1)\nif (!require(y)) stop()\n"
    )
    one = only({"main.R": script}, "main.R")
    assert not one.is_error and one.message.startswith(
        "main.R loads dplyr and DESeq2, and R comes without them"
    )
    assert one.fixes[0].text == (
        "channels:\n  - conda-forge\n  - bioconda\n"
        "dependencies:\n  - r-base\n  - bioconductor-deseq2\n  - r-dplyr\n"
    )
    listed = "channels:\n  - conda-forge\ndependencies:\n  - r-base\n  - r-tidyverse\n"
    assert found({"main.R": "library(dplyr)\n", "environment.yml": listed}, "main.R") == ()
    lacking = only({"main.R": "library(Seurat)\n", "environment.yml": listed}, "main.R")
    assert lacking.fixes[0].text == listed + "  - r-seurat\n"
    assert found({"main.R": "install.packages('x')\nlibrary(x)\n"}, "main.R") == ()


def test_flow_lists_and_broken_files_are_not_added_to() -> None:
    for text in ("dependencies: [a]\n", "dependencies: 5\n", "- 1\n", "a: [\n", "", "dependencies:\n"):
        assert environment_text.with_pip(text, ["x"]) is None
    assert environment_text.with_dependencies("[project\n", ["x"]) is None


def test_the_kept_names_are_in_order_and_of_one_kind() -> None:
    assert names.distributions("sklearn.svm")[0] == "scikit-learn"
    assert names.distributions("Bio.Seq") == ("biopython",)
    assert names.distributions("google.protobuf.text_format") == ("protobuf",)
    assert names.distributions("utils") == () == names.distributions("config")
    assert names.of_conda("pytorch") == "torch"
    everything, unknown = names.brought_by(["scanpy", "pandas", "no-such"])
    assert {"numpy", "anndata", "six"} <= everything and unknown == {"no-such"}


def test_a_requirements_txt_that_another_tool_printed_is_turned_into_one_that_can_be_read() -> None:
    printed = "# platform: linux-64\nnumpy=1.26.4=py311h64a7726_0\npandas=2.2.1=py311h320fe9a_0\n"
    one = only({"main.py": "import numpy\n", "requirements.txt": printed})
    assert (
        one.is_error
        and one.message == "requirements.txt is a list that Conda printed, which pip cannot read."
    )
    assert one.fixes[0].target == "environment.yml"
    named = "numpy @ file:///home/conda/feedstock_root/work/dist/numpy-1.26.4-cp311-linux_x86_64.whl\n"
    one = only({"main.py": "import numpy\n", "requirements.txt": named})
    assert one.message == "requirements.txt names files of the computer on which it was printed."
    assert one.fixes[0].text == "numpy==1.26.4\n"
