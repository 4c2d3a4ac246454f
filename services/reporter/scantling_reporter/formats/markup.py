"""HTML that can't be broken out of: text becomes markup here only, and is escaped on the way."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from scantling_reporter.formats.links import is_link
from scantling_reporter.formats.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin-top: 2.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8884; padding: .3rem .6rem .3rem 0; text-align: left; }
th, td { vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; white-space: nowrap; }
details { margin: .2rem 0; }
summary { cursor: pointer; }
.critical, .failed { color: #b0004f; font-weight: 600; }
.high { color: #c62300; font-weight: 600; }
.medium, .partial, .unsupported, .stale { color: #9a6700; }
.low, .negligible, .unknown { color: #57606a; }
.complete { color: #1a7f37; }
@media (prefers-color-scheme: dark) {
  .critical, .failed { color: #ff7eb6; }
  .high { color: #ff8466; }
  .medium, .partial, .unsupported, .stale { color: #e3b341; }
  .low, .negligible, .unknown { color: #9ea7b3; }
  .complete { color: #56d364; }
}
@media print { body { max-width: none; margin: 0; } }
"""


class Markup(str):
    """Markup that this module made; any other text is not."""

    __slots__ = ()


def element(name: str, *parts: str, kind: str = "") -> Markup:
    """Return an element of parts: markup stands as it is, all other text is escaped.

    ``name`` and ``kind`` (a class of the style) are words of the program, never of an image.
    """
    attribute = f' class="{escape(kind)}"' if kind else ""
    return Markup(f"<{name}{attribute}>{''.join(map(_written, parts))}</{name}>")


def link(address: str, text: str = "") -> Markup:
    """Return a link where an address is one of a page, else its text."""
    if not is_link(address):
        return Markup(_written(text or address))
    shown = _written(text or address)
    return Markup(f'<a href="{escape(address)}" rel="noopener noreferrer nofollow">{shown}</a>')


def joined(parts: Iterable[str], between: str = "") -> Markup:
    """Return parts one after the other, with a text between them."""
    return Markup(_written(between).join(map(_written, parts)))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """Return a table; a column in which every cell is empty is left out."""
    rows = list(rows)
    kept = [at for at in range(len(header)) if any(row[at] for row in rows)]
    head = element("tr", *(element("th", header[at]) for at in kept))
    body = (element("tr", *(element("td", row[at]) for at in kept)) for row in rows)
    return element("table", element("thead", head), element("tbody", *body))


def details(summary: str, *parts: str) -> Markup:
    """Return what is shown when its summary is clicked."""
    return element("details", element("summary", summary), *parts)


def word(text: str) -> Markup:
    """Return a severity or a status in its colour."""
    return element("span", text.replace("_", " "), kind=text)


def document(title: str, parts: Iterable[Markup]) -> str:
    """Return a whole document in UTF-8."""
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="referrer" content="no-referrer">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_written(title)}</title><style>{_STYLE}</style>"
    )
    body = "\n".join(parts)
    whole = f'<html lang="en">\n<head>{head}</head>\n<body>\n{body}\n</body>\n</html>'
    return f"<!DOCTYPE html>\n{whole}\n"


def _written(part: str) -> str:
    return part if isinstance(part, Markup) else escape(safe(part))
