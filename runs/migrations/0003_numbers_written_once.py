"""Fingerprints of Runs take 1 and 1.0 for one number: those of Runs that have whole floats are made anew."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from tasks.types import equality

CHUNK = 1000


def name_anew(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Values stay as they are; only the names by which the same ones are found change."""
    runs = apps.get_model("runs", "Run").objects.using(editor.connection.alias)
    runs = runs.only("entry_script", "parameters", "values_digest")
    after = 0
    while found := list(runs.filter(pk__gt=after).order_by("pk")[:CHUNK]):
        after = found[-1].pk
        changed = []
        for run in found:
            digest = equality.fingerprint(run.entry_script, run.parameters)
            if run.values_digest not in ("", digest):
                run.values_digest = digest
                changed.append(run)
        runs.bulk_update(changed, ["values_digest"])


class Migration(migrations.Migration):
    dependencies = [("runs", "0002_what_tables_need")]
    operations = [migrations.RunPython(name_anew, migrations.RunPython.noop)]
