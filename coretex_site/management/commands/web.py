"""The web server. Started by `up`, ends with it."""

import logging
import os
import signal
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from waitress.server import create_server

from coretex_site.lib import lifeline as parent
from coretex_site.wsgi import application


class Command(BaseCommand):
    help = "The web server: started by `up`, not by hand."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lifeline", type=int, required=True)
        parser.add_argument("--socket", type=int, required=True)

    def handle(self, *, lifeline: int, socket: int, **options: object) -> None:
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # What it serves is read and written in transactions: it can end at any moment.
        parent.watch(lifeline, lambda: os._exit(1))
        serve(socket)


def serve(number: int) -> None:
    """Serves the application on the listening socket with the file descriptor `number` until SIGTERM."""
    proxy: dict[str, Any] = (
        {"trusted_proxy": "*", "trusted_proxy_headers": {"x-forwarded-proto", "x-forwarded-for"}}
        if settings.HTTPS
        else {}
    )
    os.set_inheritable(number, False)
    # A request that waits for a thread for a moment is nothing to report.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(
        application,
        sockets=[socket.socket(fileno=number)],
        threads=settings.WEB_THREADS,
        # The forms say in words what is too much; this ends only what would fill the disk.
        max_request_body_size=settings.UPLOAD_MAX_BYTES + 64 * 1024**2,
        connection_limit=1000,
        ident=None,
        **proxy,
    )
    server.run()
