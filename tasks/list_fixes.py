"""Lists of packages that a tool printed, or exported on another system, made into ones that can be read.

`offered` gives at most one Fix for the file that decided the runtime. Knows no disk and no HTTP.
"""

import re
from collections.abc import Iterable, Sequence

from tasks.environment_files import Fix
from tasks.runtime import CONDA_FILES, Read, Runtime, this_platform

# - name=version=build, as conda env export writes it, in quotes or not, with a remark or not.
WITH_BUILD = re.compile(
    r"""^(?P<before>\s*-\s*["']?[\w.:/-]*[\w.-]+={1,2}[^=\s"'#]+)=[^=\s"'#]+(?P<after>["']?\s*(?:\#.*)?)$""",
    re.MULTILINE,
)
EXPORTED = re.compile(r"(?P<name>[\w.-]+)=(?P<version>[^=\s]+)=(?P<build>[^=\s]+)")
ADDRESS = re.compile(
    r"(?P<channel>\S+)/[\w-]+/(?P<name>[\w.-]+)-(?P<version>[^-\s]+)-[^-\s]+?\.(?:tar\.bz2|conda)(?:#\w+)?"
)
NAMED_FILE = re.compile(r"(?P<name>[\w.-]+)\s*@\s*file:(?P<path>\S+)(?P<rest>.*)")
OF_WHEEL = re.compile(r"[\w.]+-(?P<version>[^-/]+)-[^/]+\.whl(?:#.*)?$")
PYPI = "pypi"
# Packages for one system, which `pip freeze` lists there without saying so; systems as sys.platform has them.
SYSTEMS = {"win32": "Windows", "darwin": "macOS"}
OF_ONE_SYSTEM = {
    "win32": {
        "pywin32",
        "pypiwin32",
        "pywinpty",
        "windows-curses",
        "wincertstore",
        "win-inet-pton",
        "winshell",
    }
    | {"tensorflow-intel", "win32-setctime", "wmi"},
    "darwin": {"tensorflow-macos", "tensorflow-metal", "pyobjc", "appnope"},
}
NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


def system_of(name: str) -> str:
    """The one system that a package is for, unless it is this one; empty for others."""
    plain = re.sub(r"[-_.]+", "-", name).lower()
    found = next((system for system, names in OF_ONE_SYSTEM.items() if plain in names), "")
    return "" if found == this_platform() else found


def offered(runtime: Runtime, read: Read) -> tuple[Fix, ...]:
    """What one click can do about the list that `runtime` was found from."""
    file = runtime.file
    if file is None or runtime.source not in {"conda", "requirements"}:
        return ()
    text = read(file)
    if runtime.source == "conda":
        changed = without_builds(text)
        label = "Try without builds"
        return (
            (Fix(action="replace", path=file, target=file, label=label, text=changed),)
            if changed != text
            else ()
        )
    environment = as_environment(text)
    if environment:
        target = CONDA_FILES[this_platform()][0]
        label = f"Create {target} from this list of Conda"
        return (Fix(action="create", path=file, target=target, label=label, text=environment),)
    cleaned = as_requirements(text)
    label = f"Replace {file} by the names and versions in it"
    if not cleaned:
        cleaned = with_conditions(text)
        label = f"Leave packages for other systems out of {file} on this one"
    if cleaned == text:
        return ()
    return (Fix(action="replace", path=file, target=file, label=label, text=cleaned),)


def without_builds(text: str) -> str:
    """An environment.yml without the third part of name=version=build, which belongs to one system."""
    return WITH_BUILD.sub(r"\g<before>\g<after>", text)


def printed_by(text: str) -> str:
    """The command that prints such a table in place of a list that pip reads; empty for other texts."""
    rows = _rows(text)
    if not rows:
        return ""
    if rows[0] == "@EXPLICIT":
        return "conda list --explicit"
    if all(EXPORTED.fullmatch(row) for row in rows):
        return "conda list --export"
    if re.search(r"^dependencies:\s*$", text, re.MULTILINE):
        return "conda env export"
    if re.search(r"^# +Name +Version +Build", text, re.MULTILINE):
        return "conda list"
    return "pip list" if rows[0].split()[:2] == ["Package", "Version"] else ""


def as_environment(text: str) -> str:
    """environment.yml of what `conda list`, with --export or --explicit, printed; empty for other texts."""
    rows = _rows(text)
    match printed_by(text):
        case "conda env export":
            return text
        case "conda list --export":
            found = [one for row in rows if (one := EXPORTED.fullmatch(row)) is not None]
            return _environment([(one["name"], one["version"], one["build"].split("_")[0]) for one in found])
        case "conda list --explicit":
            found = [one for row in rows[1:] if (one := ADDRESS.fullmatch(row)) is not None]
            channels = [one["channel"] for one in found]
            return _environment([(one["name"], one["version"], "") for one in found], channels)
        case "conda list":
            cells = [row.split() for row in rows]
            packages = [(row[0], row[1], row[3] if len(row) > 3 else "") for row in cells if len(row) > 2]
            names = [channel for _, _, channel in packages if channel not in {"", PYPI, "<develop>"}]
            return _environment(packages, names)
    return ""


def as_requirements(text: str) -> str:
    """requirements.txt of what `pip list` printed, or of `pip freeze` inside Conda; empty for other texts."""
    rows = _rows(text)
    if printed_by(text) == "pip list":
        cells = [row.split() for row in rows[1:] if not row.startswith("-")]
        return _text(f"{row[0]}=={row[1]}" for row in cells if len(row) == 2)
    if not any(NAMED_FILE.fullmatch(row) for row in rows):
        return ""
    return with_conditions(_text(_without_file(line) for line in text.splitlines()))


def with_conditions(text: str) -> str:
    """A requirements.txt in which packages for other systems are installed on those only."""
    return "".join(_with_condition(line) for line in text.splitlines(keepends=True))


def _with_condition(line: str) -> str:
    name = NAME.match(line)
    system = "" if name is None else system_of(name[0])
    if not system or ";" in line or line.rstrip().endswith("\\"):
        return line
    requirement, space, remark = line.rstrip().partition(" #")
    end = line[len(line.rstrip()) :]
    return f"{requirement.rstrip()} ; sys_platform == '{system}'{space and '  #'}{remark}{end}"


def _without_file(line: str) -> str:
    found = NAMED_FILE.fullmatch(line.strip())
    if found is None:
        return line
    version = OF_WHEEL.search(found["path"])
    return found["name"] if version is None else f"{found['name']}=={version['version']}"


def _rows(text: str) -> list[str]:
    rows = (line.strip() for line in text.splitlines())
    return [row for row in rows if row and not row.startswith("#")]


def _environment(packages: Iterable[tuple[str, str, str]], channels: Sequence[str] = ()) -> str:
    """`packages` are (name, version, where from); what is from PyPI comes into the pip section."""
    listed = list(packages)
    conda = [f"  - {name}={version}" for name, version, source in listed if source != PYPI]
    pip = [f"    - {name}=={version}" for name, version, source in listed if source == PYPI]
    if pip and not any(line.startswith("  - pip=") for line in conda):
        conda.append("  - pip")
    of_channels = [f"  - {name}" for name in dict.fromkeys(channels)]
    return _text(
        [
            *(["channels:", *of_channels] if of_channels else []),
            "dependencies:",
            *conda,
            *(["  - pip:", *(f"  {line}" for line in pip)] if pip else []),
        ]
    )


def _text(lines: Iterable[str]) -> str:
    return "\n".join([*lines, ""])
