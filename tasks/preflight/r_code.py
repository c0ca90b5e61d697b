"""What R scripts load and read, and is not there: packages, files. By patterns; runs nothing."""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tasks.environment_files import Fix
from tasks.preflight import environment_text
from tasks.preflight.findings import Finding, enumeration
from tasks.preflight.listed import Listed
from tasks.preflight.opened import missing_file, someones
from tasks.proposals.code import Place
from tasks.runtime import CONDA_FILES, Runtime

MAX_LINE = 1000
# What comes with R itself: its base and recommended packages.
_R = """
    base compiler datasets graphics grDevices grid methods parallel splines stats stats4 tcltk tools utils
    boot class cluster codetools foreign KernSmooth lattice MASS Matrix mgcv nlme nnet rpart spatial survival
"""
_WITH_R = frozenset(_R.split())
_TIDYVERSE = """
    broom dplyr forcats ggplot2 haven httr jsonlite lubridate magrittr purrr readr readxl rlang rvest stringr
    tibble tidyr xml2 glue scales
"""
_BRINGS = {
    "tidyverse": _TIDYVERSE.split(),
    "ggplot2": ["scales", "rlang", "tibble"],
    "dplyr": ["tibble", "magrittr", "rlang"],
    "essentials": ["*"],
}
_OF_BIOCONDUCTOR = """
    affy AnnotationDbi AnnotationHub apeglm batchelor Biobase BiocGenerics biomaRt Biostrings BSgenome
    clusterProfiler ComplexHeatmap dada2 DelayedArray DESeq2 DOSE edgeR enrichplot ensembldb fgsea
    GenomicAlignments GenomicFeatures GenomicRanges GEOquery ggtree GSVA HDF5Array IRanges limma minfi monocle
    oligo org.Hs.eg.db org.Mm.eg.db pathview phyloseq qvalue Rsamtools rtracklayer S4Vectors scater scran
    SingleCellExperiment SummarizedExperiment sva tximport VariantAnnotation vsn
"""
_BIOCONDUCTOR = frozenset(_OF_BIOCONDUCTOR.split())
_LOADS = re.compile(r"""(?<![\w.])(?:library|require)\(\s*["']?([A-Za-z][\w.]*)["']?\s*[,)]""")
_OF = re.compile(r"(?<![\w.:])([A-Za-z][\w.]*):::?[A-Za-z.]")
_INSTALLS = re.compile(
    r"install\.packages|install_(?:github|cran|version|bioc)|BiocManager|pacman|renv::|pak::|groundhog"
)
_GUARDED = re.compile(r"requireNamespace|tryCatch|suppressWarnings\(require|if\s*\(\s*!?\s*require")
_READS = re.compile(
    r"""(?<![\w.])(?:read\.csv2?|read\.table|read\.delim2?|read_csv2?|read_tsv|read_delim|read_excel|read_rds"""
    r"""|readRDS|load|fread|source|readLines|scan|read_json|fromJSON|read\.xlsx|readxl::read_excel)"""
    r"""\(\s*(?:file\s*=\s*)?(["'])([^"'\n]+)\1"""
)
_UNKNOWN = re.compile(
    r"setwd|download|system2?\(|unzip|untar|file\.(?:copy|rename|exists)|tryCatch|\bcurl|here\("
)
_TEXT = re.compile(r"""(["'])([^"'\n]{1,200})\1""")
_COMMENT = re.compile(r"""^([^"'#]*)#.*$""")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What an R script finds: the files and folders that are `there`, the `texts` of some."""

    runtime: Runtime
    listed: Listed
    there: Collection[str]
    texts: Mapping[str, str]
    cwd: str = "."


def findings(text: str, path: str, around: Surroundings) -> list[Finding]:
    lines = [_COMMENT.sub(r"\1", line[:MAX_LINE]) for line in text.split("\n")]
    return [*_packages(lines, path, around), *_files(lines, path, around)]


def _packages(lines: Sequence[str], path: str, around: Surroundings) -> Iterator[Finding]:
    runtime, listed = around.runtime, around.listed
    code = "\n".join(lines)
    if _INSTALLS.search(code) or (runtime.kind == "conda" and (listed.is_open or not listed.conda)):
        return
    of_r = [package for package in listed.conda if package.startswith(("r-", "bioconductor-"))]
    there = {package.partition("-")[2] for package in of_r}
    brought = {one.lower() for package in there for one in _BRINGS.get(package, ())}
    if "*" in brought:
        return
    found: dict[str, Place] = {}
    for number, line in enumerate(lines, 1):
        loaded = [] if _GUARDED.search(line) else [*_LOADS.findall(line), *_OF.findall(line)]
        for name in loaded:
            if name not in _WITH_R and name.lower() not in there | brought:
                found.setdefault(name, Place(path=path, line=number))
    if found:
        yield _finding(found, path, around, is_certain=not there)


def _finding(found: Mapping[str, Place], path: str, around: Surroundings, *, is_certain: bool) -> Finding:
    runtime = around.runtime
    named = enumeration(list(found))
    wanted = sorted(f"{'bioconductor' if name in _BIOCONDUCTOR else 'r'}-{name.lower()}" for name in found)
    place = next(iter(found.values()))
    if runtime.kind == "conda" and runtime.file is not None:
        unless = "" if is_certain else " Unless another package brings it, the script ends there."
        message = f"{path} loads {named}, which {runtime.file} does not list.{unless}"
        fixes = _append(wanted, runtime.file, around.texts)
        return Finding(
            severity="error" if is_certain else "warning", message=message, place=place, fixes=fixes
        )
    it = "it" if len(found) == 1 else "them"
    message = (
        f"{path} loads {named}, and R comes without {it}: this works only on nodes whose R has {it}. "
        "An environment.yml brings R with its packages."
    )
    has_python = any(one.endswith((".py", ".ipynb")) for one in around.there)
    fixes = _new(wanted) if runtime.file is None and not has_python else ()
    return Finding(severity="warning", message=message, place=place, fixes=fixes)


def _append(wanted: Sequence[str], file: str, texts: Mapping[str, str]) -> tuple[Fix, ...]:
    before = texts.get(file, "")
    needs = "bioconda" if any(name.startswith("bioconductor-") for name in wanted) else "conda-forge"
    has_channel = environment_text.has_channel(before, needs)
    after = environment_text.with_packages(before, wanted) if has_channel else None
    if after is None:
        return ()
    label = f"Add {_what(wanted)} to {file}"
    return (Fix(action="replace", path=file, target=file, label=label, text=after),)


def _new(wanted: Sequence[str]) -> tuple[Fix, ...]:
    file = CONDA_FILES["linux"][0]
    channels = ["conda-forge", *(["bioconda"] * any(name.startswith("bioc") for name in wanted))]
    text = environment_text.new_conda(["r-base", *wanted], channels=channels)
    label = f"Add {file} with R and {_what(wanted)}"
    return (Fix(action="create", path=file, target=file, label=label, text=text),)


def _what(wanted: Sequence[str]) -> str:
    return ", ".join(wanted) if len(wanted) <= 3 else f"{len(wanted)} packages"


def _files(lines: Sequence[str], path: str, around: Surroundings) -> Iterator[Finding]:
    code = "\n".join(lines)
    seen: set[str] = set()
    texts = [match[2] for match in _TEXT.finditer(code)]
    for number, line in enumerate(lines, 1):
        place = Place(path=path, line=number)
        for match in _TEXT.finditer(line):
            if (found := someones(path, match[2], place)) is not None and match[2] not in seen:
                seen.add(match[2])
                yield found
        for match in _READS.finditer(line) if not _UNKNOWN.search(code) else ():
            name = posixpath.normpath(match[2])
            others = {posixpath.normpath(one) for one in texts if one != match[2]}
            if name not in seen and texts.count(match[2]) == 1 and posixpath.dirname(name) not in others:
                found = missing_file(name, place, path, around.there, cwd=around.cwd)
                seen.add(name)
                yield from [found] if found is not None else []
