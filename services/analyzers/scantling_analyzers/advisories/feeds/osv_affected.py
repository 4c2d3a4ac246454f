"""From what an OSV record says of one package to statements; pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.advisories.feeds.osv_record import specific
from scantling_analyzers.advisories.models import MAX_EVENTS, Statement
from scantling_analyzers.advisories.names import normalised_name
from scantling_analyzers.advisories.streams import of_osv, type_of
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_analyzers.advisories.feeds.osv_record import OsvAffected, OsvEvent, OsvRange
    from scantling_analyzers.advisories.models import Event, FixState, NameOf

MAX_VERSIONS: Final = 50_000
"""How many versions an entry may list."""
MAX_RANGES: Final = 1_000
"""How many ranges an entry may have."""
BINARY: Final = frozenset({"almalinux", "rhel", "tuxcare"})
"""Distributions whose OSV records name rpm packages as they are installed; all others name sources.

It is what stands before ``:`` and ``-`` in the stream. In language streams there is one name.
"""
_FAMILY: Final = re.compile(r"[:-]")
_URGENCIES: Final = frozenset({"low", "medium", "high", "unimportant", "end-of-life"})


class Problem(Exception):
    """Why an entry, or a part of it, says nothing."""

    def __init__(self, code: str, message: str) -> None:
        """Make it: the code of a refusal and its message."""
        self.code = code
        self.message = message
        super().__init__(message)


class _Specific(msgspec.Struct, gc=False):
    """What ecosystems say beyond the schema, as far as it changes anything."""

    urgency: str = ""
    imports: list[_Import] | None = None


class _Import(msgspec.Struct, gc=False):
    goos: list[str] | None = None


class _LastKnown(msgspec.Struct, gc=False):
    last_known_affected_version_range: str = ""


_SPECIFIC: Final = msgspec.json.Decoder(_Specific)
_LAST_KNOWN: Final = msgspec.json.Decoder(_LastKnown)
_UP_TO: Final = re.compile(r"(<=?)\s*([^\s<>=,]{1,200})")


def statement_of(
    affected: OsvAffected, problems: list[Problem], *, by_github: bool = False
) -> Statement:
    """Return what an entry says; what is only left out of it is added to ``problems``.

    ``by_github`` tells that the record is one of the GitHub Advisory Database. Raises
    :class:`Problem` where it says nothing that can be used.
    """
    if affected.package is None or not affected.package.name:
        raise Problem("names_no_package", "an entry that names no package")
    ecosystem = affected.package.ecosystem
    stream = of_osv(ecosystem)
    if stream is None:
        raise Problem("unknown_stream", f"nothing is known of the ecosystem {word(ecosystem)!r}")
    name = word(normalised_name(stream, affected.package.name))
    if not name:
        raise Problem("too_large", "the name of a package is too long")
    extra = specific(affected.ecosystem_specific, _SPECIFIC.decode) or _Specific()
    if _elsewhere(extra):
        raise Problem("other_platform", f"{name}: only programs for other systems than Linux")
    ranges = _ranges(affected.ranges or (), name, problems)
    versions = tuple(version for each in affected.versions or () if (version := word(each)))
    if len(versions) > MAX_VERSIONS:
        raise Problem("too_many", f"{name}: more than {MAX_VERSIONS} versions")
    if by_github and (last := _last_known(affected, ranges)):
        # The versions that are listed were looked up by the range without an end.
        ranges, versions = last, ()
    if not ranges and not versions:
        if problems:
            raise problems.pop()
        if affected.ranges and all(each.type == "GIT" for each in affected.ranges):
            raise Problem("range_git", f"{name}: only commits are given, no versions")
        raise Problem("no_versions", f"{name}: neither versions nor a range of them")
    return Statement(
        stream=stream,
        name=name,
        name_of=_name_of(stream),
        ranges=ranges,
        versions=versions,
        state=_state(stream, extra, ranges),
        severity=_severity(affected, extra),
    )


@lru_cache(maxsize=4_096)
def is_system(stream: str) -> bool:
    """Say whether a stream is of a distribution's packages."""
    return type_of(stream) is not None


@lru_cache(maxsize=4_096)
def _name_of(stream: str) -> NameOf:
    type_ = type_of(stream)
    family = _FAMILY.split(stream, maxsplit=1)[0]
    return "binary" if type_ is None or (type_ == "rpm" and family in BINARY) else "source"


def _ranges(
    ranges: Sequence[OsvRange], name: str, problems: list[Problem]
) -> tuple[tuple[Event, ...], ...]:
    if len(ranges) > MAX_RANGES:
        raise Problem("too_many", f"{name}: more than {MAX_RANGES} ranges")
    found: list[tuple[Event, ...]] = []
    for each in ranges:
        if each.type == "GIT":
            continue
        try:
            found.append(_events(each, name))
        except Problem as problem:
            problems.append(problem)
    return tuple(found)


def _events(range_: OsvRange, name: str) -> tuple[Event, ...]:
    if range_.type not in {"ECOSYSTEM", "SEMVER"}:
        raise Problem("malformed", f"{name}: a range of the unknown type {word(range_.type)!r}")
    if len(range_.events or ()) > MAX_EVENTS:
        raise Problem("too_many", f"{name}: a range with more than {MAX_EVENTS} bounds")
    events = tuple([_bound(event, name) for event in range_.events or ()])
    if not any(kind == "introduced" for kind, _ in events):
        raise Problem("malformed", f"{name}: a range that does not say where it begins")
    return events


def _bound(event: OsvEvent, name: str) -> Event:
    given: list[Event] = []
    if (text := event.introduced) is not None:
        given.append(("introduced", text))
    if (text := event.fixed) is not None:
        given.append(("fixed", text))
    if (text := event.last_affected) is not None:
        given.append(("last_affected", text))
    if (text := event.limit) is not None:
        given.append(("limit", text))
    if len(given) != 1:
        raise Problem("malformed", f"{name}: {len(given)} bounds in one event, one is due")
    kind, text = given[0]
    if not (version := word(text)):
        raise Problem("malformed", f"{name}: a bound without a version, or one too long")
    return kind, version


def _last_known(
    affected: OsvAffected, ranges: tuple[tuple[Event, ...], ...]
) -> tuple[tuple[Event, ...], ...]:
    """Return a range without an end up to where GitHub knows it to be affected, or nothing.

    GitHub publishes ``< 1.70`` as a range without an end where no version of that name has the
    fix, and says the bound beside it.
    """
    if len(ranges) != 1 or len(ranges[0]) != 1:
        return ()
    known = specific(affected.database_specific, _LAST_KNOWN.decode) or _LastKnown()
    found = _UP_TO.fullmatch(known.last_known_affected_version_range.strip())
    if found is None:
        return ()
    return ((*ranges[0], ("limit" if found[1] == "<" else "last_affected", word(found[2]))),)


def _elsewhere(extra: _Specific) -> bool:
    """Say whether a Go package is affected on other systems only (``imports[].goos``)."""
    imports = extra.imports
    return bool(imports) and all(each.goos and "linux" not in each.goos for each in imports or ())


def _state(stream: str, extra: _Specific, ranges: tuple[tuple[Event, ...], ...]) -> FixState:
    """Return the state of a distribution's package for which no version ends the range."""
    ended = any(kind != "introduced" for each in ranges for kind, _ in each)
    if not ranges or ended or not is_system(stream):
        return ""
    return "end_of_life" if extra.urgency == "end-of-life" else "not_fixed"


def _severity(affected: OsvAffected, extra: _Specific) -> str:
    for each in affected.severity or ():
        if each.type == "Ubuntu" and isinstance(each.score, str):
            return word(each.score)
    return extra.urgency if extra.urgency in _URGENCIES else ""
