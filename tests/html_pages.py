"""Reads a page as a browser and as a careful reader do: where it leads, and what is wrong with its HTML."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# Elements whose end tag HTML lets one leave out.
LENIENT = {"p", "li", "dt", "dd", "option", "tr", "td", "th", "thead", "tbody"}
ADDRESSES = (
    "href",
    "src",
    "action",
    "formaction",
    "hx-get",
    "hx-post",
    "hx-put",
    "hx-delete",
    "data-url",
    "data-curves",
)
UNLABELLED = {"hidden", "submit", "button", "image", "reset"}


def flat(html: str) -> str:
    """The HTML with a blank for each run of blanks and line ends, as a browser shows them."""
    return " ".join(html.split())


@dataclass(frozen=True, kw_only=True)
class Form:
    method: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Element:
    tag: str
    facts: dict[str, str]
    text: str = ""


class Page(HTMLParser):
    """`links` are GET addresses, `posts` those of forms and htmx, `problems` sentences about the HTML."""

    def __init__(self, html: str, *, is_whole: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.problems: list[str] = []
        self.ids: set[str] = set()
        self.label_for: set[str] = set()
        self.controls: list[tuple[dict[str, str], bool]] = []
        self.references: list[tuple[str, str]] = []
        self.open: list[Element] = []
        self.form: Form | None = None
        self.templates = 0
        self.feed(html)
        self.close()
        self.finish(is_whole)

    @property
    def posts(self) -> list[str]:
        return [form.action for form in self.forms if form.method == "post"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if len(facts) < len(attrs):
            self.problems.append(f"<{tag}> has an attribute twice: {attrs}")
        if tag not in VOID:
            self.open.append(Element(tag, facts))
        self.templates += tag == "template"
        self.note_addresses(tag, facts)
        self.check(tag, facts)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        while self.open and self.open[-1].tag != tag and self.open[-1].tag in LENIENT:
            self.open.pop()
        if not self.open or self.open[-1].tag != tag:
            found = self.open[-1].tag if self.open else "nothing"
            self.problems.append(f"</{tag}> at line {self.getpos()[0]} closes <{found}>")
            return
        closed = self.open.pop()
        self.templates -= tag == "template"
        if tag == "form":
            self.form = None
        named = closed.text.strip() or {"aria-label", "title"} & set(closed.facts)
        if tag in {"a", "button"} and not named:
            self.problems.append(f"<{tag}> without words: {closed.facts}")
        if self.open:
            self.open[-1].text += closed.text

    def handle_data(self, data: str) -> None:
        if not self.open:
            return
        inside = self.open[-1]
        if inside.tag == "script" and data.strip() and "json" not in inside.facts.get("type", ""):
            self.problems.append(f"a script inside the page: {data.strip()[:60]}")
        self.open[-1].text += data

    def note_addresses(self, tag: str, facts: dict[str, str]) -> None:
        if tag == "form":
            method = facts.get("method", "get").lower()
            self.form = Form(method=method, action=facts.get("action", ""))
            self.forms.append(self.form)
        elif self.form is not None and facts.get("name"):
            self.form.fields.append((facts["name"], facts.get("value", "")))
        for name in ADDRESSES:
            if name not in facts or (name == "action" and tag == "form"):
                continue
            if name in {"hx-post", "hx-put", "hx-delete"} or (name == "formaction" and self.is_posted(facts)):
                self.forms.append(Form(method="post", action=facts[name]))
            elif not self.templates:
                self.links.append(facts[name])

    def is_posted(self, facts: dict[str, str]) -> bool:
        given = facts.get("formmethod") or (self.form.method if self.form is not None else "get")
        return given.lower() == "post"

    def check(self, tag: str, facts: dict[str, str]) -> None:
        if self.templates:
            return
        if given := facts.get("id"):
            if given in self.ids:
                self.problems.append(f"the id {given!r} occurs twice")
            self.ids.add(given)
        for name in ("aria-labelledby", "aria-describedby", "aria-controls"):
            self.references += [(name, word) for word in facts.get(name, "").split()]
        if tag == "img":
            if "alt" not in facts:
                self.problems.append(f"an image without alt: {facts.get('src')}")
            if self.open and "alt" in facts:
                self.open[-1].text += facts["alt"]
        if tag == "label" and "for" in facts:
            self.label_for.add(facts["for"])
            self.references.append(("for", facts["for"]))
        if tag in {"input", "select", "textarea"} and facts.get("type", "text") not in UNLABELLED:
            self.controls.append((facts, any(element.tag == "label" for element in self.open)))
        handlers = [name for name in facts if name.startswith("on") or name.startswith("hx-on")]
        if handlers or facts.get("href", "").lower().startswith(("javascript:", "data:")):
            self.problems.append(f"a script in an attribute of <{tag}>: {handlers or facts['href']}")
        if facts.get("target") == "_blank" and "noopener" not in facts.get("rel", "noopener"):
            self.problems.append("target=_blank gives the other page a handle on ours")
        if tag == "form" and sum(element.tag == "form" for element in self.open) > 1:
            self.problems.append("a form inside a form")

    def finish(self, is_whole: bool) -> None:
        for facts, is_wrapped in self.controls:
            named = {"aria-label", "aria-labelledby", "title"} & set(facts)
            if not (is_wrapped or named or facts.get("id") in self.label_for):
                self.problems.append(f"a control without a label: {facts}")
        left = [element.tag for element in self.open if element.tag not in LENIENT]
        if left:
            self.problems.append(f"never closed: {left}")
        if is_whole:
            missing = sorted({f"{name}={word}" for name, word in self.references if word not in self.ids})
            if missing:
                self.problems.append(f"refers to ids that are not there: {missing}")
