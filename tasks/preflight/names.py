"""Import names → distributions on PyPI, and what comes with well-known ones. Knows no network."""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

MANY = 5
_FOLDER = Path(__file__).parent
_REMOVED_IN = {
    10: "formatter parser symbol",
    12: "asynchat asyncore distutils imp smtpd",
    13: "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes "
    "sndhdr spwd sunau telnetlib uu xdrlib",
}
# {module that older Pythons had: the minor version of Python 3 that has it no longer}
REMOVED = {name: minor for minor, modules in _REMOVED_IN.items() for name in modules.split()}
# {module of Python 2: what Python 3 has in its place}
PYTHON_2 = {
    "BaseHTTPServer": "http.server", "ConfigParser": "configparser", "Cookie": "http.cookies",
    "HTMLParser": "html.parser", "Queue": "queue", "SimpleHTTPServer": "http.server",
    "SocketServer": "socketserver", "StringIO": "io.StringIO", "Tkinter": "tkinter",
    "__builtin__": "builtins", "cPickle": "pickle", "cStringIO": "io.StringIO", "commands": "subprocess",
    "cookielib": "http.cookiejar",
    "htmlentitydefs": "html.entities", "httplib": "http.client", "tkMessageBox": "tkinter.messagebox",
    "urllib2": "urllib.request", "urlparse": "urllib.parse", "xmlrpclib": "xmlrpc.client",
}  # fmt: skip
STANDARD = frozenset([*sys.stdlib_module_names, *REMOVED, *PYTHON_2, "__main__", "pip"])
# Conda packages whose name differs from that of the distribution on PyPI.
_OF_CONDA = {
    "dask-core": "dask", "faiss": "faiss-cpu", "jpype1": "jpype1", "matplotlib-base": "matplotlib",
    "msgpack-python": "msgpack", "opencv": "opencv-python", "py-opencv": "opencv-python", 
    "py-xgboost": "xgboost",
    "pytables": "tables", "python-graphviz": "graphviz", "python-igraph": "igraph", "pytorch": "torch",
    "pytorch-cpu": "torch", "pytorch-gpu": "torch", "ray-core": "ray", "ray-default": "ray",
    "seaborn-base": "seaborn", "tensorflow-base": "tensorflow", "pyqt": "pyqt5", "pymupdf": "pymupdf",
    "python-levenshtein": "levenshtein", "scikit-learn-intelex": "scikit-learn", "snappy": "python-snappy",
    "jaxlib": "jaxlib", "pip": "pip", "python": "python", "pyyaml": "pyyaml", "psycopg2": "psycopg2",
}  # fmt: skip


def normalized(name: str) -> str:
    """A distribution's name as PyPI compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def of_conda(package: str) -> str:
    """The distribution that a Conda package is."""
    return _OF_CONDA.get(package.lower(), normalized(package))


def distributions(module: str) -> tuple[str, ...]:
    """The distributions that bring a module (dotted), the one to propose first; none if that is unknown."""
    others = _other_names()
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        found = others.get(".".join(parts[:length]))
        if found is not None:
            return found
    return (normalized(parts[0]),) if parts[0] in _same_names() else ()


def requirement(distribution: str) -> str:
    """The line that installs a distribution with the modules that scripts import of it."""
    return (
        "setuptools<81" if distribution == "setuptools" else distribution
    )  # as it advises for pkg_resources


@lru_cache(maxsize=1)
def known_distributions() -> frozenset[str]:
    """The distributions of which it is known by which names they are imported."""
    others = (found[0] for found in _other_names().values())
    return frozenset([*others, *map(normalized, _same_names()), "pip", "python", "wheel", "uv"])


def is_shared(module: str) -> bool:
    """Whether many distributions have modules below this name, so that it alone says nothing."""
    return module in _namespaces()


def brought_by(names: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """(the distributions with all that well-known ones install, those of which that is not known)."""
    table = _brings()
    found: dict[str, None] = dict.fromkeys(names)
    given, open_ = frozenset(found), list(found)
    while open_:
        fresh = [name for name in table.get(open_.pop(), ()) if name not in found]
        found |= dict.fromkeys(fresh)
        open_ += fresh
    return frozenset(found), frozenset(name for name in given if name not in table)


def is_common(distribution: str) -> bool:
    """Whether many of the well-known distributions install it, so that any other may well do so, too."""
    return distribution in _common()


def _lines(file: str) -> list[list[str]]:
    text = (_FOLDER / file).read_text("utf-8")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


@lru_cache(maxsize=1)
def _other_names() -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(found) for name, *found in _lines("other_names.txt")}


@lru_cache(maxsize=1)
def _same_names() -> frozenset[str]:
    return frozenset(name for line in _lines("same_names.txt") for name in line)


@lru_cache(maxsize=1)
def _brings() -> Mapping[str, tuple[str, ...]]:
    return {name: tuple(found) for name, *found in _lines("brings.txt")}


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    times = Counter(name for found in _brings().values() for name in found)
    return frozenset(name for name, count in times.items() if count >= MANY)


@lru_cache(maxsize=1)
def _namespaces() -> frozenset[str]:
    dotted = {name.split(".")[0] for name in _other_names() if "." in name}
    return frozenset(
        dotted | {"azure", "backports", "jaraco", "nvidia", "opentelemetry", "sphinxcontrib", "zope"}
    )
