"""Attends to Batches once: builds, ends, tells. Started by a node whose workers are all busy."""

from django.core.management.base import BaseCommand

from runs.submission import batch_upkeep


class Command(BaseCommand):
    help = "Builds waiting Batches, records which have ended, and sends notifications."
    requires_system_checks = []

    def handle(self, **options: object) -> None:
        batch_upkeep.attend()
