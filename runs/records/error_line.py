"""The line that says why a script failed, and the place in its files, from the end of its console. Pure.

The forms are those of Python 3.8 to 3.14, IPython, R 4, bash 5, dash, Perl 5, Node.js 22 and Julia 1.10.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

# So much of the line is kept.
LONGEST = 300
# What draws the frames of exception groups and of rich around lines.
FRAMED = re.compile(r"^\s*[|+│╭╰] ?|\s*[│╮╯]\s*$")
TRACEBACK = re.compile(r"Traceback \(most recent call last\)")
FRAME = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)')
# As IPython and rich write a frame.
OTHER_FRAME = re.compile(r"^(?:File )?(?P<path>[^\s:]+\.\w+):(?P<line>\d+)(?:,? in |\s*$)")
RAISED = re.compile(r"^[A-Za-z_][\w.]*(?:: .*|:)?$")
IS_ERROR = re.compile(r"(?:Error|Exception|Interrupt|Exit|Warning|Iteration|Group|Timeout|Expired|Died)$")
# Lines of other programs that say what went wrong; those with a place before those without.
PLACED = (
    re.compile(r"^(?:.*/)?(?P<path>[^\s:]+): line (?P<line>\d+): .+"),
    re.compile(r"^(?P<path>[^\s:]+): (?P<line>\d+): .+"),
    re.compile(r"^.+ at (?P<path>\S+) line (?P<line>\d+)\.$"),
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
NODE_PLACE = re.compile(r"^\s+at .*?\(?(?:file://)?(?P<path>/[^\s()]+?):(?P<line>\d+):\d+\)?$")
JULIA_PLACE = re.compile(
    r"^\s*@ \S+ (?P<path>[^\s:]+):(?P<line>\d+)$|^in expression starting at (?P<top>\S+):(?P<at>\d+)$"
)


@dataclass(frozen=True, kw_only=True)
class ErrorLine:
    """The line, and the file of the Run with the number of the line in it; empty and 0 when that is not said.

    `after` is what was printed from that line on.
    """

    text: str
    path: str = ""
    line: int = 0
    after: tuple[str, ...] = ()


def find(lines: Sequence[str], own: Callable[[str], str]) -> ErrorLine | None:
    """What says why the script failed, from the last lines that it printed; None if it printed nothing.

    `own` gives the path below the working folder of a file that a program named; empty for files of others.
    """
    bare = [FRAMED.sub("", line).rstrip() for line in lines]
    candidates = [*_raised(bare), *_said(bare)]
    if candidates:
        index, places = max(candidates, key=lambda candidate: candidate[0])
    else:
        index = next((i for i in _backwards(bare) if SUSPECT.search(bare[i])), -1)
        index = index if index >= 0 else next((i for i in _backwards(bare) if _says_something(bare[i])), -1)
        places = []
    if index < 0:
        return None
    path, number = _place([*places, *_places_after(bare, index)], own)
    text = _whole(bare, index)
    return ErrorLine(text=_cut(text), path=path, line=number, after=tuple(bare[index:]))


def _raised(lines: Sequence[str]) -> Iterator[tuple[int, list[tuple[str, int]]]]:
    """The line of each Python exception that was not caught, with the frames before it, the last first."""
    frames: list[tuple[str, int]] = []
    is_open = False
    for index, line in enumerate(lines):
        if TRACEBACK.search(line):
            frames, is_open = [], True
        elif (frame := FRAME.match(line) or (OTHER_FRAME.match(line) if is_open else None)) is not None:
            frames.insert(0, (frame["path"], int(frame["line"])))
        elif RAISED.match(line) and (is_open or (frames and IS_ERROR.search(line.partition(":")[0]))):
            yield index, frames
            is_open = False


def _said(lines: Sequence[str]) -> Iterator[tuple[int, list[tuple[str, int]]]]:
    for index, line in enumerate(lines):
        placed = next((found for pattern in PLACED if (found := pattern.match(line))), None)
        if placed is not None:
            yield index, [(placed["path"], int(placed["line"]))]
        elif any(pattern.match(line) for pattern in SAID):
            yield index, []


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


def _whole(lines: Sequence[str], index: int) -> str:
    """The line, with the next when it only announces it."""
    text = lines[index].strip()
    following = next((line.strip() for line in lines[index + 1 : index + 3] if line.strip()), "")
    return f"{text} {following}".strip() if text.endswith(":") else text


def _backwards(lines: Sequence[str]) -> Iterator[int]:
    return iter(range(len(lines) - 1, -1, -1))


def _says_something(line: str) -> bool:
    return bool(line.strip()) and EMPTY_WORDS.match(line.strip()) is None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
