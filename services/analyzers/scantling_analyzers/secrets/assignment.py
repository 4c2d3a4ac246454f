"""Assignments: from what a rule matched up to the value, to the name and the value as a whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.secrets.candidate import Candidate

if TYPE_CHECKING:
    from scantling_analyzers.secrets.rule import Rule

MAX_NAME: Final = 80
"""Bytes of a name that are looked at, to the left of the word that makes it one of a secret."""

MAX_VALUE: Final = 4096
"""Bytes of a value that are read."""

_NAME_BYTES: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_OPENING: Final = re.compile(
    rb"(?:[bBuUrRfFL$@]{0,2}|new String\(|String\.valueOf\(|\[[ \t]{0,4})"
    rb"(?P<quote>\\\\\"|\\\"|\\'|\"\"\"|'''|[\"'`]|&quot;|&#39;)"
)
_CLOSING: Final = {
    quote: re.compile(rb"(?:[^\\" + rest + rb"\n]|\\.){0,4096}")
    for quote, rest in ((b'"', b'"'), (b"'", b"'"), (b"`", b"`"))
}
_SCHEME: Final = re.compile(
    rb"(?i)(?:basic|bearer|token|digest|apikey|api-key|key|negotiate|jwt|bot|genie ?key|splunk)"
    rb"[ \t]{1,4}(?:token=)?(?=[^\s\"'])"
)
"""How a value of HTTP's Authorization begins; what follows is the secret."""

_BASIC: Final = re.compile(rb"(?i)[\"']?basic[ \t]")
"""What the rule of HTTP Basic authentication judges: its value decodes or it is none."""

_BARE: Final = re.compile(rb"[^\s\"'`]{1,4096}")
_BARE_IN_URL: Final = re.compile(rb"[^\s\"'`&#<>]{1,4096}")
_TRAILING: Final = b",;.)]}>|\\"
_OPENED: Final = {b")"[0]: b"(", b"]"[0]: b"[", b"}"[0]: b"{", b">"[0]: b"<"}


def assigned(
    rule: Rule, text: bytes, match: re.Match[bytes], end: int, path: str
) -> Candidate | None:
    """Return what is assigned by what ``match`` found, or None where nothing is.

    ``end`` is where the window ends. A rule without a name in its pattern has found the value;
    else it begins where the match ends, and the name is read to the left as far as it goes.
    """
    if rule.implied:
        return _implied(rule, text, match, end, path)
    start, stop, quote = _value(text, match, end)
    value = text[start:stop]
    if not value or _BASIC.match(text, match.end()):
        return None
    first = match.start("name")
    begin = first
    while begin > 0 and first - begin < MAX_NAME and text[begin - 1] in _NAME_BYTES:
        begin -= 1
    return Candidate(
        rule=rule,
        start=start,
        end=stop,
        value=value,
        name=text[begin:first].lstrip(b"-.") + match["name"],
        before=text[max(0, begin - 60) : begin],
        after=text[stop : min(end, stop + 80)],
        quote=quote,
        path=path,
        connector=text[match.end("name") : match.end()],
    )


def _implied(rule: Rule, text: bytes, match: re.Match[bytes], end: int, path: str) -> Candidate:
    start, stop = match.span("value")
    quote = text[start - 1 : start] if start else b""
    return Candidate(
        rule=rule,
        start=start,
        end=stop,
        value=match["value"],
        name=rule.implied.encode(),
        before=text[max(0, start - 60) : start],
        after=text[stop : min(end, stop + 80)],
        path=path,
        quote=quote if quote in (b"'", b'"', b"`") else b"",
    )


def _value(text: bytes, match: re.Match[bytes], end: int) -> tuple[int, int, bytes]:
    position = match.end()
    opening = _OPENING.match(text, position, end)
    if opening is None:
        scheme = _SCHEME.match(text, position, end)
        position = scheme.end() if scheme else position
        return _bare(text, match, position, end)
    quote = opening["quote"]
    scheme = _SCHEME.match(text, opening.end(), end)
    start = scheme.end() if scheme else opening.end()
    simple = _CLOSING.get(quote)
    if simple is not None:
        found = simple.match(text, start, end)
        return start, found.end() if found else start, quote
    stop = text.find(quote, start, min(end, start + MAX_VALUE))
    return start, stop if stop >= 0 else min(end, start + MAX_VALUE), quote


def _bare(text: bytes, match: re.Match[bytes], start: int, end: int) -> tuple[int, int, bytes]:
    before = text[match.start("name") - 1 : match.start("name")] if match.start("name") else b""
    pattern = _BARE_IN_URL if before in (b"?", b"&") or b">" in match[0][-3:] else _BARE
    found = pattern.match(text, start, end)
    if found is None:
        return start, start, b""
    stop = found.end()
    while stop > start and text[stop - 1] in _TRAILING:
        opened = _OPENED.get(text[stop - 1])
        if opened is not None and opened in text[start:stop]:
            break
        stop -= 1
    return start, stop, b""
