"""What to write instead of a line that is no requirement. Pure."""

import re
import unicodedata

from packaging.requirements import InvalidRequirement, Requirement

# Control and format characters, and those that stand for nothing.
HIDDEN = {"Cc", "Cf", "Cn", "Co"}
OTHER_TEXTS = (
    (("<<<<<<<", "=======", ">>>>>>>"), "It is of a merge that is not finished: choose one side of it."),
    ("<", "It is of a page in HTML: download the file itself."),
    (("* ", "```", "> ", "• "), "It is Markdown: write only the names of the packages, one a line."),
    (
        ("[packages]", "[project]", "[tool.", "[dependencies]"),
        "It is of a TOML file: write only the names of the packages, one a line.",
    ),
)
COMMAND = re.compile(r"[!%$]?\s*(?:sudo )?(?:pip|pip3|conda|mamba|uv|poetry|python3?) \S", re.ASCII)
EXPECTED = "Expected a line such as numpy, numpy==1.26.4 or numpy>=1.26,<2."
# How lines of other tools are written, what they are here, and the sentence.
REPAIRS = (
    (r"""["'](.+)["'],?""", r"\1", "Leave out the quotes: write {}."),
    (r"([\w.-]+)=([^=\s<>!~]+)(?:=\S+)?", r"\1==\2", "Such lines are for Conda: write {}."),
    (r"([\w.-]+)\s*=([<>])\s*(\S+)", r"\1\2=\3", "Write {}."),
    (r"([\w.-]+)\s*([<>=!~])\s+=\s*(\S+)", r"\1\2=\3", "Write {}, without a space in the middle."),
    (r"([\w.-]+)\s*={1,2}\s*\*", r"\1", "For any version, write {} alone."),
    (
        r"([\w.-]+)\s*:?\s+v?(\d[\w.+!-]*)(?:\s+.*)?",
        r"\1==\2",
        "It looks like a line of `pip list`: write {}.",
    ),
    (r"([\w.-]+)\s*[@^]\s*(\d+(?:\.\d+)*)", r"\1>=\2", "Such versions are for other tools: write {}."),
    (r"([\w.-]+)\s*~\s*(\d+(?:\.\d+)+)", r"\1~=\2", "Such versions are for other tools: write {}."),
    (r"""([\w.-]+)\s*=\s*["']([<>=!~][^"']*)["']""", r"\1\2", "It is of a TOML file: write {}."),
    (r"""([\w.-]+)\s*=\s*["']\*["']""", r"\1", "It is of a TOML file: write {}."),
    (r"(\S.*?)\s*[,;.]+", r"\1", "Write {}, without what follows it."),
    (r"git\+([\w.-]+@[\w.-]+):(\S+)", r"git+ssh://\1/\2", "Write {}."),
    (r"(?:git clone )?(https?://\S+|ssh://\S+)", r"git+\1", "If it is a git repository, write {}."),
    (r"([\w.-]+@[\w.-]+):(\S+)", r"git+ssh://\1/\2", "Write {}."),
)


def is_command(text: str) -> bool:
    return COMMAND.match(text) is not None


def instead_of(text: str) -> str:
    """What to write instead of a line that is none."""
    words = text.split()
    hidden = next((character for character in text if unicodedata.category(character) in HIDDEN), "")
    if hidden:
        return f"It holds an invisible character (U+{ord(hidden):04X}): write the line anew."
    if text.endswith("\\"):
        return "A space follows the \\ at its end: remove the space, or the \\ if the line ends there."
    if is_command(text):
        return "It is a command: write only the names of the packages, one a line."
    for starts, sentence in OTHER_TEXTS:
        if text.startswith(starts):
            return sentence
    if words[0] in {"import", "from"}:
        return "It is a line of Python: write the name of the package alone."
    if words[:2] == ["Package", "Version"]:
        return "It is the head of a table: write what `pip list --format=freeze` prints."
    for pattern, form, sentence in REPAIRS:
        found = re.fullmatch(pattern, text)
        line = "" if found is None else found.expand(form)
        if line and _is_requirement(line):
            return sentence.format(line)
    strange = next((character for character in text if not character.isascii()), "")
    if strange:
        return f"It holds {strange} (U+{ord(strange):04X}): write the line with the characters of a keyboard."
    if re.search(r";.*['\"]", text) and _is_requirement(text.partition(";")[0]):
        return "What follows the ; must be a condition such as sys_platform == 'linux'."
    names = re.split(r"[\s,;]+", text.strip("[](),; ").replace("'", "").replace('"', ""))
    if len(names) > 1 and all(map(_is_requirement, names)):
        return "Write each package in a line of its own."
    return EXPECTED


def _is_requirement(text: str) -> bool:
    """Whether an installer can read it, as a name with versions or as the address of a repository."""
    try:
        Requirement(f"x @ {text}" if text.startswith("git+") else text)
    except InvalidRequirement:
        return False
    return True
