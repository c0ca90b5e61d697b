"""A machine that executes Runs: joins the database and broker that the settings name."""

import sys

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from coretex_site import preparation
from coretex_site.bootstrap import COMMAND_OPTIONS, OPTIONS
from runs.engine.node_agent import Keeper, NodeError
from runs.queue.wakeups import first_line


class Command(BaseCommand):
    help = "Executes Runs on this machine, for the database, broker and data folder that the settings name."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.allow_abbrev = False
        for option in COMMAND_OPTIONS["node"]:
            variable, meaning = OPTIONS[option]
            parser.add_argument(option, metavar=option[2:].upper(), help=f"{meaning}; {variable}")
        parser.add_argument("--lifeline", type=int, help="used by `up`")

    def handle(self, *, lifeline: int | None, **options: object) -> None:
        try:
            if lifeline is None:
                preparation.check_data_folder()
                preparation.migrate()
            Keeper(say=self.say).run(parent=lifeline)
        except (NodeError, preparation.PreparationError) as error:
            sys.exit(str(error))
        except DatabaseError as error:
            sys.exit(f"The database cannot be used: {first_line(error)}")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
