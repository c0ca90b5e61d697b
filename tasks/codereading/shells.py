"""Which parameters R and shell scripts read by name, found with patterns. Runs nothing."""

import re
from bisect import bisect_right
from collections.abc import Iterator

from tasks.codereading.findings import Default, NameRead, Place, Reads

VARIABLE = "CORETEX_PARAMETERS"
_MAX_VARIABLES = 10  # each costs a pass over the code
_R_TOKEN = re.compile(r"""(?P<comment>\#[^\n]*)|(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""", re.DOTALL)
_R_NAME = r"[A-Za-z.][\w.]*"
_R_FILE = re.compile(rf"({_R_NAME})\s*(?:<-|=)\s*[^\n]{{0,200}}?Sys\.getenv\([^)\n]{{0,20}}?{VARIABLE}")
_R_WRAPPERS = {
    "as.integer": "int", "as.numeric": "float", "as.double": "float", "as.character": "str",
    "as.logical": "bool", "seq_len": "int",
}  # fmt: skip
_JQ_NAME = re.compile(r"""(?<![\w\])"$.?])\.(?:([A-Za-z_]\w*)|\[?"([^"\\]+)"\]?)(\.path\b)?""")
_JQ_DEFAULT = re.compile(r"""\s*//\s*("[^"]*"|-?[\d.]+|true|false)""")
_JQ_WHOLE = re.compile(r"\bto_entries\b|\bkeys\b|(?<![\w\]\")])\.\[\]|\.\[\$|\$\w+\]|\bwith_entries\b")
_WRAPPER = re.compile(
    r"(?m)^[ \t]*(?:function[ \t]+)?(\w+)[ \t]*(?:\([ \t]*\))?\s{0,20}\{((?:[^{}]|\$\{\w+\})*)\}"
)
_SHELL_WORD = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|[^\s|;)`<>&"']+""")
_PYTHON_NAME = re.compile(rf"""{VARIABLE}[\\"'\])]+\[\\?["'](\w+)""")
_ALIAS = re.compile(rf"(?:^|[\s;])(\w+)=[\"']?\$\{{?{VARIABLE}\b")


def r_reads(text: str, path: str) -> Reads:
    """`parameters$x`, `parameters[["x"]]`, for every name that the parameters were loaded into."""
    code = _without_r_comments(text)
    variables = _r_variables(code)
    starts = [match.end() for match in re.finditer("\n", code)]
    names: list[NameRead] = []
    written: set[str] = set()
    dynamic: list[int] = []
    for variable in variables:
        at = rf"(?<![\w.$@]){re.escape(variable)}"
        use = re.compile(
            rf"""{at}\s*(?:\$\s*(?:({_R_NAME})|`([^`\n]+)`)|\[\[?\s*["']([^"'\n]+)["']\s*\]\]?)"""
            r"""(?P<path>\$path\b|\[\["path"\]\])?(?P<write>\s*(?:<-|=(?!=)))?(?:\s*%\|\|%\s*(?P<default>[^\s,)]+))?"""
        )
        for match in use.finditer(code):
            name = match[1] or match[2] or match[3]
            if _is_in_text(code, match.start()):
                continue
            if match["write"]:
                written.add(name)
                continue
            before = re.search(r"([\w.]+)\(\s*$", code[max(0, match.start() - 40) : match.start()])
            hint = "dataset" if match["path"] else _R_WRAPPERS.get(before[1], "") if before else ""
            default = None if match["default"] is None else _r_constant(match["default"])
            place = Place(path=path, line=bisect_right(starts, match.start()) + 1)
            names.append(NameRead(name=name, place=place, default=default, data_type=hint))
        whole = re.compile(
            rf"""{at}\s*\[{{1,2}}\s*(?![\["'\s])[^\]]|(?:names|lapply|sapply|Map|list2env|attach|with|within|unlist|"""
            rf"""do\.call|modifyList)\([^()\n]*{at}\b(?!\s*[$\[])|\bin\s+{at}\b(?!\s*[$\[])"""
        )
        dynamic += [match.start() for match in whole.finditer(code) if not _is_in_text(code, match.start())]
    first = min(dynamic, default=None)
    return Reads(
        names=tuple(sorted(names, key=lambda read: (read.place.line, read.name))),
        dynamic=None if first is None else Place(path=path, line=bisect_right(starts, first) + 1),
        written=frozenset(written),
        loads=VARIABLE in code or bool(names),
    )


def _r_variables(code: str) -> list[str]:
    """The names that hold the parameters: what is parsed from the file that the variable names."""
    files = sorted({match[1] for match in _R_FILE.finditer(code)})[:_MAX_VARIABLES]
    sources = "|".join([VARIABLE, *(rf"\b{re.escape(file)}\b" for file in files)])
    loaded = re.compile(
        rf"({_R_NAME})\s*(?:<-|=)\s*[^\n]{{0,100}}?(?:fromJSON|read_json)[^\n]{{0,200}}?(?:{sources})"
    )
    found = [match[1] for match in loaded.finditer(code)]
    is_own = re.search(r"(?<![\w.$@])parameters\s*(?:<-|=(?!=))", code)
    if "parameters" not in found and (not is_own or VARIABLE in code):
        found.append("parameters")
    return list(dict.fromkeys(reversed(found)))[:_MAX_VARIABLES]


def _without_r_comments(text: str) -> str:
    return _R_TOKEN.sub(lambda match: "" if match["comment"] else match[0], text)


def _is_in_text(code: str, position: int) -> bool:
    """Whether a position is inside quotes of its line."""
    line = code[code.rfind("\n", max(0, position - 2000), position) + 1 : position][-2000:]
    return any(re.sub(r"\\.", "", line).count(quote) % 2 for quote in "\"'")


def _r_constant(text: str) -> Default:
    words = {"TRUE": True, "FALSE": False, "T": True, "F": False, "NULL": None}
    if text in words:
        return Default(value=words[text])
    if re.fullmatch(r"\"[^\"]*\"|'[^']*'", text):
        return Default(value=text[1:-1])
    return _number(text.removesuffix("L")) or Default(unread=text)


def _number(text: str) -> Default | None:
    if re.fullmatch(r"-?\d{1,18}", text):
        return Default(value=int(text))
    return Default(value=float(text)) if re.fullmatch(r"-?\d{1,18}\.\d{0,18}(?:e-?\d{1,2})?", text) else None


def shell_reads(text: str, path: str) -> Reads:
    """`jq -r .x "$CORETEX_PARAMETERS"`, also through a variable or a function that wraps jq."""
    if VARIABLE not in text:
        return Reads()
    code = re.sub(r"(?m)(^|\s)#[^\n]*", r"\1", text)
    variables = {VARIABLE, *sorted(set(_ALIAS.findall(code)))[:_MAX_VARIABLES]}
    named = {match[1] for match in _WRAPPER.finditer(code) if _wraps(match[2], variables)}
    wrappers = sorted(named)[:_MAX_VARIABLES]
    rest = _WRAPPER.sub(lambda match: _blanked(match, variables), code)
    names: list[NameRead] = []
    dynamic: Place | None = None
    for number, line in _logical_lines(rest):
        place = Place(path=path, line=number)
        if re.search(r"\bjq\b", line) and _mentions(line, variables):
            for expression in _filters(line):
                names += _jq_names(expression, place)
                if dynamic is None and _JQ_WHOLE.search(expression):
                    dynamic = place
        names += [NameRead(name=name, place=place) for name in _PYTHON_NAME.findall(line)]
        for wrapper in wrappers:
            for match in re.finditer(rf"(?:^|[\s(;|&`]){re.escape(wrapper)}\s+[\"']?(\w+)", line):
                names.append(NameRead(name=match[1], place=place))
    return Reads(names=tuple(names), dynamic=dynamic, loads=True)


def _logical_lines(code: str) -> Iterator[tuple[int, str]]:
    """(number of the first, text) of lines, those that a backslash continues joined."""
    begun, first = "", 1
    for number, line in enumerate(code.split("\n"), 1):
        first = first if begun else number
        if line.endswith("\\"):
            begun += line[:-1] + " "
        else:
            yield first, begun + line
            begun = ""
    if begun:
        yield first, begun


def _wraps(body: str, variables: set[str]) -> bool:
    """Whether a function looks up the parameter that it is given."""
    return bool(re.search(r"\$\{?1\b", body)) and (VARIABLE in body or _mentions(body, variables))


def _blanked(match: re.Match[str], variables: set[str]) -> str:
    return "\n" * match[0].count("\n") if _wraps(match[2], variables) else match[0]


def _mentions(line: str, variables: set[str]) -> bool:
    return any(re.search(rf"\$\{{?{variable}\b", line) for variable in variables)


def _filters(line: str) -> Iterator[str]:
    """What jq is asked for, once for each jq on the line."""
    for part in re.split(r"\bjq\b", line)[1:]:
        words = [word for word in _SHELL_WORD.findall(part) if not word.startswith("-")]
        if words and words[0][0] in "\"'":
            yield words[0][1:-1].replace('\\"', '"') if words[0][0] == '"' else words[0][1:-1]
        elif words:
            yield words[0]


def _jq_names(expression: str, place: Place) -> Iterator[NameRead]:
    for match in _JQ_NAME.finditer(expression):
        fallback = _JQ_DEFAULT.match(expression, match.end())
        yield NameRead(
            name=match[1] or match[2],
            place=place,
            default=None if fallback is None else _jq_constant(fallback[1]),
            data_type="dataset" if match[3] else "",
        )


def _jq_constant(text: str) -> Default:
    words = {"true": True, "false": False}
    if text in words:
        return Default(value=words[text])
    return Default(value=text[1:-1]) if text.startswith('"') else _number(text) or Default(unread=text)
