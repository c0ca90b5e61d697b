"""Django's settings, all from CORETEX_* variables with defaults that work. See .env.example."""

import fcntl
import os
import re
import socket
import sys
import warnings
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from coretex_site.env import Env, EnvError

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env(os.environ, file=BASE_DIR / ".env")


def need(package: str, *, extra: str, variable: str) -> None:
    """Raises EnvError when a package that only this setting needs is not installed."""
    if find_spec(package) is None:
        raise EnvError(
            f"{variable} needs the package {package}, which is not installed here. Start with "
            f"`python3 manage.py up`, which installs it, or run: pip install 'coretex-server[{extra}]'"
        )


def database(url: str, data_dir: Path) -> dj_database_url.DBConfig:
    """The connection's settings; without a URL, SQLite in the data folder."""
    if not url:
        url = f"sqlite:///{data_dir / 'db.sqlite3'}"
    try:
        parsed = dj_database_url.parse(url)
    except (ValueError, KeyError, dj_database_url.UnknownSchemeError) as error:
        raise EnvError(
            "CORETEX_DATABASE_URL must have the form postgres://user:password@host:5432/name; "
            f"the value set cannot be read: {str(error).splitlines()[0]}"
        ) from error
    if parsed["ENGINE"].endswith("sqlite3"):
        parsed["OPTIONS"] = {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "PRAGMA cache_size=-32000; PRAGMA mmap_size=134217728; PRAGMA temp_store=MEMORY;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
        }
        parsed["CONN_MAX_AGE"] = None  # opening it with its PRAGMAs costs more than most queries
    elif parsed["ENGINE"].endswith("postgresql"):
        need("psycopg", extra="postgres", variable="CORETEX_DATABASE_URL")
        parsed["CONN_MAX_AGE"] = 300
        parsed["CONN_HEALTH_CHECKS"] = True
    else:
        raise EnvError("CORETEX_DATABASE_URL must name a sqlite:// or postgres:// database.")
    return parsed


def broker(url: str) -> dict[str, Any]:
    """Where django-q2 keeps its wake-ups: Redis when a URL is given, else the database."""
    if not url:
        return {"orm": "default", "broker_class": "runs.queue.wakeups.Tokens"}
    if not url.startswith(("redis://", "rediss://", "unix://")):
        found = f"with {url.partition('://')[0]}://" if "://" in url else "with no scheme"
        raise EnvError(f"CORETEX_BROKER_URL must begin with redis:// or rediss://, but begins {found}.")
    need("redis", extra="redis", variable="CORETEX_BROKER_URL")
    # A broker that is away must not hold up a request; longer than the second that a cluster waits in a read.
    if "socket_timeout" not in url:
        url += ("&" if "?" in url else "?") + "socket_connect_timeout=2&socket_timeout=5"
    return {"redis": url}


def mail(url: str) -> dict[str, Any]:
    """The server that sends e-mail, as Django's settings; an empty URL means that none is sent."""
    schemes = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if url and (parts.scheme not in schemes or not parts.hostname):
        raise EnvError(
            "CORETEX_EMAIL_URL must have the form smtp+tls://user:password@host:587, beginning "
            "with smtp://, smtp+tls:// or smtps://; the value set cannot be read."
        )
    return {
        "HOST": parts.hostname or "",
        "PORT": port or schemes.get(parts.scheme, 25),
        "HOST_USER": unquote(parts.username or ""),
        "HOST_PASSWORD": unquote(parts.password or ""),
        "USE_TLS": parts.scheme == "smtp+tls",
        "USE_SSL": parts.scheme == "smtps",
        "TIMEOUT": 10,
    }


def node_name(text: str) -> str:
    """A name that can also be a folder and a queue."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", text):
        raise EnvError(
            "CORETEX_NODE_NAME (or --name) must be at most 100 letters, digits, dots, dashes and "
            f"underscores, beginning with a letter or digit, but is {text!r}."
        )
    return text


def secret_key(given: str, data_dir: Path) -> str:
    """The one given, else one kept in the data folder, made when first needed."""
    if given:
        return given
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with open(os.open(data_dir / "secret_key", os.O_CREAT | os.O_RDWR, 0o600), "r+") as file:
            # Others who start now wait for it; who died here left it empty.
            fcntl.flock(file, fcntl.LOCK_EX)
            key = file.read().strip()
            if not key:
                key = get_random_secret_key()
                file.write(key)
    except OSError as error:
        raise EnvError(
            f"The data folder {data_dir} cannot be written: {error.strerror}. "
            "Choose another with --data or CORETEX_DATA_DIR."
        ) from error
    return key


try:
    DEBUG = env.boolean("CORETEX_DEBUG", False)
    DATA_DIR = Path(env.text("CORETEX_DATA_DIR", str(BASE_DIR / "var"))).expanduser().absolute()
    SECRET_KEY = secret_key(env.text("CORETEX_SECRET_KEY"), DATA_DIR)
    HOST = env.text("CORETEX_HOST", "127.0.0.1")
    PORT = env.integer("CORETEX_PORT", 8000, minimum=1, maximum=65535)
    ALLOWED_HOSTS = env.words(
        "CORETEX_ALLOWED_HOSTS",
        ("*",) if HOST in {"0.0.0.0", "::"} else ("localhost", "127.0.0.1", "[::1]", HOST),  # noqa: S104
    )
    CSRF_TRUSTED_ORIGINS = env.words("CORETEX_TRUSTED_ORIGINS")
    HTTPS = env.boolean("CORETEX_HTTPS", False)
    DATABASES = {"default": database(env.text("CORETEX_DATABASE_URL"), DATA_DIR)}
    BROKER = broker(env.text("CORETEX_BROKER_URL"))
    NODE_NAME = node_name(
        env.text("CORETEX_NODE_NAME", re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname()) or "node")
    )
    WORKERS = env.integer("CORETEX_WORKERS", os.cpu_count() or 1, minimum=1, maximum=1024)
    DEMO = env.boolean("CORETEX_DEMO", True)
    ADMIN_USER = env.text("CORETEX_ADMIN_USER", "admin")
    ADMIN_PASSWORD = env.text("CORETEX_ADMIN_PASSWORD")
    WEB_THREADS = env.integer("CORETEX_WEB_THREADS", 12, minimum=2, maximum=256)
    FAST_PATH = env.boolean("CORETEX_FAST_PATH", True)
    WATCHDOG_SECONDS = env.integer("CORETEX_WATCHDOG_SECONDS", 30, minimum=1, maximum=3600)
    ENVIRONMENTS_DIR = Path(env.text("CORETEX_ENVIRONMENTS_DIR", str(DATA_DIR / "environments"))).absolute()
    ENVIRONMENTS_MAX_BYTES = (
        env.integer("CORETEX_ENVIRONMENTS_MAX_GB", 0, minimum=0, maximum=1_000_000) * 1024**3
    )
    INSTALLER_VARIABLES = {name: env.text(name) for name in env.words("CORETEX_INSTALLER_VARIABLES")}
    CONDA = env.text("CORETEX_CONDA")
    CONDA_CHANNEL_ALIAS = env.text("CORETEX_CONDA_CHANNEL_ALIAS")
    CONDA_CHANNELS = env.mapping("CORETEX_CONDA_CHANNELS")
    STOP_GRACE = env.integer("CORETEX_STOP_GRACE", 5, minimum=0, maximum=3600)
    UPLOAD_MAX_BYTES = env.integer("CORETEX_UPLOAD_MAX_MB", 2048, minimum=1, maximum=1_048_576) * 1024**2
    UPLOAD_MAX_FILES = env.integer("CORETEX_UPLOAD_MAX_FILES", 10_000, minimum=1, maximum=1_000_000)
    UPLOAD_MAX_DEPTH = env.integer("CORETEX_UPLOAD_MAX_DEPTH", 32, minimum=1, maximum=256)
    BATCH_LIMIT = env.integer("CORETEX_BATCH_LIMIT", 10_000, minimum=1, maximum=1_000_000)
    EMAIL_URL = env.text("CORETEX_EMAIL_URL")
    MAIL = mail(EMAIL_URL)
    DEFAULT_FROM_EMAIL = env.text("CORETEX_EMAIL_FROM", f"coretex@{MAIL['HOST'] or 'localhost'}")
    LOG_LEVEL = env.choice("CORETEX_LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR"))
    LIVE_INTERVAL_MS = env.integer("CORETEX_LIVE_INTERVAL_MS", 700, minimum=100, maximum=60_000)
except EnvError as error:
    raise ImproperlyConfigured(str(error)) from error

EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = MAIL["HOST"], MAIL["PORT"], MAIL["TIMEOUT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL["HOST_USER"], MAIL["HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL["USE_TLS"], MAIL["USE_SSL"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_ace",
    "django_q",
    "coretex_site",
    # In the order in which they depend on each other.
    "projects",
    "tasks",
    "runs",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "coretex_site.lib.web.content_security_policy",
    "coretex_site.lib.refusals.InWords",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "projects.views.sign_in.SignInFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

ROOT_URLCONF = "coretex_site.urls"
WSGI_APPLICATION = "coretex_site.wsgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "projects:list"
LOGOUT_REDIRECT_URL = "sign_in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
# The charts' script comes straight out of the package that holds it.
PLOTLY_FILES = Path(str(distribution("plotly").locate_file("plotly/package_data")))
STATICFILES_DIRS = [BASE_DIR / "static", ("plotly", PLOTLY_FILES)]
# A test run serves files straight from their folders: there is nothing collected yet.
COLLECTED = STATIC_ROOT.is_dir() and "pytest" not in sys.modules
WHITENOISE_USE_FINDERS = not COLLECTED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Bodies are streamed to disk; the limits that people meet are the UPLOAD_MAX_* ones, said in words.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100_000
DATA_UPLOAD_MAX_NUMBER_FILES = None
FILE_UPLOAD_HANDLERS = ["coretex_site.lib.uploading.Handler"]

SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
# Browsers share cookies between the ports of a host: two servers on one machine must not sign each other out.
SESSION_COOKIE_NAME = f"coretex_session_{PORT}"
CSRF_COOKIE_NAME = f"coretex_csrf_{PORT}"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 30 if HTTPS else 0
# W005, W021: other names below the domain, and browsers' preload lists, are not ours to decide about.
# W019: artifacts are shown in frames of our own pages.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W019", "security.W021"]
X_FRAME_OPTIONS = "SAMEORIGIN"

# Measured reasons for each line stand in ARCHITECTURE.md, "django-q2".
Q_CLUSTER = {
    "name": "coretex",
    "ALT_CLUSTERS": {},
    "workers": WORKERS,
    "queue_limit": 1,
    "bulk": 1,
    # Seconds: half of it is what people wait for between pressing Run and its start, when all is idle.
    "poll": 0.05,
    "save_limit": -1,
    "ack_failures": True,
    "max_attempts": 1,
    "timeout": None,
    "retry": 10 * 365 * 24 * 3600,
    "recycle": 10**9,
    "scheduler": False,
    "catch_up": False,
    "daemonize_workers": True,
    "log_level": "WARNING",
    **BROKER,
}

# No timeout on purpose: django-q2's would end the worker and not the script; the executor keeps the clock.
warnings.filterwarnings("ignore", message="Retry and timeout are misconfigured")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
}
