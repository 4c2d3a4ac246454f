"""Assignments: from what a rule matched up to the value, to the name and the value as a whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.secrets.candidate import Candidate
from scantling_analyzers.secrets.names import PROMISING, class_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.secrets.rule import Rule

MAX_NAME: Final = 80
"""Bytes of a name that are looked at, to the left of the word that makes it one of a secret."""

MAX_VALUE: Final = 2048
"""Bytes of a value that are read."""

_BEFORE: Final = 100
_AFTER: Final = 80
"""Bytes before a name and behind a value that are looked at."""

_MAX_INSIDE: Final = 8
"""Names within one value that are looked at."""

_OF_NAMES: Final = bytes(
    byte if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "_.-") else ord(" ")
    for byte in range(256)
).lower()
"""Translates bytes of names to small letters, and all others to spaces."""

_OPENING: Final = re.compile(
    rb"(?:[bBuUrRfFL$@]{0,2}|(?P<call>(?:new |&)?(?:\[\])?[A-Za-z_][\w.:]{1,40}\()|[\[{][ \t]{0,4}"
    rb"|<\w{1,20}>)(?:\"(?=\\\"))?"
    rb"(?P<quote>\\\\\"|\\\"|\\'|\"\"\"|'''|[\"'`]|&quot;|&#39;)"
)
_CLOSING: Final = {
    quote: re.compile(rb"(?:[^\\" + rest + rb"\n]|\\.){0,2048}")
    for quote, rest in ((b'"', b'"'), (b"'", b"'"), (b"`", b"`"))
}
_SCHEME: Final = re.compile(
    rb"(?i)(?:basic|bearer|token|digest|apikey|api-key|key|negotiate|jwt|bot|genie ?key|splunk)"
    rb"[ \t]{1,4}(?:token=)?(?=[^\s\"'])"
)
"""How a value of HTTP's Authorization begins; what follows is the secret."""

_BASIC: Final = re.compile(rb"(?i)[\"']?basic[ \t]")
"""What the rule of HTTP Basic authentication judges: its value decodes or it is none."""

_BARE: Final = re.compile(rb"(?:[^\s\"'`;,&]|[;,&](?![\w.\- ]{1,40}[=:])){1,2048}+")
_BARE_IN_QUERY: Final = re.compile(rb"[^\s\"'`&#<>]{1,2048}+")
"""Values without quotes: they end where the next name begins."""

_TRAILING: Final = b",;.)]}>|\\"
_OPENED: Final = {b")"[0]: b"(", b"]"[0]: b"[", b"}"[0]: b"{", b">"[0]: b"<"}


def names_in(text: bytes, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return the places of the names in a window that promise a secret."""
    # Of most words of a line nothing is known but that no promising word is in them.
    small = text[start:end].translate(_OF_NAMES) + b" "
    found: list[tuple[int, int]] = []
    promising = PROMISING.search(small)
    while promising is not None:
        stop = small.find(b" ", promising.end())
        name = small[small.rfind(b" ", 0, promising.start()) + 1 : stop].lstrip(b".-")
        place = start + stop - len(name), start + stop
        if len(name) <= MAX_NAME and class_of(text[slice(*place)]) != "none":
            found.append(place)
        promising = PROMISING.search(small, stop)
    return tuple(found)


def assigned(
    rule: Rule, text: bytes, places: Iterable[tuple[int, int]], end: int, path: str
) -> Iterator[Candidate]:
    """Yield what is assigned to the names at ``places`` in the way of ``rule``.

    ``end`` is where the window ends. Of the names that stand within one value the first few are
    looked at, for it is looked at as a whole as well.
    """
    covered = inside = 0
    for begin, stop in places:
        inside = inside + 1 if begin < covered else 0
        if inside > _MAX_INSIDE:
            continue
        match = rule.expression.match(text, stop, end)
        if match is None or _BASIC.match(text, match.end()):
            continue
        before = rule.preceding
        if before is not None and not before.search(text, max(0, begin - _BEFORE), begin):
            continue
        found = _assigned(rule, text, (begin, stop), match, end, path)
        if found is not None:
            covered = max(covered, found.end)
            yield found


def _assigned(
    rule: Rule, text: bytes, place: tuple[int, int], match: re.Match[bytes], end: int, path: str
) -> Candidate | None:
    begin, stop = place
    in_query = text[begin - 1 : begin] in {b"?", b"&"} or match[0].endswith(b">")
    start, last, quote = _value(text, match.end(), end, in_query=in_query)
    opening = _OPENING.match(text, match.end(), end)
    if last <= start:
        return None
    return Candidate(
        rule=rule,
        start=start,
        end=last,
        value=text[start:last],
        name=text[begin:stop],
        before=text[max(0, begin - _BEFORE) : begin],
        after=text[last : min(end, last + _AFTER)],
        quote=quote,
        call=(opening["call"] or b"") if opening else b"",
        connector=match[0],
        path=path,
    )


def implied(rule: Rule, text: bytes, match: re.Match[bytes], end: int, path: str) -> Candidate:
    """Return the value that a rule found, under the name that it found or has for such places."""
    start, stop = match.span("value")
    quote = text[start - 1 : start] if start else b""
    return Candidate(
        rule=rule,
        start=start,
        end=stop,
        value=match["value"],
        name=match.groupdict().get("name") or rule.implied.encode(),
        before=text[max(0, start - _BEFORE) : start],
        after=text[stop : min(end, stop + _AFTER)],
        quote=quote if quote in _CLOSING else b"",
        path=path,
    )


def _value(text: bytes, position: int, end: int, *, in_query: bool) -> tuple[int, int, bytes]:
    opening = _OPENING.match(text, position, end)
    if opening is None:
        scheme = _SCHEME.match(text, position, end)
        start = scheme.end() if scheme else position
        return *_bare(text, start, end, in_query=in_query), b""
    quote = opening["quote"]
    scheme = _SCHEME.match(text, opening.end(), end)
    start = scheme.end() if scheme else opening.end()
    simple = _CLOSING.get(quote)
    if simple is not None:
        found = simple.match(text, start, end)
        return start, found.end() if found else start, quote
    stop = text.find(quote, start, min(end, start + MAX_VALUE))
    return start, stop if stop >= 0 else min(end, start + MAX_VALUE), quote


def _bare(text: bytes, start: int, end: int, *, in_query: bool) -> tuple[int, int]:
    found = (_BARE_IN_QUERY if in_query else _BARE).match(text, start, end)
    if found is None:
        return start, start
    stop = found.end()
    while stop > start and text[stop - 1] in _TRAILING:
        opened = _OPENED.get(text[stop - 1])
        if opened is not None and opened in text[start:stop]:
            break
        stop -= 1
    return start, stop
