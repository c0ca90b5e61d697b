"""The routes of Runs and of the nodes that execute them."""

from django.urls import path

from runs.web import batch_urls, changes, environment_pages, nodes, page_urls, specpages, views

app_name = "runs"

# /runs/
list_urls = [
    path("runs/", views.list_runs, name="list"),
    path("runs/states", views.states, name="states"),
    path("runs/bulk", views.bulk, name="bulk"),
    path("runs/new", views.choose, name="choose"),
]

# /tasks/<pk>/run
run_task_urls = [
    path("tasks/<int:pk>/run", views.new, name="new"),
    path("tasks/<int:pk>/run/check", views.check, name="check"),
    path("tasks/<int:pk>/run/copy", specpages.copy_as, name="copy_as"),
    path("tasks/<int:pk>/run/fill", specpages.fill, name="fill"),
    path("tasks/<int:pk>/run/presets", specpages.save_preset, name="preset_save"),
    path("presets/<int:pk>/delete", specpages.delete_preset, name="preset_delete"),
    path("tasks/<int:pk>/changes", changes.task_changes, name="task_changes"),
    path("tasks/<int:pk>/difference", changes.task_diff, name="task_diff"),
    path("tasks/<int:pk>/delete", changes.delete_task, name="delete_task"),
]

# /runs/<pk>/
run_urls = [
    path("runs/<int:pk>/again", views.again, name="again"),
    path("runs/<int:pk>/stop", views.stop, name="stop"),
    path("runs/<int:pk>/delete", views.delete, name="delete"),
]

# /nodes/
node_urls = [
    path("nodes/", nodes.nodes, name="nodes"),
    path("nodes/<int:pk>/drain", nodes.drain, name="drain"),
    path("nodes/<int:pk>/resume", nodes.resume, name="resume"),
    path("nodes/<int:pk>/forget", nodes.forget, name="forget"),
]

urlpatterns = list_urls + run_task_urls + run_urls + node_urls + page_urls.urlpatterns
urlpatterns += batch_urls.urlpatterns
urlpatterns += environment_pages.urlpatterns
