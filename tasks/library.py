"""The Templates: curated Tasks that are shipped as folders beside this file. Knows no Projects."""

from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from coretex_site.lib import filetree, markdown, previews
from tasks import runtime
from tasks.files import overview
from tasks.proposals import suggestions
from tasks.taskyaml import spec

ROOT = Path(__file__).resolve().parent / "templates_library"
# What each is about, for the gallery, in its order.
KINDS: dict[str, tuple[str, ...]] = {
    "hello": ("first steps",),
    "bread-oven": ("first steps", "Parameter Optimization"),
    "tabular-classification": ("tabular data", "machine learning"),
    "clustering": ("tabular data", "machine learning"),
    "sales-forecast": ("time series", "machine learning"),
    "cell-counting": ("images",),
    "text-keywords": ("text",),
    "language-detection": ("text", "several modes"),
    "fasta-summary": ("bioinformatics",),
    "fastq-quality": ("bioinformatics",),
    "sequence-alignment": ("bioinformatics",),
    "dose-response": ("bioinformatics", "R"),
    "access-log": ("shell",),
    "weather-notebook": ("time series", "notebook"),
}


@dataclass(frozen=True, kw_only=True)
class Template:
    """A curated Task: `name` is its folder's and goes into URLs, `title` is for people.

    `about` is its README without the headline, as HTML; `entry_scripts` are those made to be run.
    """

    name: str
    title: str
    description: str
    about: str
    kinds: tuple[str, ...]
    root: Path
    spec: spec.TaskSpec
    runtime: runtime.Runtime
    entry_scripts: tuple[str, ...]

    def files(self) -> list[filetree.File]:
        return filetree.walk(self.root)

    def picture(self, path: str) -> str:
        """A file that is an image as a data: address; empty for any other."""
        content = (self.root / path).read_bytes()
        kind = previews.image_type(content)
        return "" if kind is None else f"data:{kind};base64,{b64encode(content).decode()}"


@cache
def templates() -> dict[str, Template]:
    """Every Template by name; read once, since they change only with the product."""
    return {name: _read(name) for name in KINDS}


def kinds() -> dict[str, int]:
    """How many Templates there are of each kind, in the order of the gallery."""
    return dict(Counter(kind for of_one in KINDS.values() for kind in of_one))


def of_kind(kind: str) -> list[Template]:
    """The Templates of a kind; all for an empty one."""
    return [template for template in templates().values() if not kind or kind in template.kinds]


def find(name: str) -> Template | None:
    return templates().get(name)


def _read(name: str) -> Template:
    root = ROOT / name
    parsed = spec.parse((root / "task.yaml").read_bytes())
    if parsed.spec is None:
        raise ValueError(f"The Template {name} has a wrong task.yaml: {parsed.errors[0]}")
    paths = [file.path for file in filetree.walk(root)]
    scripts = {path: (root / path).read_text() for path in runtime.entry_scripts(paths)}
    _, _, readme = (root / "README.md").read_text().partition("\n")
    return Template(
        name=name,
        title=parsed.spec.name,
        description=parsed.spec.description,
        about=markdown.html(readme),
        kinds=KINDS[name],
        root=root,
        spec=parsed.spec,
        runtime=overview.runtime_of(root, paths),
        entry_scripts=tuple(suggestions.entry_scripts(scripts)),
    )
