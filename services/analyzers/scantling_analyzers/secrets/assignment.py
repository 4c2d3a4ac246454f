"""Assignments: from what a rule matched up to the value, to the name and the value as a whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.secrets.candidate import Candidate
from scantling_analyzers.secrets.names import PROMISING, class_of

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    rb"(?:[bBuUrRfFL$@]{0,2}|(?P<call>(?:new |&)?(?:\[\])?[A-Za-z_][\w.:]{1,40}[({])"
    rb"|[\[{][ \t]{0,4}|<\w{1,20}>)(?:\"(?=\\\"))?"
    rb"(?P<quote>\\\\\"|\\\"|\\'|\"\"\"|'''|[\"'`]|&quot;|&#39;)"
)
_CLOSING: Final = {
    quote: re.compile(rb"(?:" + more + rb"[^\\" + quote + rb"\n]|\\.){0,2048}")
    for quote, more in (
        (b'"', rb"`\"(?=\w)|(?<=[^\"])\"\"(?=\w)|"),
        (b"'", rb"(?<=[^'])''(?=\w)|"),
        (b"`", b""),
    )
}
"""Values in quotes: in SQL, YAML and C# two are one of the value, in PowerShell a backtick's is."""

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

_OF_ELEMENT: Final = re.compile(rb"[^\s<>]{1,2048}+(?=<|\]\]>)")
"""The text of an element (XML 1.0, section 3.1), where it is one word."""
_CONTENT: Final = (b">", b"<![CDATA[")
"""How what precedes the text of an element ends."""

_BYTE: Final = re.compile(rb"\b0x([0-9A-Fa-f]{2})\b")
_TRAILING: Final = b",;.)]}>|\\"
_OPENED: Final = {b")"[0]: b"(", b"]"[0]: b"[", b"}"[0]: b"{", b">"[0]: b"<"}


def names_in(text: bytes, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return the places of the names in a window that promise a secret."""
    # Of most words of a line nothing is known but that no promising word is in them.
    small = text[start:end].translate(_OF_NAMES) + b" "
    found: list[tuple[int, int]] = []
    promising = PROMISING.search(small)
    while promising is not None:
        first, last = promising.span()
        stop = small.find(b" ", last)
        size = len(small[small.rfind(b" ", 0, first) + 1 : stop].lstrip(b".-"))
        last = start + stop
        if size <= MAX_NAME and class_of(text[last - size : last]) != "none":
            found.append((last - size, last))
        promising = PROMISING.search(small, stop)
    return tuple(found)


def assigned(
    rule: Rule, text: bytes, places: Iterable[tuple[int, int]], end: int, path: str
) -> list[Candidate]:
    """Return what is assigned to the names at ``places`` in the way of ``rule``.

    ``end`` is where the window ends. Of the names that stand within one value the first few are
    looked at, for it is looked at as a whole as well.
    """
    found: list[Candidate] = []
    covered = inside = 0
    joint, before = rule.expression, rule.preceding
    for begin, stop in places:
        inside = inside + 1 if begin < covered else 0
        if inside > _MAX_INSIDE:
            continue
        match = joint.match(text, stop, end)
        if match is None or _BASIC.match(text, match.end()):
            continue
        if before is not None and not before.search(text, max(0, begin - _BEFORE), begin):
            continue
        candidate = _assigned(rule, text, (begin, stop), match, end, path)
        if candidate is not None:
            covered = max(covered, candidate.end)
            found.append(candidate)
    return found


def _assigned(
    rule: Rule, text: bytes, place: tuple[int, int], match: re.Match[bytes], end: int, path: str
) -> Candidate | None:
    begin, stop = place
    first, connector = match.end(), match[0]
    opening = _OPENING.match(text, first, end)
    if opening is None:
        start = _behind_scheme(text, first, end)
        last = _unquoted(text, start, end, text[begin - 1 : begin], connector)
        quote = b""
    else:
        quote = opening["quote"]
        start, last = _quoted(text, _behind_scheme(text, opening.end(), end), end, quote)
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
        connector=connector,
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
        value=_plain(match["value"]),
        name=match.groupdict().get("name") or rule.implied.encode(),
        before=text[max(0, start - _BEFORE) : start],
        after=text[stop : min(end, stop + _AFTER)],
        quote=quote if quote in _CLOSING else b"",
        path=path,
    )


def _plain(value: bytes) -> bytes:
    """Return a value as it is; bytes that are listed one by one as one number in hexadecimal."""
    listed = _BYTE.findall(value)
    return b"".join(listed).lower() if len(listed) > 1 and b"," in value else value


def _behind_scheme(text: bytes, position: int, end: int) -> int:
    scheme = _SCHEME.match(text, position, end)
    return scheme.end() if scheme else position


def _quoted(text: bytes, start: int, end: int, quote: bytes) -> tuple[int, int]:
    simple = _CLOSING.get(quote)
    if simple is not None:
        found = simple.match(text, start, end)
        return start, found.end() if found else start
    stop = text.find(quote, start, min(end, start + MAX_VALUE))
    return start, stop if stop >= 0 else min(end, start + MAX_VALUE)


def _unquoted(text: bytes, start: int, end: int, before: bytes, connector: bytes) -> int:
    is_content = connector.endswith(_CONTENT)
    element = _OF_ELEMENT.match(text, start, end) if is_content else None
    if element is not None:
        return element.end()
    return _bare(text, start, end, in_query=is_content or before in {b"?", b"&"})


def _bare(text: bytes, start: int, end: int, *, in_query: bool) -> int:
    found = (_BARE_IN_QUERY if in_query else _BARE).match(text, start, end)
    if found is None:
        return start
    stop = found.end()
    while stop > start and text[stop - 1] in _TRAILING:
        opened = _OPENED.get(text[stop - 1])
        if opened is not None and opened in text[start:stop]:
            break
        stop -= 1
    return stop
