"""Parameters that surely have no effect on a script, since it never reads them. Runs nothing."""

import ast
import re
from collections.abc import Mapping, Sequence

from tasks.preflight import names
from tasks.preflight.imports import imports_of
from tasks.preflight.installs import code_lines
from tasks.preflight.packages import own_modules
from tasks.proposals.code import Code, Unreadable, imported_with, read_code
from tasks.proposals.escapes import escapes, holders
from tasks.proposals.propose import is_launcher, read_scripts
from tasks.proposals.reads import VARIABLE, text_reads
from tasks.runtime import interpreter_of, launched
from tasks.types.declarations import TaskSpec

# With any of these, other code may read them, or names are made while it runs.
_UNSURE = re.compile(
    r"(?<!\.)\b(?:exec|eval|compile|globals|locals)\s*\("
    r"|\b(?:runpy|subprocess|os\.system|os\.exec\w*|os\.spawn\w*|popen|Popen|import_module|__import__|rpy2"
    r"|papermill|get_ipython|import sh)\b"
)
# Of the commands in notebooks, those that only prepare them read no parameters.
_MAGIC = re.compile(r"\s*(?:!(?!\s*pip)|%(?!matplotlib|pip|load_ext|autoreload|time|config|conda))")
_UNSURE_OPTIONS = re.compile(
    r"parse_known_args|REMAINDER|HfArgumentParser|simple_parsing|tyro|\bfire\b|jsonargparse|LightningCLI|hydra|absl|docopt"
)
_UNSURE_R = re.compile(
    r"\b(?:source|system2?|do\.call|assign|list2env|attach|with|within|eval|lapply|sapply|map|for|names)\b"
)
_R_READS = re.compile(r"coretex|parameters|Sys\.getenv", re.IGNORECASE)
_R_LOADED = re.compile(r"(?m)^\s*([A-Za-z][\w.]*)\s*(?:<-|=).*\b(?:fromJSON|read_json)\(")
_R_PACKAGES = re.compile(r"\b(?:library|require|requireNamespace)\(|::")


def without_effect(spec: TaskSpec, files: Mapping[str, str], script: str) -> list[str]:
    """The names of the parameters that `script` never reads.

    None where anything about it is unsure: parameters that are used as a whole, code that cannot be read.
    """
    kind = interpreter_of(script)
    if not spec.parameters or script not in files:
        return []
    if kind == "Rscript":
        return _in_r(spec, files[script], script)
    if kind not in ("python", "notebook"):
        return []
    try:
        return _in_python(spec, files, script)
    except (Unreadable, RecursionError):
        return []


def sentence(found: Sequence[str], script: str, *, most: int = 5) -> str:
    """What to say of parameters without effect; empty if there are none."""
    if not found:
        return ""
    shown = [*found[:most], *([f"{len(found) - most} more"] if len(found) > most else [])]
    text = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    values = "its value has" if len(found) == 1 else "their values have"
    return f"{script} never reads {text}, so {values} no effect."


def _in_python(spec: TaskSpec, files: Mapping[str, str], script: str) -> list[str]:
    runs = launched(script) if is_launcher(files[script]) else script
    if runs not in files:
        return []
    is_filled = runs != script
    codes = [read_code(files[path], path) for path in imported_with(files, runs)]
    text = "\n".join(code.text for code in codes)
    if _UNSURE.search(text) or any(_MAGIC.match(line) for line in code_lines(files[runs])):
        return []
    (reading,) = read_scripts(files, [runs]) or (None,)
    if reading is None:
        return []
    names_read = {read.name for reads in reading.reads for read in (*reads.names, *reads.defaults)}
    if is_filled or any(reads.fills_options for reads in reading.reads):
        known = names_read | {option.name for option in reading.options}
        if not reading.options or _UNSURE_OPTIONS.search(text) or any(r.dynamic for r in reading.reads):
            return []
        return [p.name for p in spec.parameters if p.name not in known and not _has_word(text, p.name)]
    if VARIABLE not in text and not _may_load(codes, text):
        return [p.name for p in spec.parameters]
    if not names_read or any(r.dynamic for r in reading.reads) or any(escapes(code) for code in codes):
        return []
    if _is_shared(codes):
        return []
    texts = {getattr(node, "value", "") for code in codes for node in code.nodes if _is_text(node)}
    return [p.name for p in spec.parameters if p.name not in names_read and p.name not in texts]


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _has_word(text: str, name: str) -> bool:
    words = {name, name.replace("_", "-"), name.replace("-", "_")}
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None for word in words)


def _may_load(codes: Sequence[Code], text: str) -> bool:
    """Whether something else may read the parameters: the platform's client, a package that is not known."""
    if re.search(r"coretex|parameters|task\.yaml", text, re.IGNORECASE):
        return True
    known = {*names.STANDARD, *own_modules(code.path for code in codes)}
    modules = [one.module for code in codes for one in imports_of(code)]
    return any(m.split(".")[0] not in known and not names.distributions(m) for m in modules)


def _is_shared(codes: Sequence[Code]) -> bool:
    """Whether one file takes from another what holds the parameters."""
    held = {name for code in codes for name in holders(code)} if len(codes) > 1 else set()
    return any(
        (isinstance(node, ast.alias) and (node.name in held or node.name == "*"))
        or (isinstance(node, ast.Attribute) and node.attr in held)
        for code in codes
        for node in code.nodes
    )


def _in_r(spec: TaskSpec, text: str, script: str) -> list[str]:
    reads = text_reads(text, script)
    code = "\n".join(re.sub(r"#.*", "", line) for line in text.split("\n"))
    if _UNSURE_R.search(code):
        return []
    if not reads.loads:
        is_sure = not _R_PACKAGES.search(code) and not re.search(
            r"coretex|parameters|Sys\.getenv", code, re.I
        )
        return [p.name for p in spec.parameters] if is_sure else []
    known = {read.name for read in reads.names}
    if _is_whole_in_r(code):
        return []
    return [p.name for p in spec.parameters if known and p.name not in known and not _has_word(code, p.name)]


def _is_whole_in_r(code: str) -> bool:
    """Whether R code does anything with the list of the parameters but to take items of it by name."""
    held = {match[1] for match in _R_LOADED.finditer(code)} or {"parameters"}
    name = "|".join(map(re.escape, sorted(held)))
    taken = re.sub(rf"""(?<![\w.$])(?:{name})(?:\$[A-Za-z][\w.]*|\[\["[^"]+"\]\])""", "", code)
    rest = re.sub(rf"(?m)^\s*(?:{name})\s*(?:<-|=)", "", taken)
    return re.search(rf"(?<![\w.$])(?:{name})(?![\w.])", rest) is not None
