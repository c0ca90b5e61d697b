"""What has to be true before the product starts: data folder, database, static files. Knows no processes."""

import hashlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import override_settings
from filelock import FileLock, Timeout

from coretex_site.lib import paths

LOCK_TIMEOUT = 600
# What lies beside the script in plotly's package, and no page asks for.
NOT_COLLECTED = ["datasets", "templates", "widgetbundle.js"]


class PreparationError(RuntimeError):
    """The product cannot start; the message is a sentence that says why and what to do."""


def listen() -> socket.socket:
    """The listening socket of the web server, held by the supervisor so that a restart refuses nobody."""
    where = f"{settings.HOST}:{settings.PORT}"
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.HOST, settings.PORT, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
    except OSError as error:
        raise PreparationError(
            f"{settings.HOST} is not an address of this machine ({error.strerror}). "
            "Choose another with --host or CORETEX_HOST."
        ) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise PreparationError(
            f"{where} cannot be used: {error.strerror}. Stop the program that uses it, "
            "or choose another with --port (CORETEX_PORT) or --host (CORETEX_HOST)."
        ) from error
    return listener


def check_data_folder() -> None:
    """Makes the data folder and writes into it once."""
    try:
        for folder in (settings.DATA_DIR, paths.scratch(), paths.locks()):
            folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=paths.scratch()) as file:
            file.write(b"x")
    except OSError as error:
        raise PreparationError(
            f"The data folder {settings.DATA_DIR} cannot be written: {error.strerror}. "
            "Choose another with --data or CORETEX_DATA_DIR."
        ) from error


@contextmanager
def alone(what: str) -> Iterator[None]:
    """Waits until no other start with this data folder does the same."""
    try:
        with FileLock(paths.locks() / f"{what}.lock", timeout=LOCK_TIMEOUT):
            yield
    except Timeout as error:
        raise PreparationError(
            f"Another process has been busy with “{what}” for {LOCK_TIMEOUT} s; is it stuck?"
        ) from error


def migrate() -> None:
    """Brings the database to this version; refuses one that a newer version has made."""
    with alone("migrate"):
        try:
            executor = MigrationExecutor(connection)
            loader = executor.loader
            known = set(loader.disk_migrations) | set(loader.replacements)
            apps = {app for app, _ in known}
            newer = sorted(key for key in loader.applied_migrations if key[0] in apps and key not in known)
            if newer:
                raise PreparationError(
                    "The database was made by a newer version of Coretex "
                    f"(it has the migration {'.'.join(newer[0])}, which this version does not know). "
                    "Start that version, or use another database or data folder."
                )
            if executor.migration_plan(loader.graph.leaf_nodes()):
                call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        except DatabaseError as error:
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise PreparationError(f"The database cannot be used: {said}") from error


def collect_static() -> None:
    """Collects the static files when they are not those of the last start. Swapped in whole, by rename."""
    root: Path = settings.STATIC_ROOT
    stamp = root / ".stamp"
    with alone("static"):
        wanted = static_stamp()
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        half = Path(tempfile.mkdtemp(prefix="static-", dir=paths.scratch()))
        storage = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
        with override_settings(STATIC_ROOT=half, STORAGES={**settings.STORAGES, "staticfiles": storage}):
            options = {"ignore_patterns": NOT_COLLECTED, "verbosity": 0, "interactive": False}
            call_command("collectstatic", skip_checks=True, **options)
        (half / ".stamp").write_text(wanted)
        half.chmod(0o755)
        if root.exists():
            old = Path(tempfile.mkdtemp(prefix="static-", dir=paths.scratch()))
            root.rename(old / "old")
            half.rename(root)
            shutil.rmtree(old)
        else:
            half.rename(root)


def static_stamp() -> str:
    """Names, sizes and times of all static files, those of the packages included."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = os.stat(os.path.join(storage.location, path))
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
