"""Names an entry script with its values, so that the same ones are found again. Knows no Tasks."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from runs.models import Run
from tasks.types import equality

# Keys asked for in one query; databases take some 30,000.
CHUNK = 5000


def of(entry_script: str, values: Mapping[str, Any]) -> str:
    """32 letters; equal only for the same script and values that are the same, see `tasks.types.equality`."""
    return of_parts(entry_script, [part(name, value) for name, value in sorted(values.items())])


def part(name: str, value: Any) -> str:
    """What one value adds, for `of_parts`."""
    return f"{_text(name)}:{_text(value)}"


def of_parts(entry_script: str, parts: Iterable[str]) -> str:
    """The same as `of`, from the parts of the values in the order of their names."""
    text = f"[{_text(entry_script)},{{{','.join(parts)}}}]"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def match(digests: Sequence[str], runs: QuerySet[Run]) -> dict[int, int]:
    """{place in `digests`: key of a Run with it}; each Run once, the earlier ones first."""
    found: dict[str, list[int]] = defaultdict(list)
    for chunk in _narrowed(digests, runs):
        for digest, pk in chunk.values_list("values_digest", "pk"):
            found[digest].append(pk)
    matched = {}
    for place, digest in enumerate(digests):
        if digest in found and found[digest]:
            matched[place] = found[digest].pop(0)
    return matched


def _narrowed(digests: Sequence[str], runs: QuerySet[Run]) -> Iterator[QuerySet[Run]]:
    """The Runs by their digests, or all of them when they are fewer."""
    distinct = list(dict.fromkeys(digests))
    if runs.count() <= len(distinct):
        yield runs
        return
    for start in range(0, len(distinct), CHUNK):
        yield runs.filter(values_digest__in=distinct[start : start + CHUNK])


def _text(value: Any) -> str:
    return json.dumps(equality.numbers_once(value), sort_keys=True, separators=(",", ":"))
