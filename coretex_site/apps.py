"""The site's own application: settings, commands, template tags and system checks."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "coretex_site"

    def ready(self) -> None:
        from coretex_site import checks  # noqa: F401  (registers the system checks)
