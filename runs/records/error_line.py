"""The line that says why a script failed, and the place in its files, from the end of its console. Pure.

The forms are those of Python 3.8 to 3.14, IPython, R 4, bash 5, dash, Perl 5, Node.js 22 and Julia 1.10.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

# So much of the line is kept.
LONGEST = 300
# As runs.runtimes.notebook_run says which cell it was.
CELL = re.compile(r"^(?:Cell|The kernel ended .* in cell) (?P<cell>\d+) of \d+(?: failed:$|;)")
# What draws the frames of exception groups and of rich around lines.
FRAMED = re.compile(r"^\s*[|+│╭╰] ?|\s*[│╮╯]\s*$")
TRACEBACK = re.compile(r"Traceback \(most recent call last\)")
# Loguru marks the frame that caught the exception with ">".
FRAME = re.compile(r'^[\s>]*File "(?P<path>[^"]+)", line (?P<line>\d+)')
# As IPython and rich write a frame.
OTHER_FRAME = re.compile(r"^(?:File )?(?P<path>[^\s:]+\.\w+):(?P<line>\d+)(?:,? in\b|\s*$)")
RAISED = re.compile(r"^[A-Za-z_][\w.]*(?:: .*|:)?$")
IS_ERROR = re.compile(r"(?:Error|Exception|Interrupt|Exit|Warning|Iteration|Group|Timeout|Expired|Died)$")
# What announces an exception that ended nothing by itself.
ASIDE = re.compile(r"^(?:Task exception was never retrieved|Exception ignored in|--- Logging error ---)")
# The box in which rich shows a traceback, and wraps messages to the width of; the head of one of typer's.
BOX_END = re.compile(r"^\s*╰─+╯$")
BOX_TITLE = re.compile(r"^─+ (?:Error|error) ─+$")
# Lines of other programs that say what went wrong; those with a place before those without.
PLACED = (
    re.compile(r"^SyntaxError: .* in file (?P<path>.+) on line (?P<line>\d+), but no encoding declared.*"),
    re.compile(r"^(?:.*/)?(?P<path>[^\s:]+): line (?P<line>\d+): .+"),
    re.compile(r"^(?P<path>[^\s:]+): (?P<line>\d+): .+"),
    re.compile(r"^.+ at (?P<path>\S+) line (?P<line>\d+)(?:, .+|\.)$"),
    re.compile(r"^(?P<path>/?[^\s:]+):(?P<line>\d+)(?::\d+)?:? .*\b(?:[Ee]rror|unexpected)\b.*"),
)
SAID = (
    re.compile(r"^\S.*?: error: .+"),
    re.compile(r"^(?:Uncaught )?(?:Error|ERROR|error|FATAL|Fatal|fatal)(?: in \S.*)?\s?: ?.*"),
    re.compile(r"^(?P<name>[A-Z]\w*(?:Error|Exception))(?: \[\w+\])?: .+"),
)
SUSPECT = re.compile(r"\b(?:error|fatal|exception|failed|panic|cannot|denied|killed)\b", re.IGNORECASE)
# After the line, R says only that it gives up.
EMPTY_WORDS = re.compile(r"^(?:Execution halted|Calls: .*|In addition: Warning message.*|Aborted!?)$")
# As Perl does.
GIVES_UP = re.compile(r"^(?:BEGIN failed--|Execution of \S+ aborted due to |Compilation failed in require )")
VALIDATION = re.compile(r"\b\d+ validation errors? for .+$")
NODE_PLACE = re.compile(r"^\s+at .*?\(?(?:file://)?(?P<path>/[^\s()]+?):(?P<line>\d+):\d+\)?$")
JULIA_PLACE = re.compile(
    r"^\s*@ \S+ (?P<path>[^\s:]+):(?P<line>\d+)$|^in expression starting at (?P<top>\S+):(?P<at>\d+)$"
)


@dataclass(frozen=True, kw_only=True)
class ErrorLine:
    """The line, and the file of the Run with the number of the line in it; empty and 0 when that is not said.

    `after` is what was printed from that line on, `before` the traceback that leads to it.
    `cell` is the number of a notebook's code cell, 0 without one.
    """

    text: str
    path: str = ""
    line: int = 0
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    cell: int = 0


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A line that may be the one, the `places` named with it, and where its traceback begins."""

    index: int
    places: Sequence[tuple[str, int]] = ()
    start: int = -1
    is_aside: bool = False


def find(lines: Sequence[str], own: Callable[[str], str]) -> ErrorLine | None:
    """What says why the script failed, from the last lines that it printed; None if it printed nothing.

    `own` gives the path below the working folder of a file that a program named; empty for files of others.
    """
    bare = [FRAMED.sub("", line).rstrip() for line in lines]
    raised = list(_raised(bare, lines))
    known = {candidate.index for candidate in raised}
    candidates = [*raised, *(said for said in _said(bare) if said.index not in known)]
    if candidates:
        best = max(candidates, key=lambda candidate: (not candidate.is_aside, candidate.index))
    else:
        index = next((i for i in _backwards(bare) if SUSPECT.search(bare[i])), -1)
        index = index if index >= 0 else next((i for i in _backwards(bare) if _says_something(bare[i])), -1)
        if index < 0:
            return None
        best = Candidate(index=index)
    path, number = _place([*best.places, *_places_after(bare, best.index)], own)
    return ErrorLine(
        text=_cut(_whole(bare, best.index, width=_box_width(lines, best))),
        path=path,
        line=number,
        after=tuple(bare[best.index :]),
        before=tuple(bare[best.start : best.index]) if best.start >= 0 else (),
        cell=next((int(said["cell"]) for line in bare[best.index :: -1] if (said := CELL.match(line))), 0),
    )


def _raised(lines: Sequence[str], printed: Sequence[str]) -> Iterator[Candidate]:
    """The line of each Python exception that was not caught, with the frames before it, the last first.

    `printed` has the same lines with what draws frames around them.
    """
    frames: list[tuple[str, int]] = []
    is_open = is_aside = is_over = False
    start = -1
    for index, line in enumerate(lines):
        # After an exception only those of the same group have its frames.
        if is_over and line and printed[index][0] not in " |+│╭╰":
            frames, start, is_over = [], -1, False
        if ASIDE.match(line):
            is_aside = True
        elif TRACEBACK.search(line):
            frames, start, is_open = [], index, True
        elif (frame := FRAME.match(line) or (OTHER_FRAME.match(line) if is_open else None)) is not None:
            start = index if start < 0 else start
            frames.insert(0, (frame["path"], int(frame["line"])))
        elif RAISED.match(line) and (
            # In a box a word alone may be the rest of a frame.
            (is_open and not printed[index].startswith("│"))
            or (frames and IS_ERROR.search(line.partition(":")[0]))
        ):
            yield Candidate(index=index, places=list(frames), start=start, is_aside=is_aside)
            is_open, is_aside, is_over = False, False, True


def _said(lines: Sequence[str]) -> Iterator[Candidate]:
    for index, line in enumerate(lines):
        if GIVES_UP.match(line):
            continue
        placed = next((found for pattern in PLACED if (found := pattern.match(line))), None)
        if placed is not None:
            yield Candidate(index=index, places=[(placed["path"], int(placed["line"]))])
        elif BOX_TITLE.match(line) or any(pattern.match(line) for pattern in SAID):
            yield Candidate(index=index)


def _places_after(lines: Sequence[str], index: int) -> Iterator[tuple[str, int]]:
    """Where Node.js and Julia say that it happened."""
    for line in lines[index + 1 :]:
        if (found := NODE_PLACE.match(line)) is not None:
            yield found["path"], int(found["line"])
        elif (found := JULIA_PLACE.match(line)) is not None:
            yield found["path"] or found["top"], int(found["line"] or found["at"])


def _place(places: Iterable[tuple[str, int]], own: Callable[[str], str]) -> tuple[str, int]:
    """The first of the script's own files."""
    return next(((path, line) for named, line in places if (path := own(named))), ("", 0))


def _whole(lines: Sequence[str], index: int, *, width: int) -> str:
    """The line, with those after it that belong to its sentence."""
    text = lines[index].strip()
    following = [line.strip() for line in lines[index + 1 :]]
    if BOX_TITLE.match(text):
        return " ".join(itertools.takewhile(lambda line: not line.startswith("─"), following))
    if VALIDATION.search(text):
        return ": ".join(filter(None, [text, *following[:2]]))
    if text.endswith(":"):
        return f"{text} {next(filter(None, following[:2]), '')}".strip()
    row = text
    for line in following if width else ():
        if not line or len(row) + 1 + len(line.split()[0]) <= width:
            break
        text, row = f"{text} {line}", line
    return text


def _box_width(lines: Sequence[str], found: Candidate) -> int:
    """The width of the box around the traceback before the line; 0 without one."""
    above = lines[max(found.start, found.index - 2) : found.index] if found.start >= 0 else ()
    return next((len(line.rstrip()) for line in above if BOX_END.match(line)), 0)


def _backwards(lines: Sequence[str]) -> Iterator[int]:
    return iter(range(len(lines) - 1, -1, -1))


def _says_something(line: str) -> bool:
    return bool(line.strip()) and EMPTY_WORDS.match(line.strip()) is None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
