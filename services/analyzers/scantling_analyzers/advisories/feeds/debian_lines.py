"""The lines of the lists of Debian's security tracker, as they are written by hand; pure.

An entry begins in the first column; what is said of it is indented: packages, references to other
entries (``{…}``), flags and notes (security-tracker, ``doc/security-team.d.o/security_tracker``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_LINE: Final = 20_000
"""How many characters a line may have."""
MAX_ENTRY: Final = 20_000
"""How many lines an entry may have."""

KINDS: Final = frozenset(
    {"unfixed", "removed", "itp", "undetermined", "not-affected"}
    | {"no-dsa", "ignored", "postponed", "end-of-life"}
)
"""What can stand in angle brackets instead of a version."""

_PACKAGE: Final = re.compile(
    r"(?:\[(?P<release>[a-z][a-z-]{0,40})\] )?- (?P<name>[A-Za-z0-9][A-Za-z0-9+.-]{0,200})"
    r"(?:\s{1,8}(?:<(?P<kind>[a-z-]{1,40})>|(?P<version>[A-Za-z0-9:.+~-]{1,500})))?"
    r"(?:\s{1,8}\((?P<inner>.*)\))?",
    re.ASCII,
)
_XREF: Final = re.compile(r"\{\s*([^{}]*)\}")
_NOTE: Final = re.compile(r"(?:NOTE|TO[D]O|NOT-FOR-US|HELP):|(?:NOTE|TO[D]O)\b|STOP:|begin |end ")
_FLAGS: Final = frozenset({"RESERVED", "REJECTED"})
_BUG: Final = re.compile(r"bug #(\d{1,9})", re.ASCII)
_URGENCY: Final = re.compile(r"\b(unimportant|low|medium|high)\b")


class PackageLine(NamedTuple):
    """What a line says of a package: a version that mends it, or one of ``KINDS``.

    ``release`` is empty for what is said of unstable, and with it of all releases.
    """

    release: str
    name: str
    version: str
    kind: str
    urgency: str
    bug: int


class Entry(NamedTuple):
    """An entry: the line it begins with, its number, and what follows."""

    number: int
    head: str
    packages: tuple[PackageLine, ...]
    xrefs: tuple[str, ...]
    flags: frozenset[str]
    broken: tuple[tuple[int, str], ...]
    """Number and text of lines that are none of the known ones."""


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """Yield the entries of a list."""
    head, number, body = "", 0, list[tuple[int, str]]()
    for count, line in enumerate(lines, start=1):
        text = line.rstrip()
        if not text or text.startswith("--"):
            continue
        if not text[0].isspace():
            if head:
                yield _entry(head, number, body)
            head, number, body = text, count, []
        elif len(body) < MAX_ENTRY:
            body.append((count, text.strip()))
        elif len(body) == MAX_ENTRY:
            body.append((count, f"… more than {MAX_ENTRY} lines"))
    if head:
        yield _entry(head, number, body)


def _entry(head: str, number: int, body: list[tuple[int, str]]) -> Entry:
    packages: list[PackageLine] = []
    xrefs: dict[str, None] = {}
    flags: set[str] = set()
    broken: list[tuple[int, str]] = []
    for count, text in body:
        if len(text) <= MAX_LINE and (found := _PACKAGE.fullmatch(text)) is not None:
            packages.append(_package(found))
        elif text in _FLAGS:
            flags.add(text)
        elif len(text) <= MAX_LINE and (listed := _XREF.fullmatch(text)) is not None:
            xrefs.update(dict.fromkeys(listed[1].split()))
        elif not _NOTE.match(text):
            broken.append((count, text))
    return Entry(number, head, tuple(packages), tuple(xrefs), frozenset(flags), tuple(broken))


def _package(found: re.Match[str]) -> PackageLine:
    inner = (found["inner"] or "")[:MAX_LINE]
    kind = found["kind"] or ""
    structured = kind not in KINDS or kind in {"unfixed", "removed", "itp", "undetermined"}
    urgency = _URGENCY.search(inner) if structured else None
    bug = _BUG.search(inner)
    return PackageLine(
        release=found["release"] or "",
        name=found["name"],
        version=found["version"] or "",
        kind=kind or ("" if found["version"] else "unfixed"),
        urgency=urgency[1] if urgency else "",
        bug=int(bug[1]) if bug else 0,
    )
