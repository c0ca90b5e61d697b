"""Our own processor time for a trivial Run: claim, files, start, watch, end. `manage.py bench` calls it.

In one process, without web server and cluster: `python bench/engine_cpu.py 400` prints milliseconds. What
scripts and their shims use themselves is not in it.
"""

import os
import resource
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Environments, caches and statements that the first Runs make are not what is measured.
WARM_UP = 20
# What a trivial Run does: read its parameters, print a line, write a metric.
SCRIPT = """import json, os
parameters = json.load(open(os.environ["CORETEX_PARAMETERS"]))
print("number", parameters["number"])
with open(os.environ["CORETEX_METRICS"], "a") as file:
    file.write('{"metric": "loss", "x": 1, "y": 0.5}\\n')
"""
TASK_YAML = "param_groups: [{name: inputs, params: [{name: number, value: 1, data_type: int}]}]\n"


def measure(runs: int) -> float:
    """Milliseconds of processor time a Run."""
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from projects.models import Project
    from runs.engine.worker import take_one
    from runs.runspec import RunSpec
    from runs.submission import build, start
    from tasks.files import store
    from tasks.models import Task

    call_command("migrate", verbosity=0)
    user = User.objects.create_user("bench")
    project = Project.objects.create(name="Bench", created_by=user)
    task = Task.objects.create(project=project, name="Trivial", created_by=user)
    store.create(task, "main.py", SCRIPT.encode(), by=user)
    store.create(task, "task.yaml", TASK_YAML.encode(), by=user)
    task.refresh_from_db()

    def execute(count: int) -> None:
        batch = start.start(RunSpec(task=task.pk, values={"number": list(range(count))}), by=user)
        build.build(batch.pk)
        done = take_one()
        if done != count:
            raise SystemExit(f"Only {done} of {count} Runs were executed.")

    execute(WARM_UP)
    before = resource.getrusage(resource.RUSAGE_SELF)
    execute(runs)
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return 1000 * used / runs


def main(runs: int) -> None:
    parent = Path(os.environ.get("CORETEX_DATA_DIR", tempfile.gettempdir()))
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-cpu-", dir=parent) as name:
        folder = Path(name)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "coretex_site.settings",
            "CORETEX_DATA_DIR": str(folder),
            "CORETEX_DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
            "CORETEX_NODE_NAME": "bench",
        }
        sys.path.insert(0, str(ROOT))
        print(f"{measure(runs):.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
