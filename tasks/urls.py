"""The routes of Tasks and Templates."""

from django.urls import path

from tasks import pages, proposing, views

app_name = "tasks"

# /tasks/ and /projects/<pk>/tasks/
list_urls = [
    path("tasks/", views.list_tasks, name="list"),
    path("tasks/new", views.choose_project, name="choose"),
    path("projects/<int:pk>/tasks/new", views.create_task, name="create"),
]

# /templates/
template_urls = [
    path("templates/", views.gallery, name="gallery"),
    path("templates/<slug:name>/", views.template, name="template"),
    path("schemas/task.schema.json", views.schema, name="schema"),
]

# /tasks/<pk>/
task_urls = [
    path("tasks/<int:pk>/", pages.detail, name="detail"),
    path("tasks/<int:pk>/files/", pages.folder, name="folder"),
    path("tasks/<int:pk>/files/<path:path>", pages.file, name="file"),
    path("tasks/<int:pk>/raw/<path:path>", pages.raw, name="raw"),
    path("tasks/<int:pk>/save", pages.save, name="save"),
    path("tasks/<int:pk>/preview", pages.preview, name="preview"),
    path("tasks/<int:pk>/propose", proposing.propose, name="propose"),
    path("tasks/<int:pk>/new-file", pages.new_file, name="new_file"),
    path("tasks/<int:pk>/new-folder", pages.new_folder, name="new_folder"),
    path("tasks/<int:pk>/rename", pages.rename, name="rename"),
    path("tasks/<int:pk>/remove", pages.remove, name="remove"),
    path("tasks/<int:pk>/upload", pages.upload, name="upload"),
    path("tasks/<int:pk>/download", pages.download, name="download"),
    path("tasks/<int:pk>/parameters", views.parameters, name="parameters"),
    path("tasks/<int:pk>/settings", views.settings, name="settings"),
]

urlpatterns = list_urls + template_urls + task_urls
