"""What an installer draws on a terminal becomes lines that stay and a sentence about its progress."""

from hypothesis import given
from hypothesis import strategies as st

from runs.runtimes.installer_output import InstallerOutput

# As uv 0.13 draws, the first line of each drawing over the one before.
WIDTH = 80
ERASED = "\x1b[2K\x1b[1B\r\n\x1b[2K"


def row(text: str) -> str:
    return text.ljust(WIDTH)


def bar(name: str, done: str, whole: str) -> str:
    return row(f"\x1b[2m{name:20}\x1b[0m \x1b[32m---\x1b[30m\x1b[2m--------\x1b[0m\x1b[0m {done}/{whole}")


RESOLVING = row("⠋ Resolving dependencies...") + "\r\x1b[2K"
DOWNLOADING = (
    row("⠙ Preparing packages... (0/2)")
    + bar("numpy", "4.00 MiB", "16.00 MiB")
    + bar("six", "512.00 KiB", "1.00 MiB")
    + "\x1b[2A\r\n"
    + ERASED
)
BUILDING = row("   Building slow @ file:///x") + row("⠙ Preparing packages... (1/2)") + "\x1b[1A\r\n" + ERASED
BUILT = row("      Built slow @ file:///x") + row("⠙ Preparing packages... (1/2)") + "\r\n\x1b[2K"
INSTALLING = row("██████░░░░ [1/3] numpy==2.4.6") + "\r\x1b[2K"
ALL = (
    "Using Python 3.11.2 environment at: v\r\n"
    f"{RESOLVING}Resolved 3 packages in 6.12s\r\n{DOWNLOADING}{BUILDING}{BUILT}"
    f"Prepared 3 packages in 4.13s\r\n{INSTALLING}Installed 3 packages in 10ms\r\n + numpy==2.4.6\r\n"
)
STAYS = (
    "Using Python 3.11.2 environment at: v\nResolved 3 packages in 6.12s\n"
    "   Building slow @ file:///x\n      Built slow @ file:///x\nPrepared 3 packages in 4.13s\n"
    "Installed 3 packages in 10ms\n + numpy==2.4.6\n"
)


def shown(*pieces: bytes) -> str:
    output = InstallerOutput()
    return (b"".join(output.feed(piece, now=0.0) for piece in pieces) + output.end()).decode()


def said(*drawings: str, seconds: float = 2.0) -> str:
    output = InstallerOutput()
    for number, drawing in enumerate(drawings):
        output.feed(drawing.encode(), now=number * seconds)
    return output.progress(now=(len(drawings) - 1) * seconds)


def test_only_the_lines_that_stay_are_printed() -> None:
    assert shown(ALL.encode()) == STAYS


@given(st.lists(st.integers(0, len(ALL.encode())), max_size=8))
def test_it_does_not_matter_in_which_pieces_the_output_comes(cuts: list[int]) -> None:
    data = ALL.encode()
    edges = [0, *sorted(cuts), len(data)]
    assert shown(*[data[a:b] for a, b in zip(edges, edges[1:], strict=False)]) == STAYS


@given(st.lists(st.text(st.characters(min_codepoint=32, exclude_characters="⠋█░", max_codepoint=0x27FF))))
def test_other_output_is_printed_as_it_is(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    assert shown(text.encode()) == text


def test_a_blank_line_and_a_line_without_end_stay() -> None:
    assert shown(b"error: no\r\n\r\n  cause: so") == "error: no\n\n  cause: so\n"


def test_progress_tells_what_is_being_done() -> None:
    assert said("Using Python 3.11.2 environment\r\n") == ""
    assert said(f"{RESOLVING}\n") == "Finding out which packages are needed."
    assert said(BUILDING) == "Building slow from source."
    assert said(BUILDING, BUILT) == ""
    assert said(f"{INSTALLING}\n") == "Installing 1 of 3 packages."


def test_the_time_left_follows_from_what_was_downloaded_so_far() -> None:
    assert said(DOWNLOADING) == "Downloading 4.5 of 17.0 MiB."
    assert said(DOWNLOADING, DOWNLOADING) == "Downloading 4.5 of 17.0 MiB, about 6 s left."
    done = DOWNLOADING.replace("4.00 MiB/", "16.00 MiB/").replace("512.00 KiB/", "1.00 MiB/")
    assert said(DOWNLOADING, done) == ""


def test_a_drawing_without_an_end_is_not_kept_in_memory() -> None:
    output = InstallerOutput()
    for _ in range(100):
        output.feed(row("⠋ Resolving dependencies...").encode() * 100, now=0.0)
    assert len(output._open) < 100_000
