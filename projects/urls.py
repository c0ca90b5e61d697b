"""The routes of Projects, their members and Datasets."""

from django.urls import path

from projects import dataset_views, file_views, member_views, views

app_name = "projects"
urlpatterns = [
    path("projects/", views.show_list, name="list"),
    path("projects/new", views.create, name="create"),
    path("projects/<int:pk>/", views.detail, name="detail"),
    path("projects/<int:pk>/edit", views.edit, name="edit"),
    path("projects/<int:pk>/archive", views.archive, name="archive"),
    path("projects/<int:pk>/restore", views.restore, name="restore"),
    path("projects/<int:pk>/delete", views.delete, name="delete"),
    path("projects/<int:pk>/members", member_views.members, name="members"),
    path("projects/<int:pk>/members/<int:membership_pk>/role", member_views.change_role, name="member_role"),
    path(
        "projects/<int:pk>/members/<int:membership_pk>/remove",
        member_views.remove_member,
        name="member_remove",
    ),
    path("projects/<int:pk>/datasets/", dataset_views.project_datasets, name="datasets"),
    path("projects/<int:pk>/datasets/new", dataset_views.dataset_create, name="dataset_create"),
    path("datasets/", dataset_views.all_datasets, name="all_datasets"),
    path("datasets/<int:pk>/", dataset_views.dataset, name="dataset"),
    path("datasets/<int:pk>/edit", dataset_views.dataset_edit, name="dataset_edit"),
    path("datasets/<int:pk>/delete", dataset_views.dataset_delete, name="dataset_delete"),
    path("datasets/<int:pk>/upload", file_views.dataset_upload, name="dataset_upload"),
    path("datasets/<int:pk>/download", file_views.dataset_download, name="dataset_download"),
    path("datasets/<int:pk>/remove", file_views.dataset_remove, name="dataset_remove"),
    path("datasets/<int:pk>/files/<path:path>", file_views.dataset_file, name="dataset_file"),
    path("datasets/<int:pk>/raw/<path:path>", file_views.dataset_raw, name="dataset_raw"),
    path("datasets/<int:pk>/rename/<path:path>", file_views.dataset_rename, name="dataset_rename"),
]
