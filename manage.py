#!/usr/bin/env python3
"""Starts any command of Coretex with nothing but Python: see `python3 manage.py up --help`.

Kept in words that old Pythons can read too, so that they can say what is needed.
"""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "Coretex needs Python 3.11 or newer, and this is Python %d.%d. "  # noqa: UP031
        "Start it with a newer one, for example: python3.11 manage.py up" % tuple(sys.version_info[:2])
    )

if __name__ == "__main__":
    from coretex_site import bootstrap

    bootstrap.enter_environment(sys.argv)
    bootstrap.options_to_environment(sys.argv, os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coretex_site.settings")

    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.DATABASES  # noqa: B018  (reads the settings, whose mistakes are sentences)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)
