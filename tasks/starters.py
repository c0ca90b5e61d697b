"""What new files begin with. Knows no Tasks and no HTTP."""

MAIN_PY = '''"""Says what this script does."""

import json
import os


def read_parameters():
    """The values that were chosen in the form; none when run by hand or without a task.yaml."""
    path = os.environ.get("CORETEX_PARAMETERS")
    if path is None:
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main():
    print("Parameters:", read_parameters())


if __name__ == "__main__":
    main()
'''

# What editors look for; see the documentation of yaml-language-server.
SCHEMA_LINE = "# yaml-language-server: $schema="
TASK_YAML = """\
# The parameters of this Task, in groups. Each becomes a field of the Run Task form.
param_groups:
  - name: inputs
    params:
      - name: learningRate
        description: Step size of the optimiser
        value: 0.001
        data_type: float
        required: true
"""


def new_task_yaml(schema_url: str) -> str:
    """A task.yaml with one parameter, which tells editors where its JSON Schema is."""
    return with_schema(TASK_YAML, schema_url)


def with_schema(text: str, schema_url: str) -> str:
    """A task.yaml that names this JSON Schema in its first line, or none if the address is empty."""
    lines = text.splitlines(keepends=True)
    if lines and lines[0].startswith(SCHEMA_LINE):
        lines = lines[1:]
    return (f"{SCHEMA_LINE}{schema_url}\n" if schema_url else "") + "".join(lines)


def starter(path: str, *, schema_url: str) -> str:
    """The text that a new file of this path begins with; empty for most."""
    return {"main.py": MAIN_PY, "task.yaml": new_task_yaml(schema_url)}.get(path, "")
