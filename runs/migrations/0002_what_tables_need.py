"""The mean of a metric, the last line of a script that failed, and Executions in folders by the thousand."""

import math

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Avg, Count, OuterRef, QuerySet, Subquery

from coretex_site.lib import paths
from runs.records import last_words

# The sum of many numbers beyond this may have no room in a float.
LARGE = 1e290


def move_beside_neighbours(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Folders of Executions lay by the last digits of their numbers; now a thousand in a row lie together."""
    root = paths.execution(0).parent.parent
    for folder in list(root.glob("*/*")):
        target = paths.execution(int(folder.name)) if folder.name.isdigit() else folder
        if folder != target and not target.exists():
            target.parent.mkdir(exist_ok=True)
            folder.rename(target)
    for shard in root.glob("[0-9][0-9][0-9]"):
        if not any(shard.iterdir()):
            shard.rmdir()


def fill_means(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """By the database where it can add the points up, else number by number."""
    metrics = apps.get_model("runs", "Metric").objects.using(editor.connection.alias)
    points = apps.get_model("runs", "MetricPoint").objects.using(editor.connection.alias)
    of_metric: QuerySet = points.filter(metric=OuterRef("pk")).order_by().values("metric")
    known = metrics.filter(minimum__isnull=False)
    small = known.filter(minimum__gt=-LARGE, maximum__lt=LARGE)
    small.update(
        mean=Subquery(of_metric.annotate(number=Avg("y")).values("number")),
        finite_count=Subquery(of_metric.annotate(number=Count("y")).values("number")),
    )
    for metric in known.filter(finite_count=0):
        values = list(points.filter(metric=metric.pk, y__isnull=False).values_list("y", flat=True))
        mean = math.fsum(value / len(values) for value in values) if values else None
        metrics.filter(pk=metric.pk).update(mean=mean, finite_count=len(values))


def fill_last_lines(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """From the consoles of Executions whose script failed, as far as they are still there."""
    executions = apps.get_model("runs", "Execution").objects.using(editor.connection.alias)
    failed = executions.filter(state="failed", reason="exit_code").values_list("pk", flat=True)
    for pk in failed.iterator(chunk_size=2000):
        line = last_words.line_of(pk)
        if line:
            executions.filter(pk=pk).update(last_line=line)


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="execution",
            name="last_line",
            field=models.CharField(blank=True, max_length=300, verbose_name="the last line of a script that failed"),
        ),
        migrations.AddField(
            model_name="metric",
            name="finite_count",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="metric",
            name="mean",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.RunPython(move_beside_neighbours, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(fill_means, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(fill_last_lines, migrations.RunPython.noop, elidable=True),
    ]
