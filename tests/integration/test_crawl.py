"""Everyone follows every link: no page fails, none leads nowhere, and nobody sees what is not theirs."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from projects.models import Dataset, Membership, Project, Sample
from runs.models import Batch, Execution, Preset, Run
from tasks.models import Task
from tests import whole_world
from tests.html_pages import Form, Page

pytestmark = pytest.mark.django_db

# Archived Projects are found with a switch, which no link turns.
START = ("/", "/help", "/projects/", "/tasks/", "/runs/", "/datasets/", "/nodes/", "/templates/")
START += ("/projects/?archived=1",)
# How many addresses are followed: of one page with different queries, of one route below one object, of one
# route in all. The first person walks far, the others look at fewer of each.
SAME_PAGE = 5
FAR, NEAR, BRIEF = (18, 24), (2, 6), (1, 4)
OTHERS = ("/admin/", "/static/")  # Django's own pages and files
# Routes that no link leads to, each with its reason.
UNLINKED = {
    "sign_in": "only for those who are not signed in",
    "sign_in_link": "printed where the server is started",
    "healthz": "asked by machines",
    "projects:upload_ignored": "asked by the script that is about to send a folder",
    "projects:pending": "after an upload that has a question",
    "projects:pending_discard": "on that page",
    "tasks:schema": "read by editors",
    "runs:schema": "read by editors",
    "tasks:describe": "asked by the script of the New Task screen",
    "runs:batch_dismiss": "in the notice of a Batch whose pages nobody has opened yet",
}
HX = {"HX-Request": "true"}


def own_routes(patterns: list | None = None, namespace: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver) and pattern.namespace != "admin":
            yield from own_routes(pattern.url_patterns, pattern.namespace or namespace)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{namespace}:{pattern.name}" if namespace else pattern.name


def route_of(address: str) -> str:
    return resolve(unquote(urlsplit(address).path)).view_name


def kinds_of(address: str) -> tuple[str, str]:
    """The route of an address and the object below which it leads."""
    try:
        found = resolve(unquote(urlsplit(address).path))
    except Resolver404:
        return address, address
    place = {name: value for name, value in found.kwargs.items() if name != "path"}
    return found.view_name, f"{found.view_name} {place}"


@dataclass
class Walk:
    """What one person's browser met: addresses with their status, forms with the page they are on."""

    client: Client
    seen: dict[str, int] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    came_from: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    most: tuple[int, int] = FAR
    counts: Counter = field(default_factory=Counter)

    def follow(self, *start: str) -> "Walk":
        ahead = list(start)
        while ahead:
            address = ahead.pop(0)
            if address in self.seen:
                continue
            response = self.client.get(address)
            self.seen[address] = response.status_code
            found = self.read(address, response)
            for link in found:
                if link not in self.came_from:
                    self.came_from[link] = address
                    ahead.append(link)
        return self

    def read(self, address: str, response: HttpResponse) -> list[str]:
        if response.status_code in {301, 302}:
            return self.wanted(address, [response.headers["Location"]])
        drain(response)
        if "text/html" not in response.headers.get("Content-Type", "") or response.status_code == 204:
            return []
        html = response.content.decode()
        page = Page(html, is_whole="<html" in html)
        self.problems += [f"{address}: {problem}" for problem in page.problems]
        for form in page.forms:
            target = urljoin(address, form.action or address)
            if form.method == "post":
                self.forms.setdefault(target, form)
            else:
                page.links.append(target)
        return self.wanted(address, page.links)

    def wanted(self, address: str, links: list[str]) -> list[str]:
        found = []
        for link in links:
            whole = urljoin(address, link).partition("#")[0]
            parts = urlsplit(whole)
            if parts.scheme or parts.netloc or whole.startswith(OTHERS) or not whole:
                continue
            if whole in self.came_from or self.is_enough(whole):
                continue
            found.append(whole)
        return found

    def is_enough(self, address: str) -> bool:
        route, place = kinds_of(address)
        page = urlsplit(address).path if "?" in address else ""
        limits = {route: self.most[1], place: self.most[0], page: SAME_PAGE}
        if any(key and self.counts[key] >= most for key, most in limits.items()):
            return True
        self.counts.update(key for key in limits if key)
        return False

    @property
    def routes(self) -> set[str]:
        return {route_of(address) for address in [*self.seen, *self.forms]}


def drain(response: HttpResponse) -> bytes:
    if response.streaming:
        return b"".join(response.streaming_content)
    return response.content


@pytest.fixture
def world(project: Project, alice: User, bob: User, vera: User, charlie: User) -> whole_world.World:
    return whole_world.build(project, alice, charlie)


def walk_of(client: Client, most: tuple[int, int] = BRIEF) -> Walk:
    return Walk(client=client, most=most).follow(*START)


def test_everyone_follows_every_link(
    world: whole_world.World, client_of: Callable[[User], Client], alice: User, bob: User, vera: User
) -> None:
    """Owner, editor, viewer and superuser: nothing they are shown leads to an error, and all is reached."""
    root = User.objects.create_superuser("root", password="root-password")
    reached = set()
    for user, most in ((alice, FAR), (bob, NEAR), (vera, NEAR), (root, NEAR)):
        walk = walk_of(client_of(user), most)
        broken = {
            f"{address} from {walk.came_from.get(address)}": status
            for address, status in walk.seen.items()
            if status not in {200, 204, 302}
        }
        assert broken == {}, user
        assert walk.problems == [], user
        reached |= walk.routes
    assert set(own_routes()) - reached == set(UNLINKED)


def test_every_address_answers_htmx_head_and_options(
    world: whole_world.World, client_of: Callable[[User], Client], alice: User
) -> None:
    """A fragment where a page has one, nothing in answer to HEAD, and no method that fails."""
    client = client_of(alice)
    walk = walk_of(client)
    for address, status in walk.seen.items():
        fragment = client.get(address, headers=HX)
        content = drain(fragment)
        assert fragment.status_code in ({status, 204} if status == 200 else {200, status}), address
        html = content.decode() if "text/html" in fragment.headers.get("Content-Type", "") else ""
        assert Page(html, is_whole=False).problems == [], address
        if route_of(address) == "runs:live":
            continue  # its address names the version that was seen
        boosted = client.get(address, headers=HX | {"HX-Boosted": "true"})
        assert (boosted.status_code, b"<html" in drain(boosted)) == (
            status,
            "<html" in whole(client, address),
        )
        head = client.head(address)
        assert (head.status_code, drain(head)) == (status, b""), address
    for address in {kinds_of(address): address for address in [*walk.seen, *walk.forms]}.values():
        for method in ("options", "put", "delete"):
            answer = getattr(client, method)(address)
            assert answer.status_code in {200, 204, 302, 405}, (method, address, answer.status_code)


def whole(client: Client, address: str) -> str:
    response = client.get(address)
    return drain(response).decode("utf-8", "replace")


def test_nobody_is_sent_to_sign_in_from_everywhere(
    world: whole_world.World, client_of: Callable[[User], Client], alice: User
) -> None:
    walk = walk_of(client_of(alice))
    nobody = Client()
    for address in walk.seen:
        response = nobody.get(address)
        if address == "/batches/ended":
            # What a page asks by itself must not take it away from someone who writes in it.
            assert (response.status_code, response.content) == (204, b"")
            continue
        assert response.status_code == 302, address
        assert response.headers["Location"].startswith("/sign-in?next="), address
    for address in walk.forms:
        assert nobody.post(address).headers["Location"].startswith("/sign-in"), address


def test_a_stranger_sees_nothing_of_a_private_project(
    world: whole_world.World, client_of: Callable[[User], Client], alice: User, charlie: User
) -> None:
    """404 for all below the Project, whatever is asked or sent; and no list names anything of it."""
    walk, stranger = walk_of(client_of(alice)), client_of(charlie)
    before = rows()
    below = [address for address in walk.seen if is_below(address, world)]
    assert len(below) > 50
    for address in below:
        for headers in ({}, HX):
            assert stranger.get(address, headers=headers).status_code == 404, address
    for address in walk.forms:
        if is_below(address, world):
            assert stranger.post(address).status_code == 404, address
    runs = [run.pk for run in world.runs]
    for action in ("stop", "delete"):
        stranger.post("/runs/bulk", {"run": runs, "action": action, "confirmed": "1"})
    assert rows() == before
    own = walk_of(stranger)
    assert not [address for address in own.seen if is_below(address, world)]
    assert {status for status in own.seen.values()} <= {200, 204, 302}
    assert b"plain" not in stranger.get("/runs/states", {"run": runs}).content.lower()


def test_who_may_only_look_cannot_change_anything(
    world: whole_world.World, client_of: Callable[[User], Client], alice: User, vera: User, charlie: User
) -> None:
    """A viewer, and a stranger in a public Project: 403 in words for each form, and no row is changed."""
    walk, before = walk_of(client_of(alice)), rows()
    for user, may_look in ((vera, world.project), (charlie, world.public)):
        client = client_of(user)
        for address, form in walk.forms.items():
            if not is_below(address, world, may_look) or route_of(address) in HARMLESS:
                continue
            if route_of(address) == "projects:member_remove":
                continue  # who may leave, and who may not be removed: tests of members
            for headers in ({}, HX):
                response = client.post(address, dict(form.fields), headers=headers)
                assert response.status_code == 403, (user, address)
                assert b"This requires the" in response.content, address
        for action in ("stop", "delete"):
            sent = {"run": [run.pk for run in world.runs], "action": action, "confirmed": "1"}
            assert client.post("/runs/bulk", sent).status_code == 302
        assert rows() == before, user


def test_nothing_in_an_archived_project_can_be_changed(
    world: whole_world.World, client_of: Callable[[User], Client], alice: User, bob: User
) -> None:
    # Lists leave it out, so the walk begins at what it holds.
    there = (world.archived, world.tasks["archived"], world.archived.runs.first())
    walk = Walk(client=client_of(alice), most=BRIEF).follow(
        *(one.get_absolute_url() for one in there), *START
    )
    before = rows()
    world.archived.memberships.create(user=bob, role="editor")
    client = client_of(bob)
    done = 0
    for address in [*walk.forms, f"/tasks/{world.tasks['archived'].pk}/run"]:
        if is_below(address, world, world.archived) and route_of(address) not in HARMLESS:
            if route_of(address) == "projects:member_remove":
                continue
            assert client.post(address).status_code == 403, address
            done += 1
    assert done > 2
    assert rows() == before | {"membership": before["membership"] + 1}


# Forms that change nothing.
HARMLESS = {"tasks:preview", "runs:check"}


def project_of(address: str) -> Project | None:
    found = resolve(unquote(urlsplit(address).path))
    pk, kind = found.kwargs.get("pk"), urlsplit(address).path.split("/")[1]
    models = {"projects": Project, "tasks": Task, "datasets": Dataset, "runs": Run, "batches": Batch}
    if pk is None or kind not in models:
        return None
    place = models[kind].objects.get(pk=pk)
    return place if kind == "projects" else place.project


def is_below(address: str, world: whole_world.World, project: Project | None = None) -> bool:
    """Whether the address is of something in that Project, Alice's private one by default."""
    return project_of(address) == (project or world.project)


def rows() -> dict[str, object]:
    """What there is, as far as people can change it."""
    kinds = (Project, Membership, Dataset, Sample, Task, Run, Execution, Batch, Preset)
    states = sorted(Execution.objects.values_list("pk", "state"))
    texts = sorted(Project.objects.values_list("name", "archived_at", "visibility"))
    texts += sorted(Task.objects.values_list("name", "digest"))
    texts += sorted(Dataset.objects.values_list("name", "digest"))
    counts = {kind._meta.model_name: kind.objects.count() for kind in kinds}
    return counts | {"states": states, "texts": sorted(map(str, texts))}
