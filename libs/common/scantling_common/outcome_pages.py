"""Outcomes cut into pages for the bus and the store, and put together again.

A page is one packed :class:`OutcomePage`. The first one holds the outcome without its long
arrays, then every page holds a stretch of each of them, in their order. An outcome whose single
entry would not fit a page is cut, says so in ``errors`` and is no longer *complete*: nothing
that an image contains can make a page that the bus refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from scantling_common.bodies import BodyUnreadable, pack, unpack
from scantling_common.outcomes import Finding, Outcome, OutcomeError, PackageEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGE_LIMIT: Final = 480 * 1024
"""The largest page in bytes, packed; with base64 and headers it is well under 1 MiB."""

MAX_PAGES: Final = 4096
"""The most pages that are read back as one outcome."""

MAX_PAGE_UNPACKED: Final = 16 * 1024 * 1024
"""The largest page in bytes, unpacked, that is read back."""

_EXPANSION: Final = 4
"""Entries of up to this many times the limit are tried as one page: they compress well."""

_TEXT: Final = 1024
"""The longest text in characters that a cut outcome keeps of a field."""

_KINDS: Final[dict[str, type]] = {
    "findings": Finding,
    "packages": PackageEntry,
    "errors": OutcomeError,
}

_SECTIONS: Final = ("files", "base", "setting")
"""Fields of one risk type each whose lists are shortened where they don't fit."""


class OutcomePage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page; ``outcome`` is there on the first one only, with its arrays empty."""

    outcome: Outcome | None = None
    findings: tuple[Finding, ...] = ()
    packages: tuple[PackageEntry, ...] = ()
    errors: tuple[OutcomeError, ...] = ()


def paginate(outcome: Outcome, *, limit: int = PAGE_LIMIT) -> list[bytes]:
    """Return the pages of an outcome, each at most ``limit`` bytes; equal outcomes, equal pages.

    What does not fit a page by itself is replaced by an error that names it, and a *complete*
    outcome becomes *partial*: use :func:`bounded` first where the status must be known.
    """
    outcome = bounded(outcome, limit=limit)
    header = _header(outcome)
    pages: list[bytes] = []
    pending: OutcomePage | None = OutcomePage(outcome=header)
    budget = limit * _EXPANSION
    used = len(msgspec.msgpack.encode(header))
    entries: list[tuple[str, Any]] = []
    for name, entry, size in _entries(outcome):
        if entries and used + size > budget:
            pages.extend(_packed(pending, entries, limit))
            pending, entries, used = None, [], 0
        entries.append((name, entry))
        used += size
    if entries or pending is not None:
        pages.extend(_packed(pending, entries, limit))
    return pages


def assemble(pages: Sequence[bytes]) -> Outcome:
    """Return the outcome of all its pages, in their order.

    Raises :class:`~scantling_common.bodies.BodyUnreadable` where a page is damaged, the first
    one is not a first page, or another one is.
    """
    if not 1 <= len(pages) <= MAX_PAGES:
        message = f"an outcome of {len(pages)} pages; 1 to {MAX_PAGES} are read"
        raise BodyUnreadable(message)
    parts = [unpack(page, OutcomePage, limit=MAX_PAGE_UNPACKED) for page in pages]
    header = parts[0].outcome
    if header is None or any(part.outcome is not None for part in parts[1:]):
        message = "the pages of an outcome are not in their order"
        raise BodyUnreadable(message)
    return replace(
        header,
        findings=tuple(entry for part in parts for entry in part.findings),
        packages=tuple(entry for part in parts for entry in part.packages),
        errors=tuple(entry for part in parts for entry in part.errors),
    )


def bounded(outcome: Outcome, *, limit: int = PAGE_LIMIT) -> Outcome:
    """Return the outcome with all that can't stand on a page of ``limit`` bytes cut out.

    Each cut is an error with code ``entry_too_large`` or ``list_cut``; a *complete* outcome
    becomes *partial*. The same outcome comes back where nothing is cut.
    """
    errors: list[OutcomeError] = []
    kept: dict[str, tuple[Any, ...]] = {}
    for name in _KINDS:
        kept[name] = tuple(_fitting(getattr(outcome, name), name, limit, errors))
    header = _fitting_header(_header(outcome), limit, errors)
    if not errors:
        return outcome
    status = "partial" if header.status == "complete" else header.status
    return replace(
        header,
        status=status,
        code=header.code or errors[0].code,
        reason=header.reason or "parts of the outcome were too large to keep",
        findings=kept["findings"],
        packages=kept["packages"],
        errors=(*kept["errors"], *errors),
    )


def _header(outcome: Outcome) -> Outcome:
    return replace(outcome, findings=(), packages=(), errors=())


def _entries(outcome: Outcome) -> Iterator[tuple[str, Any, int]]:
    for name in _KINDS:
        for entry in getattr(outcome, name):
            yield name, entry, len(msgspec.msgpack.encode(entry))


def _packed(first: OutcomePage | None, entries: list[tuple[str, Any]], limit: int) -> list[bytes]:
    """Return the pages of these entries, halved for as long as one is over the limit."""
    page = first or OutcomePage()
    arrays = {name: tuple(entry for kind, entry in entries if kind == name) for name in _KINDS}
    packed = pack(replace(page, **arrays))
    if len(packed) <= limit or not entries:
        return [packed]
    if len(entries) == 1:  # the header fits alone, and so does the entry
        return [pack(page), *_packed(None, entries, limit)] if first else [packed]
    half = len(entries) // 2
    return [*_packed(first, entries[:half], limit), *_packed(None, entries[half:], limit)]


def _fitting(
    entries: Sequence[Any], name: str, limit: int, errors: list[OutcomeError]
) -> Iterator[Any]:
    room = limit // 2  # an entry that may stay leaves room for what surrounds it
    for entry in entries:
        if len(msgspec.msgpack.encode(entry)) <= room:
            yield entry
            continue
        errors.append(
            OutcomeError(
                path=_cut(entry.path),
                layer=_cut(entry.layer),
                code="entry_too_large",
                message=f"one of the {name} is over {room} bytes and was left out",
            )
        )


def _fitting_header(header: Outcome, limit: int, errors: list[OutcomeError]) -> Outcome:
    if _fits(header, limit):
        return header
    errors.append(
        OutcomeError(
            path="",
            layer="",
            code="list_cut",
            message=f"lists of the report were shortened to fit {limit} bytes",
        )
    )
    header = replace(header, reason=_cut(header.reason), code=_cut(header.code))
    while not _fits(header, limit) and any(map(_length, (getattr(header, n) for n in _SECTIONS))):
        header = replace(header, **{name: _halved(getattr(header, name)) for name in _SECTIONS})
    if _fits(header, limit):
        return header
    return Outcome(
        risk=header.risk,
        status="failed",
        code="outcome_too_large",
        reason=f"the outcome's own fields do not fit {limit} bytes",
        seconds=header.seconds,
    )


def _fits(header: Outcome, limit: int) -> bool:
    if len(msgspec.msgpack.encode(header)) > MAX_PAGE_UNPACKED // 2:
        return False
    return len(pack(header)) <= limit


def _lists(value: msgspec.Struct) -> dict[str, tuple[Any, ...]]:
    fields = {name: getattr(value, name) for name in value.__struct_fields__}
    return {name: entry for name, entry in fields.items() if isinstance(entry, tuple)}


def _length(value: msgspec.Struct | None) -> int:
    return sum(len(entries) for entries in _lists(value).values()) if value else 0


def _halved(value: Any) -> Any:
    if value is None:
        return None
    lists = {name: entries[: len(entries) // 2] for name, entries in _lists(value).items()}
    return replace(value, **lists)


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else text[:_TEXT]
