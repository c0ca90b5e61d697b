"""Turns what PyYAML says about invalid YAML into a sentence that says what to do. Knows no task.yaml."""

import re

import yaml

_SENTENCES: tuple[tuple[str, str], ...] = (
    (
        r"found character '\\t' that cannot start any token",
        "found a tab, and YAML allows only spaces here; replace it with spaces",
    ),
    (
        r"found character (['\"].+['\"]) that cannot start any token",
        "a text can't begin with {0} in YAML; put the text in quotes",
    ),
    (
        r"mapping values are not allowed here",
        "found a colon where none is allowed; check the indentation of this line and of the one above, "
        "or put a text that contains a colon in quotes",
    ),
    (
        r"could not find expected ':'",
        "expected a colon after the key; check the line above for a missing one",
    ),
    (
        r"expected <block end>, but found .*",
        "found a line that does not fit the ones above it; give it the same indentation as its neighbours",
    ),
    (
        r"sequence entries are not allowed here",
        "found a list item where none is allowed; put it on its own line, indented like its neighbours",
    ),
    (r"mapping keys are not allowed here", 'found a "?" key where none is allowed'),
    (r"expected ',' or '\]', but got .*", 'expected a comma or the closing "]" of the list'),
    (r"expected ',' or '}', but got .*", 'expected a comma or the closing "}}" of the mapping'),
    (
        r"invalid indentation or unclosed '\[' or '{'",
        'found a line indented too little, or a "[" or "{{" not closed',
    ),
    (r"found unexpected end of stream", "the file ends inside a text in quotes; close the quotes"),
    (r"found unexpected document separator", "found --- or ... inside a text in quotes; close the quotes"),
    (
        r"found unknown escape character ['\"](.+)['\"]",
        "found the unknown escape \\{0} in double quotes; write two backslashes, or use single quotes",
    ),
    (
        r"found undefined alias (.+)",
        "found the alias {0} of nothing; put a text that begins with * in quotes",
    ),
    (r"found duplicate anchor (.+); first occurrence", "found the anchor {0} twice; give each its own name"),
    (r"but found another document", "expected one YAML document, found a second one after ---"),
    (
        r"expected the node content, but found .*",
        "expected a value, found punctuation; put the text in quotes",
    ),
    (
        r"expected alphabetic or numeric character, but found .*",
        "found a * or & that YAML takes for an alias or an anchor; put the text in quotes",
    ),
    (r"found incompatible YAML document.*", "expected YAML version 1.1 or 1.2, found another one"),
    (r"expected '<document start>', but found .*", "found something after the end of the document"),
    (
        r"expected chomping or indentation.*|expected a comment or a line break.*",
        "found something after the | or > that begins a text of several lines; put it on the next line",
    ),
    (
        r"found undefined tag handle (.+)",
        "found the unknown tag {0}; put a text that begins with ! in quotes",
    ),
)


def explain(text: str, error: yaml.YAMLError) -> tuple[int, int, str]:
    """Line and column, counted from 1, and the sentence for a YAMLError."""
    if isinstance(error, yaml.reader.ReaderError):
        return _unprintable(text, error)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    problem = getattr(error, "problem", None) or str(error)
    message = _after_closing(text, mark, problem) or _sentence(problem)
    opened = getattr(error, "context_mark", None)
    if opened is not None and opened.line + 1 < line and re.search("end of stream|expected ',' or", problem):
        message += f"; it was opened on line {opened.line + 1}"
    return line, column, message + _missing_param_groups(text)


def _after_closing(text: str, mark: yaml.Mark | None, problem: str) -> str:
    """The sentence where a value goes on after its quotes or brackets were closed; else empty."""
    if mark is None or not problem.startswith("expected <block end>"):
        return ""
    before = text.split("\n")[mark.line][: mark.column].rstrip()
    if before.endswith(("'", '"')):
        other = "double" if before[-1] == "'" else "single"
        return f"found more after the closing {before[-1]}; put all of the text in {other} quotes"
    if before.endswith(("]", "}")):
        return f"found more after the closing {before[-1]}; put all of it in quotes if it is a text"
    return ""


def _sentence(problem: str) -> str:
    for pattern, sentence in _SENTENCES:
        if match := re.fullmatch(pattern, problem, re.DOTALL):
            return sentence.format(*match.groups())
    return problem if problem.startswith("expected") else f"expected YAML: {problem}"


def _missing_param_groups(text: str) -> str:
    """The mistake of a published file: the list of groups follows the other keys without its own key."""
    has_params = re.search(r"^\s+(?:- )?params\s*:", text, re.MULTILINE)
    if has_params and not re.search(r"^param_groups\s*:", text, re.MULTILINE):
        return '; there are groups with "params:", but no line "param_groups:" above them'
    return ""


def _unprintable(text: str, error: yaml.reader.ReaderError) -> tuple[int, int, str]:
    before = text[: error.position]
    code = ord(error.character) if isinstance(error.character, str) else error.character
    names = {0: "a NUL character"}
    what = names.get(
        code, f"the control character U+{code:04X}" if code < 0xD800 else f"the character U+{code:04X}"
    )
    message = f"expected text, found {what}; remove it"
    if code == 0 and "\0" in text[error.position + 1 : error.position + 8]:
        message = f"expected text, found {what}; is this a binary file or one in UTF-16? Save it as UTF-8"
    line = before.count("\n") + 1
    return line, len(before) - before.rfind("\n"), message
