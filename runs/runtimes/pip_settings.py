"""What the operator set for pip about indexes, certificates and proxies, passed to uv. Knows no Django."""

import configparser
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Of the server's own variables an installer gets these. It may run the code of packages, so never the others.
INHERITED = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR"}
    | {"NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
    | {"CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "LIBRARY_PATH", "LD_LIBRARY_PATH", "CPATH"}
    | {"PKG_CONFIG_PATH", "CUDA_HOME", "CUDA_PATH", "JAVA_HOME", "SSH_AUTH_SOCK"}
)
INHERITED_PREFIXES = ("PIP_", "UV_", "SSL_", "GIT_", "XDG_", "LC_", "CARGO_", "RUSTUP_")
# These would make uv install somewhere else, or with another Python.
LEFT_OUT = frozenset(
    {"UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_BREAK_SYSTEM_PACKAGES", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT"}
    | {"UV_WORKING_DIR", "UV_TARGET", "UV_PREFIX", "UV_REQUIRE_VIRTUALENV"}
)


@dataclass(frozen=True, kw_only=True)
class InstallerSettings:
    """The environment and the options that an installer is called with."""

    environment: Mapping[str, str]
    options: tuple[str, ...] = ()


def for_uv(environ: Mapping[str, str], *, prefix: Path | None = None) -> InstallerSettings:
    """What is passed to uv, given the server's environment; what is set for uv itself wins over that for pip.

    `prefix` is the environment whose pip.conf counts too. Folders that are not there are left out: pip
    overlooks them, and uv would refuse to work.
    """
    pip = pip_settings(environ, prefix=Path(sys.prefix) if prefix is None else prefix)
    variables = {
        name: value
        for name, value in environ.items()
        if (name in INHERITED or name.startswith(INHERITED_PREFIXES) or name.lower().endswith("_proxy"))
        and name not in LEFT_OUT
    }
    options: list[str] = []
    if "UV_DEFAULT_INDEX" not in variables and "UV_INDEX_URL" not in variables and pip.get("index-url"):
        variables["UV_DEFAULT_INDEX"] = pip["index-url"].split()[0]
    extra = [url for url in pip.get("extra-index-url", "").split() if _is_there(url)]
    if extra and not {"UV_INDEX", "UV_EXTRA_INDEX_URL"} & variables.keys():
        variables["UV_INDEX"] = " ".join(extra)
        # pip takes the best version of all indexes, uv those of the first that knows the name.
        variables.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    links = [place for place in pip.get("find-links", "").split() if _is_there(place)]
    if links:
        variables.setdefault("UV_FIND_LINKS", ",".join(links))
    if pip.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        options.append("--no-index")
    if pip.get("trusted-host"):
        variables.setdefault("UV_INSECURE_HOST", " ".join(pip["trusted-host"].split()))
    timeout = pip.get("default-timeout") or pip.get("timeout", "")
    if timeout.isdigit():
        variables.setdefault("UV_HTTP_TIMEOUT", timeout)
    if pip.get("cert") and Path(pip["cert"]).exists():
        variables.setdefault("SSL_CERT_FILE", pip["cert"])
    if pip.get("proxy"):
        variables.setdefault("ALL_PROXY", pip["proxy"])
    return InstallerSettings(environment=variables, options=tuple(options))


def pip_settings(environ: Mapping[str, str], *, prefix: Path) -> dict[str, str]:
    """{option: value} as pip would see them: its configuration files, then its variables."""
    values: dict[str, str] = {}
    for path in _files(environ, prefix):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip tells its own users about it; an installation can do without
        for section in ("global", "install"):
            if parser.has_section(section):
                values.update({key.replace("_", "-"): value for key, value in parser.items(section)})
    for name, value in environ.items():
        if name.startswith("PIP_") and value:
            values[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return values


def _files(environ: Mapping[str, str], prefix: Path) -> Iterator[Path]:
    """pip's configuration files, those that win last."""
    chosen = environ.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return
    home = Path(environ.get("HOME") or Path.home())
    shared = Path("/Library/Application Support/pip/pip.conf")
    if sys.platform == "darwin":
        yield shared
        yield home / shared.relative_to("/")
    for folder in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep):
        yield Path(folder) / "pip" / "pip.conf"
    yield Path("/etc/pip.conf")
    yield home / ".pip" / "pip.conf"
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    yield prefix / "pip.conf"
    if chosen:
        yield Path(chosen)


def _is_there(place: str) -> bool:
    """Whether a folder exists; of an address on the network that is not asked."""
    if place.startswith("file:"):
        return Path(unquote(urlsplit(place).path)).exists()
    return "://" in place or Path(place).expanduser().exists()
