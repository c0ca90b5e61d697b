"""Icons, sizes, times and durations as people read them; knows nothing of the product's objects."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from coretex_site.lib import durations

register = template.Library()

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
MONTH = 30 * 86400


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A shape of static/img/icons.svg: decoration, unless `label` says it to someone who can't see it."""
    address = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', address)


@register.filter(name="bytes")
def human_bytes(count: int | float | None) -> str:
    """`1536` → `1.5 kB`: 1024 bytes to a kB, three figures at most."""
    if count is None:
        return "–"
    size, unit = float(count), 0
    while abs(size) >= 1023.5 and unit < len(UNITS) - 1:
        size, unit = size / 1024, unit + 1
    decimals = 0 if unit == 0 or abs(size) >= 99.95 else 1
    return f"{size:.{decimals}f} {UNITS[unit]}"


@register.filter
def duration(value: timedelta | int | float | None) -> str:
    """Seconds or a timedelta → `38 ms`, `0.4 s`, `42 s`, `3 min 05 s`, `1 h 02 min`, `2 d 3 h`."""
    if value is None:
        return "–"
    return durations.duration(value.total_seconds() if isinstance(value, timedelta) else float(value))


def relative(at: datetime, *, now: datetime) -> str:
    """`just now`, `3 min ago`, `in 2 h`, and the date from a month on; app.js says the same words."""
    seconds = (now - at).total_seconds()
    distance = abs(seconds)
    if distance < 60:
        return "just now"
    if distance >= MONTH:
        return at.astimezone(UTC).strftime("%Y-%m-%d")
    if distance < 3600:
        words = f"{int(distance // 60)} min"
    elif distance < 86400:
        words = f"{int(distance // 3600)} h"
    else:
        words = f"{int(distance // 86400)} d"
    return f"{words} ago" if seconds > 0 else f"in {words}"


@register.filter
def when(at: datetime | None) -> str:
    """A `<time>` that reads relatively, says the exact time on hover, and is kept fresh by app.js."""
    if at is None:
        return "–"
    exact = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}" data-relative>{}</time>',
        exact.isoformat(timespec="seconds"),
        exact.strftime("%Y-%m-%d %H:%M:%S UTC"),
        relative(exact, now=timezone.now()),
    )


@register.simple_block_tag
def empty_state(content: str, icon: str, title: str, **links: str) -> str:
    """What is not there yet, with `content` on what to do next.

    `links`: `href` and `action`, `second_href` and `second_action`.
    """
    context = {"icon_name": icon, "title": title, "text": content.strip(), **links}
    return render_to_string("_empty.html", context)


@register.simple_block_tag
def text(content: str) -> str:
    """What stands in the block on one line: `{% text as warning %}…{% endtext %}` for a long attribute."""
    return mark_safe(" ".join(content.split()))  # noqa: S308 - it was rendered, and so escaped, already


@register.filter
def numbered(lines: Iterable[str]) -> str:
    """Lines of HTML, each in an element `L1`, `L2`, … that can be linked to; what is copied has line ends."""
    made = (
        f'<span class="line" id="L{number}">{line}\n</span>' for number, line in enumerate(lines, start=1)
    )
    return mark_safe("".join(made))  # noqa: S308 - the lines are HTML of ours
