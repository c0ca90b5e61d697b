"""check_task on real folders."""

import json
from io import StringIO
from pathlib import Path

from django.core.management import call_command

TASK = "param_groups:\n- name: g\n  params:\n  - name: epochs\n    value: 5\n    required: true\n"


def folder(tmp_path: Path, **files: str) -> str:
    for name, content in files.items():
        path = tmp_path / name.replace("__", ".").replace("_in_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return str(tmp_path)


def check(*arguments: str) -> tuple[int, str]:
    output = StringIO()
    try:
        call_command("check_task", *arguments, stdout=output)
    except SystemExit as ended:
        return ended.code, output.getvalue()
    return 0, output.getvalue()


def test_a_good_folder_is_ok_with_runtime_scripts_and_parameters(tmp_path: Path) -> None:
    path = folder(tmp_path, main__py="", lib_in_train__py="", requirements__txt="", task__yaml=TASK)
    assert check(path) == (
        0,
        f"{path}: ok\n  runtime: venv, because there is requirements.txt.\n  entry script: main.py\n"
        "  entry script: lib/train.py\n  parameter: epochs (int, required) = 5\n",
    )


def test_a_folder_without_task_yaml_has_no_parameters(tmp_path: Path) -> None:
    code, output = check(folder(tmp_path, main__py=""))
    assert code == 0
    assert ": ok\n" in output
    assert "parameter" not in output


def test_mistakes_are_said_with_file_line_and_column(tmp_path: Path) -> None:
    text = TASK.replace("value: 5", "value: x\n    data_type: int\n    data_byte: 1")
    path = folder(tmp_path, main__py="", task__yaml=text)
    code, output = check(path)
    assert code == 1
    assert output.splitlines()[0] == (
        f'{path}/task.yaml:5:12: error: epochs: expected an int, found the text "x"'
    )
    assert output.splitlines()[1].startswith(f"{path}/task.yaml:7:5: warning: epochs: unknown key")
    assert ": ok" not in output


def test_a_folder_without_an_entry_script_cannot_be_run(tmp_path: Path) -> None:
    code, output = check(folder(tmp_path, task__yaml=TASK))
    assert code == 1
    assert (
        "error: expected an entry script (.py, .r, .R, .sh, .ipynb or one with a #! line), found none"
        in output
    )


def test_task_yml_is_noticed(tmp_path: Path) -> None:
    code, output = check(folder(tmp_path, main__py="", task__yml=TASK))
    assert code == 0
    assert "warning: found task.yml, which is not read; rename it to task.yaml" in output


def test_what_is_no_folder_is_a_sentence_and_the_others_are_checked(tmp_path: Path) -> None:
    good = folder(tmp_path, main__py="")
    code, output = check(f"{good}/nowhere", f"{good}/main.py", good)
    assert code == 1
    assert f"{good}/nowhere: error: expected a folder, found nothing there" in output
    assert f"{good}/main.py: error: expected a folder, found a file there" in output
    assert f"{good}: ok" in output


def test_a_task_yaml_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    path = folder(tmp_path, main__py="")
    (tmp_path / "task.yaml").mkdir()
    code, output = check(path)
    assert code == 1
    assert "error: expected files that can be read" in output


def test_machines_get_json(tmp_path: Path) -> None:
    path = folder(tmp_path, main__py="", task__yaml=TASK.replace("required", "requird"))
    code, output = check("--json", path)
    [report] = json.loads(output)
    assert (code, report["ok"], report["folder"]) == (0, True, path)
    assert report["runtime"]["kind"] == "plain"
    assert report["entry_scripts"] == ["main.py"]
    assert report["parameters"] == [{"name": "epochs", "data_type": "int", "value": 5, "required": False}]
    [problem] = report["problems"]
    assert (problem["severity"], problem["line"], problem["column"]) == ("warning", 6, 5)
    assert (problem["file"], problem["parameter"]) == (f"{path}/task.yaml", "epochs")


def test_json_says_what_is_no_folder_too() -> None:
    code, output = check("--json", "nowhere")
    [report] = json.loads(output)
    assert (code, report["ok"], report["runtime"]) == (1, False, None)


def test_names_that_only_one_side_knows_are_warnings_at_their_places(tmp_path: Path) -> None:
    script = "import json, os\np = json.load(open(os.environ['CORETEX_PARAMETERS']))\nprint(p['epoch'])\n"
    path = folder(tmp_path, main__py=script, task__yaml=TASK)
    code, output = check(path)
    assert code == 0
    lines = output.splitlines()
    assert lines[0].startswith(f'{path}/main.py:3:1: warning: main.py reads the parameter "epoch"')
    assert lines[1].startswith(f"{path}/task.yaml:4:")
    assert 'no script reads this parameter; "epoch" is read instead' in lines[1]
    problems = json.loads(check("--json", path)[1])[0]["problems"]
    assert [(one["file"], one["line"], one["severity"], one["parameter"]) for one in problems] == [
        (f"{path}/main.py", 3, "warning", "epoch"),
        (f"{path}/task.yaml", 4, "warning", "epochs"),
    ]


def test_what_would_go_wrong_when_it_runs_is_printed_too(tmp_path: Path) -> None:
    path = folder(tmp_path, main__py="import yaml\nopen('x.csv')\n")
    code, output = check(path)
    assert code == 1
    assert output.splitlines() == [
        f"{path}/main.py:1:1: error: main.py imports yaml (pyyaml), and nothing installs it: "
        "there is no requirements.txt.",
        f"{path}/main.py:2:1: warning: main.py reads x.csv, but the Task has no such file. Add it, or give "
        "it to the Run as a dataset.",
    ]
