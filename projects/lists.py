"""What the lists of Projects, Datasets and Tasks show: filters, order, counts and pages. Knows no HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower

from projects import access
from projects.models import Dataset, Membership, Project, ProjectType, Visibility

Row = TypeVar("Row", bound=Model)

ROWS_A_PAGE = 50

PROJECT_ORDERS = {"name": Lower("name"), "created_at": F("created_at")}
DATASET_ORDERS = {
    "name": Lower("name"),
    "project": Lower("project__name"),
    "file_count": F("file_count"),
    "size": F("size"),
    "changed_at": F("changed_at"),
}


@dataclass(frozen=True, kw_only=True)
class Found(Generic[Row]):
    """One page of a list and how it was chosen."""

    page: Page[Row]
    query: dict[str, str]
    sort: str
    is_filtered: bool


def words(text: str, *fields: str) -> Q:
    """Every word of `text` is in one of the fields."""
    condition = Q()
    for word in text.replace("\0", "").split()[:10]:
        condition &= Q(*((f"{field}__icontains", word) for field in fields), _connector=Q.OR)
    return condition


def _count(relation: str) -> Subquery:
    """How many objects a Project has through `relation`, each counted apart: joins would multiply them."""
    counted = Project.objects.filter(pk=OuterRef("pk")).order_by().values("pk").annotate(n=Count(relation))
    return Subquery(counted.values("n"))


def page_of(
    rows: QuerySet[Row], query: Mapping[str, str], orders: Mapping[str, Any]
) -> tuple[Page[Row], str]:
    """The asked page in the asked order; what makes no sense is the first page in the first order."""
    sort = query.get("sort", "")
    key = sort.removeprefix("-")
    if key not in orders:
        sort = key = next(iter(orders))
    order = orders[key]
    ordered = order.desc(nulls_last=True) if sort.startswith("-") else order.asc(nulls_last=True)
    return Paginator(rows.order_by(ordered, "pk"), ROWS_A_PAGE).get_page(query.get("page")), sort


def projects(user: User, query: Mapping[str, str]) -> Found[Project]:
    """`q` words, `scope` mine or public, `type`, `archived` 1, `sort`, `page`."""
    q, scope, kind = query.get("q", "").strip(), query.get("scope", ""), query.get("type", "")
    archived = query.get("archived") == "1"
    rows = access.projects(user).filter(words(q, "name", "description"), archived_at__isnull=not archived)
    if scope == "mine":
        rows = rows.filter(pk__in=Membership.objects.filter(user_id=user.pk).values("project_id"))
    elif scope == "public":
        rows = rows.filter(visibility=Visibility.PUBLIC)
    if kind in map(str, ProjectType.values):
        rows = rows.filter(type=kind)
    else:
        kind = ""
    rows = rows.annotate(
        task_count=_count("tasks"), run_count=_count("runs"), dataset_count=_count("datasets"),
        role=Subquery(
            Membership.objects.filter(project=OuterRef("pk"), user_id=user.pk).values("role")[:1]
        ),
    )  # fmt: skip
    page: Page[Project]
    page, sort = page_of(rows, query, PROJECT_ORDERS)
    return Found(
        page=page,
        query={"q": q, "scope": scope, "type": kind, "archived": "1" if archived else ""},
        sort=sort,
        is_filtered=bool(q or scope or kind),
    )


def datasets(user: User, query: Mapping[str, str], *, project: Project | None = None) -> Found[Dataset]:
    """Those of one Project, or of all that are not archived: `q` words, `project` words, `sort`, `page`."""
    q, of = query.get("q", "").strip(), query.get("project", "").strip()
    rows = Dataset.objects.select_related("project", "changed_by", "created_by")
    if project is not None:
        rows, of = rows.filter(project=project), ""
    else:
        rows = rows.filter(access.visible(user, through="project__"), project__archived_at=None)
    rows = rows.filter(words(q, "name", "description") & words(of, "project__name"))
    page, sort = page_of(rows, query, DATASET_ORDERS)
    return Found(page=page, query={"q": q, "project": of}, sort=sort, is_filtered=bool(q or of))
