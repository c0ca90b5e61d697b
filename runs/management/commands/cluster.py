"""The django-q2 cluster of a node. Started by `node`, ends with it."""

import sys

from django.core.management.base import BaseCommand, CommandParser

from runs.queue import wakeups


class Command(BaseCommand):
    help = "The cluster of a node: started by `node`, not by hand."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lifeline", type=int, required=True)
        parser.add_argument("--signs", type=int, required=True)

    def handle(self, *, lifeline: int, signs: int, **options: object) -> None:
        try:
            wakeups.run_cluster(parent=lifeline, signs=signs)
        except wakeups.ClusterError as error:
            sys.exit(str(error))
