"""Which files of a Task an environment is built from: all that a build may read, and nothing else."""

from pathlib import Path

import pytest

from runs.runtimes.local_inputs import LocalInputs
from runs.runtimes.requirement_files import Lists, collect, read
from runs.runtimes.uv_tables import is_local, relevant
from tasks.project_tables import project
from tests.wheels import make_wheel

PROJECT = '[project]\nname = "mine"\nversion = "1"\ndependencies = ["alpha"]\n'


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def digest(folder: Path, *, editable: bool = False) -> str:
    return LocalInputs(folder=folder, known={}).project(editable=editable)


@pytest.mark.parametrize(
    ("name", "build_file", "counts"),
    [
        ("README.md", "", False),
        ("NOTES.rst", "", False),
        ("README.md", 'readme = "README.md"\n', True),
        ("CHANGES.md", "# MANIFEST\ninclude *.md\n", True),
        ("task.yaml", "", False),
        ("src/mine/README.md", "", True),
        ("main.py", "", True),
        ("requirements.txt", "", True),
        ("data.bin", "", True),
        ("LICENSE", "", True),
    ],
)
def test_what_a_build_may_read_counts(tmp_path: Path, name: str, build_file: str, counts: bool) -> None:
    write(tmp_path, {"setup.cfg": build_file, name: "before"})
    before = digest(tmp_path)
    write(tmp_path, {name: "after"})
    assert (digest(tmp_path) != before) is counts


def test_an_editable_project_is_imported_beside_task_yaml(tmp_path: Path) -> None:
    write(tmp_path, {"task.yaml": "before", "README.md": "before"})
    before = digest(tmp_path, editable=True)
    write(tmp_path, {"README.md": "after"})
    assert digest(tmp_path, editable=True) == before
    write(tmp_path, {"task.yaml": "after"})
    assert digest(tmp_path, editable=True) != before


def test_of_a_folder_of_wheels_the_archives_count_with_their_names(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "wheels", "alpha")
    lists = Lists(wheelhouses=["wheels"])
    inputs = LocalInputs(folder=tmp_path, known={})
    before = inputs.digests(lists)
    write(tmp_path, {"wheels/README.md": "words", "other.txt": "x"})
    assert inputs.digests(lists) == before
    make_wheel(tmp_path / "wheels", "beta")
    assert inputs.digests(lists) != before
    known = LocalInputs(folder=tmp_path, known={f"wheels/{wheel.name}": "0" * 64})
    assert "0" * 64 in known.digests(lists)[0][1]


def test_a_digest_that_is_known_is_not_computed(tmp_path: Path) -> None:
    write(tmp_path, {"pkg/a.py": "x", "pkg/b.py": "y"})
    lists = Lists(local=["pkg"])
    first = LocalInputs(folder=tmp_path, known={"pkg/a.py": "1"}).digests(lists)
    (tmp_path / "pkg" / "a.py").write_text("changed, and nobody looks")
    assert LocalInputs(folder=tmp_path, known={"pkg/a.py": "1"}).digests(lists) == first
    assert LocalInputs(folder=tmp_path, known={}).digests(lists) != first


@pytest.mark.parametrize(
    ("more", "lock", "is_so"),
    [
        ("", None, False),
        ('[build-system]\nrequires = ["setuptools"]\n', None, True),
        ('[tool.uv.sources]\nalpha = { path = "libs/alpha" }\n', None, True),
        ("[tool.uv.sources]\nalpha = { workspace = true }\n", None, True),
        ('[tool.uv.sources]\nalpha = [{ git = "https://x/a.git" }]\n', None, False),
        ('[tool.uv]\nfind-links = ["./wheels"]\n', None, True),
        ('[[tool.uv.index]]\nurl = "https://x/simple"\n', None, False),
        ('[[tool.uv.index]]\nurl = "./simple"\n', None, True),
        ("", 'source = { virtual = "." }\nsource = { registry = "https://x/simple" }\n', False),
        ("", 'source = { registry = "wheels" }\n', True),
        ("", 'source = { editable = "libs/alpha" }\n', True),
    ],
)
def test_a_project_may_be_built_from_files_beside_its_table(more: str, lock: str | None, is_so: bool) -> None:
    assert is_local(project(PROJECT + more), lock) is is_so


def test_only_what_a_build_reads_of_pyproject_toml_counts() -> None:
    plain, ruff = project(PROJECT), project(PROJECT + "[tool.ruff]\nline-length = 100\n")
    assert relevant(plain) == relevant(ruff)
    assert relevant(plain) != relevant(project(PROJECT + "[tool.uv]\nno-index = true\n"))


def test_a_wheel_elsewhere_on_the_node_counts_by_its_content(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "srv", "alpha")
    task = tmp_path / "task"
    write(task, {"requirements.txt": f"alpha @ {wheel.as_uri()}\n{wheel}\n"})
    lists = collect(task, read(task, "requirements.txt"), variables={})
    before = LocalInputs(folder=task, known={}).digests(lists)
    make_wheel(tmp_path / "srv", "alpha", requires=("beta",))
    assert LocalInputs(folder=task, known={}).digests(lists) != before
