"""Projects, who works in them, and their Datasets. Knows no Tasks and no Runs."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse


class ProjectType(models.IntegerChoices):
    """What the Project's work is about. The numbers are on the wire."""

    COMPUTER_VISION = 1, "Computer vision"
    IMAGE_SEGMENTATION = 2, "Image segmentation"
    TABULAR_DATA = 3, "Tabular data processing"
    SUPER_RESOLUTION = 4, "Super resolution"
    VIDEO_ANALYTICS = 5, "Video analytics"
    AUDIO_ANALYTICS = 6, "Audio analytics"
    BODY_TRACKING = 7, "Body tracking"
    OTHER = 8, "Other"
    MOTION_RECOGNITION = 9, "Motion recognition"
    NATURAL_LANGUAGE = 10, "Natural language processing"
    BIOINFORMATICS = 11, "Bioinformatics"


class Visibility(models.IntegerChoices):
    """Who may look at a Project. The numbers are on the wire."""

    PUBLIC = 1, "Public to everyone who is signed in"
    PRIVATE = 2, "Private to its members"


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


class Project(models.Model):
    """The scope of all work."""

    name = models.CharField(max_length=100)
    description = models.CharField("brief description", max_length=500, blank=True)
    type = models.PositiveSmallIntegerField("Type", choices=ProjectType, default=ProjectType.OTHER)
    visibility = models.PositiveSmallIntegerField(choices=Visibility, default=Visibility.PRIVATE)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="projects")

    class Meta:
        ordering = [Lower("name"), "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("projects:detail", args=[self.pk])


class Membership(models.Model):
    """A person's role in a Project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="one_role_per_person")]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display().lower()} of {self.project}"


class Dataset(models.Model):
    """Data in a Project, made of Samples."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="datasets")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Written by projects.data.store with every change of a file, and by nothing else.
    file_count = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField("bytes", default=0)
    digest = models.CharField("digest of paths and contents", max_length=64, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [models.UniqueConstraint("project", Lower("name"), name="one_dataset_of_a_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("projects:dataset", args=[self.pk])


class Sample(models.Model):
    """One file of a Dataset. Its content lies on disk under its digest, and never changes."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="samples")
    path = models.CharField(max_length=1024)
    folder = models.CharField("its path without the name", max_length=1024, blank=True)
    size = models.BigIntegerField()
    digest = models.CharField("SHA-256", max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["path"]
        constraints = [models.UniqueConstraint(fields=["dataset", "path"], name="one_sample_at_a_path")]
        indexes = [models.Index(fields=["dataset", "folder", "path"])]

    def __str__(self) -> str:
        return self.path

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


class SignInLink(models.Model):
    """A link that signs one person in once. Only the token's SHA-256 is kept."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"sign-in link for {self.user}"


class FailedSignIn(models.Model):
    """How often someone gave a wrong password for one user name from one address, and when last."""

    key = models.CharField("SHA-256 of name and address", max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.count} failed"
