"""What R scripts load and read, and is not there: packages, files. By patterns; runs nothing."""

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
    broom cli dplyr forcats ggplot2 haven httr jsonlite lubridate magrittr purrr readr readxl rlang rvest
    stringr tibble tidyr xml2 glue scales
"""
_BRINGS = {
    "tidyverse": _TIDYVERSE.split(),
    "ggplot2": ["scales", "rlang", "tibble"],
    "dplyr": ["tibble", "magrittr", "rlang"],
    "essentials": ["*"],
}
# What so many packages bring that any other may well bring it, too.
_COMMON = """
    cli cowplot data.table digest dplyr ggplot2 glue gridExtra httr jsonlite knitr lifecycle magrittr
    matrixStats patchwork plyr purrr R6 RColorBrewer Rcpp reshape2 rlang scales stringr tibble tidyr vctrs
    viridis withr xml2 yaml AnnotationDbi Biobase BiocGenerics BiocParallel Biostrings DelayedArray
    GenomeInfoDb GenomicRanges IRanges limma MatrixGenerics S4Vectors SummarizedExperiment XVector
""".lower().split()
_OF_BIOCONDUCTOR = """
    affy annotate AnnotationDbi AnnotationHub apeglm batchelor Biobase BiocGenerics BiocIO BiocNeighbors
    BiocParallel BiocSingular biomaRt Biostrings BSgenome ChIPseeker clusterProfiler ComplexHeatmap dada2
    DelayedArray DESeq2 DEXSeq DiffBind DOSE EBImage edgeR EnhancedVolcano enrichplot ensembldb ExperimentHub
    fgsea flowCore genefilter GenomeInfoDb GenomicAlignments GenomicFeatures GenomicRanges GEOquery ggtree
    glmGamPoi GSEABase GSVA Gviz HDF5Array IRanges KEGGREST limma MAST MatrixGenerics maftools methylKit minfi
    monocle MultiAssayExperiment oligo org.Hs.eg.db org.Mm.eg.db pathview phyloseq qvalue ReactomePA Rsamtools
    Rsubread rtracklayer S4Arrays S4Vectors scater scran scDblFinder scuttle ShortRead SingleCellExperiment
    SingleR SparseArray SummarizedExperiment sva TCGAbiolinks tximeta tximport VariantAnnotation vsn XVector
"""
_BIOCONDUCTOR = frozenset(_OF_BIOCONDUCTOR.split())
_LOADS = re.compile(r"""(?<![\w.])(?:library|require)\(\s*["']?([A-Za-z][\w.]*)["']?\s*[,)]""")
_OF = re.compile(r"(?<![\w.:])([A-Za-z][\w.]*):::?[A-Za-z.]")
_INSTALLS = re.compile(
    r"install\.packages|install_(?:github|cran|version|bioc)|BiocManager|pacman|renv::|pak::|groundhog"
)
_GUARDED = re.compile(
    r"requireNamespace|tryCatch|suppressWarnings\(require|if\s*\(\s*!?\s*require|character\.only"
)
_READS = re.compile(
    r"""(?<![\w.])(?:read\.csv2?|read\.table|read\.delim2?|read_csv2?|read_tsv|read_delim|read_excel|read_rds"""
    r"""|readRDS|load|fread|source|readLines|scan|read_json|fromJSON|read\.xlsx|readxl::read_excel)"""
    r"""\(\s*(?:file\s*=\s*)?(["'])([^"'\n]+)\1"""
)
_UNKNOWN = re.compile(
    r"setwd|download|system2?\(|unzip|untar|file\.(?:copy|rename|exists)|tryCatch|\bcurl|here\("
)
_IF = re.compile(r"\bif\s*\(")
_TEXT = re.compile(r"""(["'])([^"'\n]{1,200})\1""")
# A text, kept as the first group, or a comment.
_TEXT_OR_COMMENT = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)|#.*$""")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What an R script finds: the files and folders that are `there`, the `texts` of some."""

    runtime: Runtime
    listed: Listed
    there: Collection[str]
    texts: Mapping[str, str]
    cwd: str = "."


def findings(text: str, path: str, around: Surroundings) -> list[Finding]:
    lines = [_TEXT_OR_COMMENT.sub(r"\1", line[:MAX_LINE]) for line in text.split("\n")]
    return [*_packages(lines, path, around), *_files(lines, path, around)]


def _packages(lines: Sequence[str], path: str, around: Surroundings) -> Iterator[Finding]:
    runtime, listed = around.runtime, around.listed
    code = "\n".join(lines)
    if _INSTALLS.search(code) or (runtime.kind == "conda" and (listed.is_open or not listed.conda)):
        return
    of_r = [package for package in listed.conda if package.startswith(("r-", "bioconductor-"))]
    there = {package.partition("-")[2] for package in of_r} - {"base", "recommended"}
    brought = {one.lower() for package in there for one in _BRINGS.get(package, ())}
    if "*" in brought:
        return
    brought |= set(_COMMON) if there - _BRINGS.keys() else set()
    found: dict[str, Place] = {}
    for number, line in enumerate(lines, 1):
        for name in _loaded(line):
            is_there = name.lower() in there | brought or any(name.lower().startswith(one) for one in there)
            if name not in _WITH_R and not is_there:
                found.setdefault(name, Place(path=path, line=number))
    if found:
        yield _finding(found, path, around, is_certain=not there)


def _loaded(line: str) -> Iterator[str]:
    """The packages that a line loads whatever happens, not those of which its texts speak."""
    texts = [match.span() for match in _TEXT_OR_COMMENT.finditer(line)]
    if not _GUARDED.search(line):
        for match in (*_LOADS.finditer(line), *_OF.finditer(line)):
            if not any(start < match.start() < end for start, end in texts):
                yield match[1]


def _finding(found: Mapping[str, Place], path: str, around: Surroundings, *, is_certain: bool) -> Finding:
    runtime = around.runtime
    named = enumeration(list(found))
    place = next(iter(found.values()))
    if runtime.kind == "conda" and runtime.file is not None:
        unless = "" if is_certain else " Unless another package brings it, the script ends there."
        message = f"{path} loads {named}, which {runtime.file} does not list.{unless}"
        return Finding(
            severity="error" if is_certain else "warning",
            message=message,
            place=place,
            fixes=add(found, around),
        )
    it = "it" if len(found) == 1 else "them"
    message = (
        f"{path} loads {named}, and R comes without {it}: this works only on nodes whose R has {it}. "
        "An environment.yml brings R with its packages."
    )
    return Finding(severity="warning", message=message, place=place, fixes=add(found, around))


def add(packages: Iterable[str], around: Surroundings) -> tuple[Fix, ...]:
    """Adds R packages to the environment.yml, or makes one where only R would get it."""
    wanted = sorted(f"{'bioconductor' if name in _BIOCONDUCTOR else 'r'}-{name.lower()}" for name in packages)
    runtime = around.runtime
    if runtime.kind == "conda" and runtime.file is not None:
        return _append(wanted, runtime.file, around.texts)
    has_python = any(one.endswith((".py", ".ipynb")) for one in around.there)
    return _new(wanted) if runtime.file is None and not has_python else ()


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
        is_sure = not _UNKNOWN.search(code) and not _IF.search(line)
        for match in _READS.finditer(line) if is_sure else ():
            name = posixpath.normpath(match[2])
            others = {posixpath.normpath(one) for one in texts if one != match[2]}
            is_composed = any(
                one.startswith((".", "_", "-")) and name.endswith(one) for one in others - {"."}
            )
            is_named = texts.count(match[2]) > 1 or posixpath.dirname(name) in others or is_composed
            if name not in seen and not is_named:
                found = missing_file(name, place, path, around.there, cwd=around.cwd)
                seen.add(name)
                yield from [found] if found is not None else []
