"""Starts the product: prepares database and static files, then keeps web server and node running."""

import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from coretex_site import preparation
from coretex_site.bootstrap import COMMAND_OPTIONS, OPTIONS
from coretex_site.checks import disk_space
from coretex_site.lib.address import site_address
from coretex_site.preparation import PreparationError
from coretex_site.supervisor import Supervisor
from projects import auth


class Command(BaseCommand):
    help = "Starts Coretex (web server and node) until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.allow_abbrev = False
        for option in COMMAND_OPTIONS["up"]:
            variable, meaning = OPTIONS[option]
            parser.add_argument(option, metavar=option[2:].upper(), help=f"{meaning}; {variable}")
        parser.add_argument(
            "--no-demo", action="store_true", help="no demo Project at the first start; CORETEX_DEMO=0"
        )

    def handle(self, **options: object) -> None:
        try:
            listener = preparation.listen()
            preparation.check_data_folder()
            preparation.migrate()
            preparation.collect_static()
        except PreparationError as error:
            sys.exit(str(error))
        # The children have connections of their own.
        connections.close_all()
        children = Supervisor(listener, say=self.say)
        children.start()
        # Said while they start.
        if self.welcome() and settings.DEMO:
            children.run_beside("demo")
        connections.close_all()
        sys.exit(children.keep_up(ready=lambda: self.say(f"Ready: {site_address()}")))

    def welcome(self) -> bool:
        """Says who may sign in and how; whether this is the first start."""
        for warning in disk_space(None):
            self.say(f"{warning.msg} {warning.hint}")
        operator = auth.ensure_operator()
        if operator.is_new:
            where = (
                "the password from CORETEX_ADMIN_PASSWORD"
                if settings.ADMIN_PASSWORD
                else f"the password {operator.password} (generated, and shown only this once)"
            )
            self.say(f"The operator is {operator.user.get_username()} with {where}.")
        self.say(f"Sign in once with this link: {auth.make_link(operator.user, site_address())}")
        return operator.is_new

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
