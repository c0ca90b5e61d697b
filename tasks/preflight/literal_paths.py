"""Paths that Python code writes down where it reads files: "a/b", Path("a") / "b", names for these."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tasks.proposals.code import Code, argument_of, dotted, last_name

# Functions whose first argument is a file or folder that is read, by the last part of their name.
_READERS = frozenset({
    "loadtxt", "genfromtxt", "fromfile", "loadmat", "imread", "open_dataset", "read_h5ad", "read_10x_h5",
    "read_csv", "read_table", "read_excel", "read_json", "read_parquet", "read_feather", "read_pickle",
    "read_hdf", "read_fwf", "read_stata", "read_sas", "read_spss", "read_xml", "read_html", "read_orc",
    "read_file", "read_ipc", "scan_csv", "scan_parquet", "listdir", "scandir",
})  # fmt: skip
# Such functions that only mean this with what is before them.
_DOTTED = frozenset({
    "open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "zipfile.ZipFile", "ZipFile",
    "tarfile.open", "np.load", "numpy.load", "torch.load", "joblib.load", "Image.open", "PIL.Image.open",
    "h5py.File", "ET.parse", "etree.parse", "librosa.load", "sf.read", "soundfile.read", "nib.load",
    "nibabel.load", "pd.ExcelFile", "SeqIO.parse", "SeqIO.read", "SeqIO.index", "AlignIO.read",
    "pysam.FastaFile", "pysam.AlignmentFile", "pysam.VariantFile", "rasterio.open", "wave.open", "toml.load",
    "trimesh.load", "runpy.run_path", "nx.read_gml", "nx.read_edgelist",
})  # fmt: skip
_METHODS = frozenset({"open", "read_text", "read_bytes", "iterdir"})
_WITH_MODE = frozenset({"open", "ZipFile", "File", "AlignmentFile", "VariantFile"})
_LOOKS = frozenset({
    "exists", "isfile", "is_file", "isdir", "is_dir", "glob", "rglob", "iglob", "access", "stat", "lexists",
})  # fmt: skip
_CAUGHT = frozenset({"FileNotFoundError", "OSError", "IOError", "Exception", "BaseException", "error"})
_DEPTH = 20


@dataclass(frozen=True, kw_only=True)
class Read:
    """A call that reads the file `path`, and the nodes of the code that write the path down."""

    path: str
    call: ast.Call
    nodes: frozenset[int]


class FileReads:
    """The reads of one file of code."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self._found = [read for node in code.nodes if isinstance(node, ast.Call) for read in self._read(node)]

    @cached_property
    def unforeseen(self) -> list[Read]:
        """The reads after which the code cannot go on without the file."""
        looked = {self.fold(_subject(node)) for node in self.code.nodes if last_name(node) in _LOOKS}
        guarded = self._guarded()
        return [read for read in self._found if id(read.call) not in guarded and read.path not in looked]

    @cached_property
    def explained(self) -> frozenset[int]:
        """The nodes of constants that do nothing but say what is read."""
        uses = Counter(
            node.id
            for node in self.code.nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        )
        inside = frozenset(node for read in self._found for node in read.nodes)
        read = Counter(
            node.id for node in self.code.nodes if isinstance(node, ast.Name) and id(node) in inside
        )
        found = {node for one in self._found for node in one.nodes}
        for name, value in self.code.names.items():
            if read[name] < uses[name]:  # the path serves for something else, too
                found -= {id(node) for node in ast.walk(value)}
        for one in self._found:
            others = [*one.call.args[1:], *(keyword.value for keyword in one.call.keywords)]
            found |= {id(node) for other in others for node in ast.walk(other)}
        return frozenset(found)

    def _read(self, call: ast.Call) -> Iterator[Read]:
        name = last_name(call)
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if name in _METHODS and owner is not None and self._is_path(owner):
            subject, position = owner, 0
        elif (name in _READERS or dotted(call) in _DOTTED) and call.args:
            subject, position = call.args[0], 1
        else:
            return
        path = self.fold(subject)
        if path and (name not in _WITH_MODE or _only_reads(argument_of(call, "mode", position))):
            yield Read(path=path, call=call, nodes=frozenset(self._nodes(subject)))

    def fold(self, node: ast.AST | None, depth: int = 0) -> str:
        """The path that an expression stands for; empty where it is not written down."""
        if depth > _DEPTH or node is None:
            return ""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else ""
        if isinstance(node, ast.Name):
            return self.fold(self.code.names.get(node.id), depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self._joined([node.left, node.right], depth)
        if isinstance(node, ast.Call) and dotted(node) in ("os.path.join", "path.join", "join", "osp.join"):
            return self._joined(node.args, depth)
        is_wrapped = isinstance(node, ast.Call) and dotted(node) in (
            "Path",
            "pathlib.Path",
            "str",
            "os.fspath",
        )
        if isinstance(node, ast.Call) and is_wrapped and not node.keywords:
            return self._joined(node.args, depth)
        return ""

    def _joined(self, parts: list[ast.expr], depth: int) -> str:
        texts = [self.fold(part, depth + 1) for part in parts]
        return "/".join(texts) if texts and all(texts) else ""

    def _nodes(self, node: ast.AST) -> Iterator[int]:
        """The nodes of an expression, and those of what its names were assigned."""
        open_, seen = [node], set[str]()
        while open_:
            for inner in ast.walk(open_.pop()):
                yield id(inner)
                if isinstance(inner, ast.Name) and inner.id in self.code.names and inner.id not in seen:
                    seen.add(inner.id)
                    open_.append(self.code.names[inner.id])

    def _is_path(self, owner: ast.expr) -> bool:
        """Whether an expression is a Path, of which methods open the file."""
        if isinstance(owner, ast.Name):
            named = self.code.names.get(owner.id)
            return named is not None and not isinstance(named, ast.Name) and self._is_path(named)
        if isinstance(owner, ast.BinOp):
            return isinstance(owner.op, ast.Div)
        return dotted(owner) in ("Path", "pathlib.Path")

    def _guarded(self) -> set[int]:
        """The nodes in a `try` that foresees missing files, or in an `if`, which may well look first."""
        found: set[int] = set()
        for node in self.code.nodes:
            if id(node) in found:
                continue
            if isinstance(node, ast.Try | ast.TryStar) and any(_foresees(h.type) for h in node.handlers):
                found |= {id(inner) for statement in node.body for inner in ast.walk(statement)}
            elif isinstance(node, ast.With):
                is_suppressed = any(last_name(item.context_expr) == "suppress" for item in node.items)
                found |= {id(inner) for inner in ast.walk(node)} if is_suppressed else set()
            elif isinstance(node, ast.If | ast.IfExp) and not _is_main(node.test):
                found |= {id(inner) for inner in ast.walk(node)}
        return found


def _subject(node: ast.AST) -> ast.expr | None:
    """What a call such as `exists` is about: its first argument, or the path whose method it is."""
    if not isinstance(node, ast.Call):
        return None
    return node.args[0] if node.args else getattr(node.func, "value", None)


def _only_reads(mode: ast.expr | None) -> bool:
    """Whether a mode is one that makes no file."""
    value = mode.value if isinstance(mode, ast.Constant) else "r" if mode is None else "w"
    return isinstance(value, str) and not set(value) & set("wax+")


def _is_main(test: ast.expr) -> bool:
    """Whether an `if` asks for nothing but whether the file is the script."""
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))


def _foresees(kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(one is None or last_name(one) in _CAUGHT for one in kinds)
