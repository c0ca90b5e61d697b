"""What a Task's code suggests, from the files as they are now."""

import pytest

from projects.models import Project
from tasks.proposals import suggestions
from tasks.taskyaml.spec import parse
from tests import code_corpus as corpus
from tests.small_tasks import make_task, write

URL = "https://example.org/task.schema.json"

pytestmark = pytest.mark.django_db


def test_a_task_without_task_yaml_gets_a_proposal_until_it_has_one(project: Project) -> None:
    task = make_task(
        project, {"train.py": corpus.TRAINING, "notes.txt": "nothing", "test_train.py": "print(1)"}
    )
    proposal = suggestions.suggest(task, schema_url=URL)
    assert proposal is not None and len(proposal.parameters) == 16
    assert suggestions.warnings(task) == []
    write(task, {"task.yaml": proposal.text})
    assert suggestions.suggest(task, schema_url=URL) is None
    (warning,) = suggestions.warnings(task)
    assert warning.path == "train.py" and "have no effect" in warning.message
    (launcher,) = proposal.launchers
    write(task, {launcher.path: launcher.text})
    assert suggestions.warnings(task) == []
    files = {"a.py": "print(1)", "train.py": "print(2)", launcher.path: launcher.text}
    assert suggestions.entry_scripts(files) == ["train.py"]


def test_other_scripts_that_are_made_to_be_run_are_looked_at_too(project: Project) -> None:
    guarded = corpus.ONE_LINER + 'if __name__ == "__main__":\n    pass\n'
    files = {
        "main.py": "print(1)",
        "other.py": guarded,
        "helper.py": corpus.ONE_LINER,
        "sub/deep.py": guarded,
    }
    task = make_task(project, files)
    proposal = suggestions.suggest(task, schema_url=URL)
    assert proposal is not None
    assert {parameter.place.path for parameter in proposal.parameters} == {"other.py"}


def test_nothing_is_suggested_without_parameters_or_with_a_broken_task_yaml(project: Project) -> None:
    task = make_task(project, {"main.py": "print(1)"})
    assert suggestions.suggest(task, schema_url=URL) is None
    write(task, {"task.yaml": "param_groups: 5", "main.py": corpus.ONE_LINER})
    assert suggestions.warnings(task) == [] and parse("param_groups: 5").errors


def test_files_beyond_the_limits_are_left_out(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task(project, {"main.py": corpus.ONE_LINER, "b.py": "x" * 500, "c.py": "y"})
    monkeypatch.setattr(suggestions, "MAX_BYTES", 400)
    assert list(suggestions.read_scripts(task)) == ["main.py", "c.py"]
    monkeypatch.setattr(suggestions, "MAX_FILES", 1)
    assert list(suggestions.read_scripts(task)) == ["main.py"]
