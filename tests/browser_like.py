"""Reads the forms of a page as a browser without JavaScript does: what pressing the button would send."""

from html.parser import HTMLParser
from urllib.parse import urlencode

from django.http import QueryDict

Pairs = list[tuple[str, str]]


class FormReader(HTMLParser):
    """Collects the controls that the form with action or id `wanted` sends; without one, all."""

    def __init__(self, wanted: str = "", *, scripted: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self.wanted, self.scripted = wanted, scripted
        self.pairs: Pairs = []
        self.inside = not wanted
        self.inert = 0  # depth of <template>, and of <noscript> where scripts run
        self.disabled = 0
        self.fieldsets: list[bool] = []
        self.select: tuple[str, bool] | None = None
        self.options: list[tuple[str, bool]] = []
        self.area: str | None = None
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value if value is not None else "" for name, value in attrs}
        if tag == "template" or (tag == "noscript" and self.scripted):
            self.inert += 1
        elif tag == "form" and self.wanted:
            self.inside = self.wanted in (facts.get("action"), facts.get("id"))
        elif tag == "fieldset":
            self.fieldsets.append("disabled" in facts)
        if self.inert or not self.inside or "disabled" in facts or any(self.fieldsets):
            return
        name = facts.get("name", "")
        if tag == "select":
            self.select, self.options = (name, "multiple" in facts), []
        elif tag == "option" and self.select is not None:
            self.options.append((facts.get("value", ""), "selected" in facts))
        elif tag == "textarea":
            self.area, self.text = name, ""
        elif tag == "input" and name:
            self.input(name, facts)

    def input(self, name: str, facts: dict[str, str]) -> None:
        kind = facts.get("type", "text")
        if kind in ("checkbox", "radio"):
            if "checked" in facts:
                self.pairs.append((name, facts.get("value", "on")))
        elif kind == "hidden":
            self.pairs.append((name, facts.get("value", "")))
        elif kind not in ("submit", "button", "file", "reset", "image"):
            self.pairs.append((name, facts.get("value", "").replace("\n", "").replace("\r", "")))

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "template" or (tag == "noscript" and self.scripted):
            self.inert -= 1
        elif tag == "fieldset":
            self.fieldsets.pop()
        elif tag == "form" and self.wanted:
            self.inside = False
        elif tag == "textarea" and self.area is not None:
            self.pairs.append((self.area, self.text.removeprefix("\n")))
            self.area = None
        elif tag == "select" and self.select is not None:
            name, multiple = self.select
            chosen = [value for value, selected in self.options if selected]
            if not multiple:
                chosen = chosen[-1:] or [value for value, _ in self.options[:1]]
            self.pairs += [(name, value) for value in chosen]
            self.select = None


def as_sent(text: str) -> str:
    """Every newline of a name or a value goes over the wire as CRLF."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def form_pairs(html: str, wanted: str = "", *, scripted: bool = False) -> Pairs:
    """The names and values that submitting the form of a page sends, in order."""
    reader = FormReader(wanted, scripted=scripted)
    reader.feed(html.replace("\r\n", "\n").replace("\r", "\n"))
    reader.close()
    return [(as_sent(name), as_sent(value)) for name, value in reader.pairs]


def form_data(html: str, wanted: str = "", *, scripted: bool = False) -> QueryDict:
    return QueryDict(urlencode(form_pairs(html, wanted, scripted=scripted)))
