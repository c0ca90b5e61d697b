"""The table of a Batch, its downloads. HTTP only."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from coretex_site.lib import downloads, web
from coretex_site.lib.web import Request
from projects.models import Role
from runs.access import get_batch
from runs.analysis import batch_view, matrix
from runs.analysis.batch_view import View
from runs.states import UNFINISHED, State
from runs.values import is_number
from runs.web.page_models import batch_page
from runs.web.page_models.batch_page import Looked


@require_safe
def table(request: Request, pk: int) -> HttpResponse:
    """Parameters × metrics, as the address says."""
    batch = get_batch(request.user, pk)
    context = batch_page.about(batch, user=request.user) | table_of(Looked(batch, request.GET))
    address = f"{request.path}?{context['view'].query()}".removesuffix("?")
    context |= {"current": "table", "address": address}
    response = web.page(request, "runs/batch_table.html", context, fragment="runs/_batch_table.html")
    is_table_page = request.htmx and (request.htmx.current_url_abs_path or "").startswith(request.path)
    if is_table_page and request.htmx.target == "matrix-body" and "poll" not in request.GET:
        response.headers["HX-Push-Url"] = address
    return response


@require_POST
def columns(request: Request, pk: int) -> HttpResponse:
    """Shows the columns that were ticked; with `keep` they are those of all tables of the Task."""
    batch = get_batch(request.user, pk, need=Role.EDITOR if "keep" in request.POST else Role.VIEWER)
    chosen = request.POST.copy()
    ticked = chosen.pop("column", [])
    for name in ("csrfmiddlewaretoken", "keep"):
        chosen.pop(name, None)
    chosen["columns"] = ",".join(map(batch_view.quoted, ticked))
    if "keep" in request.POST:
        batch_view.keep(batch, Looked(batch, chosen).view)
        messages.success(request, "Saved for all tables of this Task.")
        del chosen["columns"]
    return redirect(f"{reverse('runs:batch_table', args=[pk])}?{chosen.urlencode()}".removesuffix("?"))


def table_of(looked: Looked) -> dict[str, Any]:
    """The context of the table that an address asks for."""
    batch, held, view = looked.batch, looked.held, looked.view
    found = matrix.Matrix(held, view).table()
    return looked.context() | {
        "table": found,
        "sort": view.sort,
        "rows": found.rows,
        "choices": choices(looked),
        "hidden_filters": [
            (f"f.{name}", text) for name, text in view.filters.items() if name not in view.columns
        ],
        "has_repeats": batch_view.has_repeats(held),
        "unfinished": any(cell.state in UNFINISHED for row in found.rows for cell in row.cells),
        "colleague": f"{reverse('runs:batch_table', args=[batch.pk])}?{view.whole_query()}",
        "export": view.whole_query(),
        "pages": neighbours(view, found),
        "states": list(State),
    }


def choices(looked: Looked) -> list[dict[str, Any]]:
    """Every column that there is; those that do not vary are said to be the same everywhere."""
    found = [{"key": f"p:{n}", "label": n, "same": n not in looked.held.varying} for n in looked.held.names]
    found += [{"key": f"m:{n}", "label": n, "same": False} for n in looked.metrics]
    found += [{"key": k, "label": batch_view.PLAIN[k], "same": False} for k in ("state", "time")]
    return [{**one, "chosen": one["key"] in looked.view.columns} for one in found]


def neighbours(view: View, found: matrix.Table) -> dict[str, Any]:
    """What the pager of the table shows."""
    first = (found.page - 1) * matrix.PAGE + 1
    last = min(found.page * matrix.PAGE, found.total)
    return {
        "newer": f"?{view.query(page=str(found.page - 1))}" if found.page > 1 else None,
        "older": f"?{view.query(page=str(found.page + 1))}" if found.page < found.pages else None,
        "text": f"{first:,}–{last:,} of {found.total:,}" if found.total else "",
    }


@require_safe
def download(request: Request, pk: int, kind: str) -> HttpResponseBase:
    """All rows of the view, with every parameter and every metric: as CSV or JSON."""
    if kind not in KINDS:
        raise Http404("The table can be downloaded as csv or json.")
    batch = get_batch(request.user, pk)
    looked = Looked(batch, request.GET)
    held, metrics = looked.held, looked.metrics
    everything = matrix.Matrix(held, looked.view)
    columns = [*(f"p:{name}" for name in held.names), *(f"m:{name}" for name in metrics), "time"]
    everything.load(columns)
    values = [everything.number(column) for column in columns]
    heads = ["run", "cell", "state", *held.names, *metrics, "seconds"]
    rows = (
        [cell.run, cell.number, cell.state, *(value(cell) for value in values)]
        for group in everything.ordered
        for cell in group
    )
    content_type, write = KINDS[kind]
    headers = {
        **downloads.GUARDS,
        "Content-Disposition": f'attachment; filename="batch-{batch.pk}.{kind}"',
    }
    return StreamingHttpResponse(write(heads, rows), content_type=content_type, headers=headers)


class _Line:
    """What csv.writer writes to: gives the line back."""

    def write(self, text: str) -> str:
        return text


# Spreadsheets run what begins like this.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(heads: list[str], rows: Iterator[list[Any]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow([plain(head) for head in heads])
    for row in rows:
        yield writer.writerow([plain(value) for value in row])


def plain(value: Any) -> Any:
    """Numbers as they are, lists and mappings as JSON, texts so that a spreadsheet shows them."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return value if value is None or is_number(value) else json.dumps(value, ensure_ascii=False)


def as_json(heads: list[str], rows: Iterator[list[Any]]) -> Iterator[str]:
    """{"columns": […], "rows": [[…], …]}: a metric and a parameter may have the same name."""
    yield f'{{"columns": {json.dumps(heads, ensure_ascii=False)}, "rows": [\n'
    for place, row in enumerate(rows):
        yield (",\n" if place else "") + json.dumps(row, ensure_ascii=False)
    yield "\n]}\n"


KINDS = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "json": ("application/json", as_json),
}
