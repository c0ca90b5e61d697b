"""The routes of Projects, their members and Datasets."""

from django.urls import path

from projects.views import dataset_files, datasets, members, pending, projects

app_name = "projects"
urlpatterns = [
    path("projects/", projects.show_list, name="list"),
    path("projects/new", projects.create, name="create"),
    path("projects/<int:pk>/", projects.detail, name="detail"),
    path("projects/<int:pk>/edit", projects.edit, name="edit"),
    path("projects/<int:pk>/archive", projects.archive, name="archive"),
    path("projects/<int:pk>/restore", projects.restore, name="restore"),
    path("projects/<int:pk>/delete", projects.delete, name="delete"),
    path("projects/<int:pk>/members", members.members, name="members"),
    path("projects/<int:pk>/members/<int:membership_pk>/role", members.change_role, name="member_role"),
    path(
        "projects/<int:pk>/members/<int:membership_pk>/remove",
        members.remove_member,
        name="member_remove",
    ),
    path("projects/<int:pk>/datasets/", datasets.project_datasets, name="datasets"),
    path("projects/<int:pk>/datasets/new", datasets.dataset_create, name="dataset_create"),
    path("uploads/ignored", pending.ignored, name="upload_ignored"),
    path("uploads/<str:token>", pending.review, name="pending"),
    path("uploads/<str:token>/discard", pending.discard, name="pending_discard"),
    path("datasets/", datasets.all_datasets, name="all_datasets"),
    path("datasets/<int:pk>/", datasets.dataset, name="dataset"),
    path("datasets/<int:pk>/edit", datasets.dataset_edit, name="dataset_edit"),
    path("datasets/<int:pk>/delete", datasets.dataset_delete, name="dataset_delete"),
    path("datasets/<int:pk>/upload", dataset_files.dataset_upload, name="dataset_upload"),
    path("datasets/<int:pk>/download", dataset_files.dataset_download, name="dataset_download"),
    path("datasets/<int:pk>/remove", dataset_files.dataset_remove, name="dataset_remove"),
    path("datasets/<int:pk>/files/<path:path>", dataset_files.dataset_file, name="dataset_file"),
    path("datasets/<int:pk>/raw/<path:path>", dataset_files.dataset_raw, name="dataset_raw"),
    path("datasets/<int:pk>/rename/<path:path>", dataset_files.dataset_rename, name="dataset_rename"),
]
