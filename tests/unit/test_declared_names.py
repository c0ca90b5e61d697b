"""task.yaml against the scripts: names that only one side knows."""

import re
from pathlib import Path

from tasks.proposals.mismatches import mismatches
from tasks.taskyaml.spec import parse
from tests import code_corpus as corpus
from tests.proposals import proposed, read_names

# task.yaml against the scripts


def warned(spec_text: str, files: dict[str, str] | str) -> list[str]:
    given_files = {"main.py": files} if isinstance(files, str) else files
    spec = parse(spec_text).spec
    assert spec is not None
    return [str(mismatch) for mismatch in mismatches(spec, given_files, list(given_files))]


def declaring(*names: str) -> str:
    return "param_groups:\n- name: inputs\n  params:\n" + "".join(f"  - name: {name}\n" for name in names)


def test_a_name_that_task_yaml_lacks_is_warned_of_and_the_typo_is_named() -> None:
    assert warned(declaring("lr", "step", "seed"), corpus.ONE_LINER) == [
        'main.py:3:1: warning: main.py reads the parameter "steps", which task.yaml lacks, '
        'so it always gets 100; did you mean "step"?',
        'task.yaml:5:5: warning: step: no script reads this parameter; "steps" is read instead',
    ]


def test_nothing_is_said_when_all_agree() -> None:
    for source in (corpus.PLAIN, corpus.ONE_LINER, corpus.PLATFORM):
        assert warned(proposed(source).text.replace("unused", "rate2"), source)[1:] == []
    assert warned(declaring("lr", "steps", "seed"), corpus.ONE_LINER) == []


def test_nobody_is_said_not_to_read_while_names_are_dynamic_or_nothing_is_read() -> None:
    load = 'import json, os\np = json.load(open(os.environ["CORETEX_PARAMETERS"]))\nprint(p["a"])\n'
    assert len(warned(declaring("a", "b"), load)) == 1
    for line in ("train(**p)", "for n in p: print(p[n])", "print(p[name])", "other(p)"):
        assert warned(declaring("a", "b"), load + line) == [], line
    assert warned(declaring("a", "b"), "print(1)") == []
    assert warned(declaring("a", "b"), {"main.py": load, "broken.py": "def ("})[0].startswith("task.yaml:5:5")
    assert warned(declaring("a", "b"), {"main.py": "import broken\n" + load, "broken.py": "def ("}) == []


def test_options_that_nothing_fills_are_warned_of_until_the_launcher_is_there() -> None:
    proposal = proposed(corpus.TRAINING)
    assert warned(proposal.text, corpus.TRAINING) == [
        'main.py:17:1: warning: main.py takes "data_dir", "model", "workers", … from the command line '
        "and never reads the parameters, so the values in the form have no effect"
    ]
    launcher = proposal.launchers[0]
    assert warned(proposal.text, {"main.py": corpus.TRAINING, launcher.path: launcher.text}) == []


def test_options_that_the_parameters_fill_are_read() -> None:
    assert warned(declaring("lr", "name", "more"), corpus.FILLED) == []
    assert warned(declaring("lr", "nam"), corpus.FILLED) == [
        'main.py:4:1: warning: main.py requires the option "name", which task.yaml lacks',
        'task.yaml:5:5: warning: nam: no script reads this parameter; "name" is read instead',
    ]


def test_every_template_agrees_with_its_own_task_yaml() -> None:
    library = Path(__file__).parents[2] / "tasks" / "templates_library"
    for folder in sorted(path for path in library.iterdir() if (path / "task.yaml").exists()):
        paths = [path for path in folder.rglob("*") if path.suffix in (".py", ".R", ".sh", ".ipynb")]
        files = {path.relative_to(folder).as_posix(): path.read_text() for path in paths}
        spec = parse((folder / "task.yaml").read_text()).spec
        entry = [path for path in files if path.startswith("main.")]
        assert [str(mismatch) for mismatch in mismatches(spec, files, entry)] == [], folder.name


def test_the_lines_of_the_documentation_are_understood() -> None:
    text = (Path(__file__).parents[2] / "docs" / "scripts.md").read_text()
    for language, path in (("python", "main.py"), ("r", "main.R"), ("bash", "main.sh")):
        first = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
        assert first is not None and read_names(first[1], path) == {"learningRate"}
