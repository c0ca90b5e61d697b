"""The routes of Tasks and Templates."""

from django.urls import path

from tasks.views import files, preflight, proposals, tasks

app_name = "tasks"

# /tasks/ and /projects/<pk>/tasks/
list_urls = [
    path("tasks/", tasks.list_tasks, name="list"),
    path("tasks/new", tasks.choose_project, name="choose"),
    path("tasks/describe", tasks.describe, name="describe"),
    path("projects/<int:pk>/tasks/new", tasks.create_task, name="create"),
]

# /templates/
template_urls = [
    path("templates/", tasks.gallery, name="gallery"),
    path("templates/<slug:name>/", tasks.template, name="template"),
    path("schemas/task.schema.json", tasks.schema, name="schema"),
]

# /tasks/<pk>/
task_urls = [
    path("tasks/<int:pk>/", files.detail, name="detail"),
    path("tasks/<int:pk>/files/", files.folder, name="folder"),
    path("tasks/<int:pk>/files/<path:path>", files.file, name="file"),
    path("tasks/<int:pk>/raw/<path:path>", files.raw, name="raw"),
    path("tasks/<int:pk>/save", files.save, name="save"),
    path("tasks/<int:pk>/preview", files.preview, name="preview"),
    path("tasks/<int:pk>/propose", proposals.propose, name="propose"),
    path("tasks/<int:pk>/fix", preflight.fix, name="fix"),
    path("tasks/<int:pk>/new-file", files.new_file, name="new_file"),
    path("tasks/<int:pk>/new-folder", files.new_folder, name="new_folder"),
    path("tasks/<int:pk>/rename", files.rename, name="rename"),
    path("tasks/<int:pk>/remove", files.remove, name="remove"),
    path("tasks/<int:pk>/upload", files.upload, name="upload"),
    path("tasks/<int:pk>/download", files.download, name="download"),
    path("tasks/<int:pk>/parameters", tasks.parameters, name="parameters"),
    path("tasks/<int:pk>/settings", tasks.settings, name="settings"),
]

urlpatterns = list_urls + template_urls + task_urls
