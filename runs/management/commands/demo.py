"""Makes the demo Project. Started by `up` beside the first start."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from runs import demo


class Command(BaseCommand):
    help = "Creates the demo Project of the first user."
    requires_system_checks = []

    def handle(self, **options: object) -> None:
        demo.make(get_user_model().objects.get(username=settings.ADMIN_USER))
