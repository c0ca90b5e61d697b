"""The routes of Runs and of the nodes that execute them."""

from django.urls import path

from runs.web import batch_urls, page_urls
from runs.web.views import environments, nodes, presets, run, run_list, run_task, task_changes

app_name = "runs"

# /runs/
list_urls = [
    path("runs/", run_list.list_runs, name="list"),
    path("runs/states", run_list.states, name="states"),
    path("runs/bulk", run_list.bulk, name="bulk"),
    path("runs/new", run_task.choose, name="choose"),
]

# /tasks/<pk>/run
run_task_urls = [
    path("tasks/<int:pk>/run", run_task.new, name="new"),
    path("tasks/<int:pk>/run/check", run_task.check, name="check"),
    path("tasks/<int:pk>/run/copy", presets.copy_as, name="copy_as"),
    path("tasks/<int:pk>/run/fill", presets.fill, name="fill"),
    path("tasks/<int:pk>/run/presets", presets.save_preset, name="preset_save"),
    path("presets/<int:pk>/delete", presets.delete_preset, name="preset_delete"),
    path("tasks/<int:pk>/changes", task_changes.task_changes, name="task_changes"),
    path("tasks/<int:pk>/difference", task_changes.task_diff, name="task_diff"),
    path("tasks/<int:pk>/delete", task_changes.delete_task, name="delete_task"),
]

# /runs/<pk>/
run_urls = [
    path("runs/<int:pk>/again", run.again, name="again"),
    path("runs/<int:pk>/fix", run.fix, name="fix"),
    path("runs/<int:pk>/stop", run.stop, name="stop"),
    path("runs/<int:pk>/delete", run.delete, name="delete"),
]

# /schemas/
schema_urls = [path("schemas/runspec.schema.json", presets.schema, name="schema")]

# /nodes/
node_urls = [
    path("nodes/", nodes.nodes, name="nodes"),
    path("nodes/<int:pk>/drain", nodes.drain, name="drain"),
    path("nodes/<int:pk>/resume", nodes.resume, name="resume"),
    path("nodes/<int:pk>/forget", nodes.forget, name="forget"),
]

urlpatterns = list_urls + run_task_urls + run_urls + schema_urls + node_urls + page_urls.urlpatterns
urlpatterns += batch_urls.urlpatterns
urlpatterns += environments.urlpatterns
