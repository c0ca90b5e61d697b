"""Names an entry script with its values, so that the same ones are found again. Knows no Tasks."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from runs.models import Run

# Keys asked for in one query; databases take some 30,000.
CHUNK = 5000


def of(entry_script: str, values: Mapping[str, Any]) -> str:
    """32 letters; equal only for the same script and values that are equal in content and in kind."""
    text = json.dumps([entry_script, values], sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def match(digests: Sequence[str], runs: QuerySet[Run]) -> dict[int, int]:
    """{place in `digests`: key of a Run with it}; each Run once, the earlier ones first."""
    distinct = list(dict.fromkeys(digests))
    found: dict[str, list[int]] = defaultdict(list)
    for start in range(0, len(distinct), CHUNK):
        chunk = runs.filter(values_digest__in=distinct[start : start + CHUNK])
        for digest, pk in chunk.values_list("values_digest", "pk"):
            found[digest].append(pk)
    matched = {}
    for place, digest in enumerate(digests):
        if found[digest]:
            matched[place] = found[digest].pop(0)
    return matched
