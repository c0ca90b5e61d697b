"""File names whose encoding an archive does not tell: which encodings fit, the likeliest first."""

import codecs
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Python's name → what people call it. Zips are written in the DOS or Windows code page of their country.
ENCODINGS = {
    "cp437": "Western (DOS, US)",
    "cp850": "Western European (DOS)",
    "cp1252": "Western European (Windows)",
    "cp852": "Central European (DOS)",
    "cp1250": "Central European (Windows)",
    "cp866": "Cyrillic (DOS)",
    "cp1251": "Cyrillic (Windows)",
    "koi8_r": "Cyrillic (KOI8-R)",
    "cp932": "Japanese (Shift-JIS)",
    "euc_jis_2004": "Japanese (EUC-JP)",
    "gb18030": "Simplified Chinese (GBK)",
    "big5hkscs": "Traditional Chinese (Big5)",
    "cp949": "Korean (EUC-KR)",
    "cp737": "Greek (DOS)",
    "cp1253": "Greek (Windows)",
    "cp857": "Turkish (DOS)",
    "cp1254": "Turkish (Windows)",
    "cp862": "Hebrew (DOS)",
    "cp1255": "Hebrew (Windows)",
    "cp864": "Arabic (DOS)",
    "cp1256": "Arabic (Windows)",
    "cp874": "Thai (Windows)",
    "cp1258": "Vietnamese (Windows)",
    "mac_roman": "Western (old macOS)",
}
# Encodings of which those above know every letter, and some more.
WIDER = {
    "shift_jis": "cp932",
    "euc_jp": "euc_jis_2004",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "iso8859-1": "cp1252",
}
# In these nearly any two bytes are a letter, so that what is meant in one can be read in another.
DOUBLE_BYTE = {"cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949"}
RARE = {"mac_roman"}  # zips of macOS are in UTF-8, and have been for twenty years
SYMBOLS = frozenset("@^`{|}~")
EXAMPLES = 4


@dataclass(frozen=True, kw_only=True)
class Reading:
    """An encoding in which all names can be read, and the first of them read in it."""

    encoding: str
    label: str
    examples: tuple[str, ...]
    oddities: int  # what is rare in real names


def decode(raw: bytes, encoding: str, errors: str = "strict") -> str:
    """The name; what is valid UTF-8 is UTF-8. Raises UnicodeDecodeError, if `errors` are strict."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(encoding, errors)


def known(encoding: str) -> str:
    """The one of ENCODINGS that Python has under this name, too; empty if there is none."""
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):  # the latter for a name with a NUL in it
        return ""
    name = WIDER.get(name, name)
    return next((one for one in ENCODINGS if codecs.lookup(one).name == name), "")


def readings(names: Sequence[bytes]) -> list[Reading]:
    """In which encodings the names can be read, likeliest first; of those that read all alike, the first."""
    legacy = [name for name in names if not _is_utf8(name)]
    ranks = _ranks(b"\n".join(legacy))
    found: dict[tuple[str, ...], Reading] = {}
    orders: dict[str, tuple[int, int]] = {}
    for encoding, label in ENCODINGS.items():
        try:
            texts = tuple(name.decode(encoding) for name in legacy)
        except UnicodeDecodeError:
            continue
        odd = sum(map(oddities, texts))
        reading = Reading(encoding=encoding, label=label, examples=texts[:EXAMPLES], oddities=odd)
        first = found.setdefault(texts, reading).encoding
        order = odd, ranks.get(encoding, len(ENCODINGS))
        orders[first] = min(order, orders.get(first, order))
    return sorted(found.values(), key=lambda reading: orders[reading.encoding])


def certain(found: Sequence[Reading]) -> Reading | None:
    """The only reading of names that real names could have, if there is just one such."""
    plausible = [reading for reading in found if not reading.oddities and reading.encoding not in RARE]
    if len(plausible) != 1:
        return None
    in_asia = [reading for reading in found if reading.encoding in DOUBLE_BYTE]
    return None if plausible[0] in in_asia and len(in_asia) > 1 else plausible[0]


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ranks(text: bytes) -> dict[str, int]:
    import chardet  # takes 40 ms, and few archives need it

    found = chardet.detect_all(
        text, ignore_threshold=True, include_encodings=list(ENCODINGS), compat_names=False
    )
    return {str(guess["encoding"]): rank for rank, guess in enumerate(found)}


def oddities(name: str) -> int:
    """How often a name has what names rarely have: symbols, two scripts in a word, a capital inside one.

    Also what halves of letters look like: Japanese and Chinese ones often end in the bytes of SYMBOLS. Their
    own wide digits, brackets and dots are usual.
    """
    count = 0
    for before, here in zip(" " + name, name, strict=False):
        if here.isascii() and before.isascii():
            continue
        scripts = _script(before), _script(here)
        is_wide = unicodedata.east_asian_width(here) in "WF" and scripts[0] != "LATIN"
        count += not here.isascii() and not scripts[1] and not is_wide
        count += here in SYMBOLS or before in SYMBOLS
        count += before.islower() and here.isupper()
        count += all(scripts) and scripts[0] != scripts[1] and "LATIN" in scripts
    return count


def _script(letter: str) -> str:
    """LATIN, say, or CYRILLIC; empty for what is no letter or mark."""
    if unicodedata.category(letter)[0] not in "LM":
        return ""
    return unicodedata.name(letter, "?").partition(" ")[0].replace("COMBINING", "LATIN")
