"""What an installer draws on a terminal: the lines that stay, and how far it has come. Pure.

uv 0.13 draws spinners (`⠋ Preparing packages... (2/7)`), blocks (`██░░ [3/7] numpy==2.4.6`) and for each
file `numpy  ----- 12.00 MiB/16.13 MiB`, and wipes them before it prints a line that stays.
"""

import re

from coretex_site.lib import durations

# The columns of the terminal that it is shown: so many that no sentence of an error is broken into lines.
COLUMNS = 1000
ERASE = b"\x1b[2K"
UP = re.compile(rb"\x1b\[\d*A")
# What was drawn up to the last column, with what was printed after it on the next line.
FILLED = re.compile(rb" {200,}(?=\S)")
ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|[\r\x00-\x08]")
DRAWN = re.compile(r"[⠀-⣿█░]|-{2,} +[\d.]+ (?:[KMGT]i)?B/")
FILE = re.compile(r"(\S+) +-+ +([\d.]+) ((?:[KMGT]i)?B)/([\d.]+) ((?:[KMGT]i)?B)")
BUILT = re.compile(r"\b(Building|Built) (\S+(?: @ \S+)?)")
COUNTED = re.compile(r"\[(\d+)/(\d+)\]")
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
# Of one that draws without ever ending a line.
LONGEST_DRAWING = 65536
# The first moments of a download say little about the rest.
TRUSTED_AFTER = 1.0


class InstallerOutput:
    """Takes the bytes as they come, in pieces of any length; times are seconds of any one clock."""

    def __init__(self) -> None:
        self._open = b""
        self._files: dict[str, tuple[float, float]] = {}
        self._since: float | None = None
        self._known: set[str] = set()
        self._building: list[str] = []
        self._installed = ""
        self._resolves = False

    def feed(self, data: bytes, *, now: float) -> bytes:
        """The bytes for the console that are due: whole lines that stay."""
        *lines, self._open = (self._open + data).split(b"\n")
        kept = b"".join(self._read(line, now) for line in lines)
        wiped, erase, drawing = self._open.rpartition(ERASE)
        if erase:
            # Drawn and wiped again, without the end of a line.
            kept += self._look(_plain(wiped), now)
            self._open = erase + drawing
        if len(self._open) > LONGEST_DRAWING:
            kept += self._read(self._open, now)
            self._open = b""
        return kept

    def end(self) -> bytes:
        """What was left without its end."""
        rest, self._open = self._open, b""
        return self._read(rest, 0.0) if rest else b""

    def progress(self, *, now: float) -> str:
        """A sentence; empty while there is nothing to say."""
        if self._installed:
            return f"Installing {self._installed} packages."
        total = sum(size for _, size in self._files.values())
        done = sum(part for part, _ in self._files.values())
        if total > done:
            left = ""
            spent = 0.0 if self._since is None else now - self._since
            if done and spent >= TRUSTED_AFTER:
                seconds = max(1, round(spent * (total - done) / done))
                text = f"{seconds} s" if seconds < durations.MINUTE else durations.duration(seconds)
                left = f", about {text} left"
            return f"Downloading {_size(done)} of {_size(total)} MiB{left}."
        if self._building:
            return f"Building {', '.join(self._building)} from source."
        return "Finding out which packages are needed." if self._resolves else ""

    def _read(self, line: bytes, now: float) -> bytes:
        """What stays of a line. What is only drawn is looked at for numbers."""
        kept = self._look(_plain(line), now)
        last = line.rstrip(b"\r").rpartition(ERASE)[2].rpartition(b"\r")[2]
        text = _plain(last)
        if DRAWN.search(text) is not None or (ERASE in line and not text.strip()):
            return kept
        self._resolves, self._installed = False, ""
        return kept + FILLED.sub(b"\n", UP.sub(b"", last)) + b"\n"

    def _look(self, drawn: str, now: float) -> bytes:
        """Reads what is drawn, if anything is; its lines about builds are printed, once."""
        if DRAWN.search(drawn) is None:
            return b""
        self._resolves = "Resolving" in drawn or (self._resolves and "Preparing" not in drawn)
        counted = COUNTED.search(drawn)
        self._installed = f"{counted[1]} of {counted[2]}" if counted is not None else ""
        for name, part, unit, whole, unit_of_whole in FILE.findall(drawn):
            if self._since is None:
                self._since = now
            self._files[name] = float(part) * UNITS[unit], float(whole) * UNITS[unit_of_whole]
        return b"".join(self._note_build(verb, what) for verb, what in BUILT.findall(drawn))

    def _note_build(self, verb: str, what: str) -> bytes:
        line = f"{verb:>11} {what}"
        if line in self._known:
            return b""
        self._known.add(line)
        name = what.partition(" @ ")[0]
        if verb == "Building":
            self._building.append(name)
        elif name in self._building:
            self._building.remove(name)
        return f"{line}\n".encode()


def _plain(line: bytes) -> str:
    return ESCAPE.sub("", line.decode("utf-8", "replace"))


def _size(number: float) -> str:
    return f"{number / UNITS['MiB']:,.1f}"
