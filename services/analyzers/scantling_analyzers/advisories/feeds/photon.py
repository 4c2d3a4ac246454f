"""Photon's metadata of CVEs, ``cve_data_photonN.0.json``; field mapping in feeds.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from scantling_analyzers.advisories.feeds.bounds import EVERY, until
from scantling_analyzers.advisories.feeds.json_documents import (
    BROKEN,
    bounded,
    listing_of,
    malformed,
)
from scantling_analyzers.advisories.models import Advisory, Coverage, Refused, Score, Statement
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import FixState, Said

NAME: Final = "photon"
MAX_ENTRIES: Final = 1_000_000

_HEAD: Final = re.compile(rb'\s*\[\s*\{[^{\[]{0,2000}"cve_id"\s*:[^{\[]{0,2000}"(?:pkg|res_ver)"')
_PATH: Final = re.compile(r"cve_data_photon(\d{1,2}\.\d)[^/]*$", re.ASCII)
_TAG: Final = re.compile(r"\.ph(\d{1,2})(?![0-9])", re.ASCII)
_NO_FIX: Final = frozenset({"", "NA", "N/A", "None"})
_FIXED: Final = "fixed"
_WORDS: Final = ((9.0, "Critical"), (7.0, "High"), (4.0, "Medium"), (0.1, "Low"), (0.0, "None"))
"""The qualitative scale of CVSS v3 (section 5)."""


class _Entry(msgspec.Struct, gc=False):
    cve_id: str
    pkg: str
    res_ver: str | None = None
    aff_ver: str | None = None
    status: str | None = None
    cve_score: float | None = None


_ENTRY: Final = msgspec.json.Decoder(_Entry, strict=False)
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])


class PhotonFeed:
    """Reads the file of one release."""

    name = NAME

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether a document is a list of CVEs and packages, or is named as one."""
        if _HEAD.match(head) is not None:
            return True
        return _PATH.search(path) is not None and head.lstrip().startswith(b"[")

    def read(self, document: Document) -> Iterable[Said]:
        """Yield an advisory for each CVE, with all packages that it is in."""
        entries = listing_of(_LIST, document.data(), "no list of CVEs")
        bounded(entries, MAX_ENTRIES, "entries")
        found = _PATH.search(document.path)
        release = f"photon:{found[1]}" if found is not None else ""
        return _said(entries, release)


def _said(entries: list[msgspec.Raw], release: str) -> Iterator[Said]:
    by_id: dict[str, dict[Statement, None]] = {}
    scores: dict[str, float] = {}
    streams: dict[str, None] = {release: None} if release else {}
    for number, raw in enumerate(entries, start=1):
        try:
            entry = _ENTRY.decode(raw)
        except BROKEN as error:
            yield malformed(NAME, f"entry {number}", error)
            continue
        id_, name = word(entry.cve_id), word(entry.pkg)
        stream = release or _stream(entry)
        if not id_ or not name:
            yield _refused(f"entry {number}", "malformed", "an entry without a CVE or a package")
        elif not stream:
            message = f"{name}: neither its file nor its version names the release of Photon"
            yield _refused(id_, "unknown_stream", message, part=True)
        elif (statement := _statement(entry, stream, name)) is None:
            yield _refused(id_, "malformed", f"{name}: its fixed version is none", part=True)
        else:
            streams[stream] = None
            # Some names are those of sources (curl), others of packages of them (curl-libs).
            of_package = replace(statement, name_of="binary")
            by_id.setdefault(id_, {}).update({statement: None, of_package: None})
            if entry.cve_score is not None and 0 <= entry.cve_score <= 10:  # noqa: PLR2004  # CVSS
                scores[id_] = max(entry.cve_score, scores.get(id_, 0))
    for id_, statements in by_id.items():
        yield Advisory(
            id=id_,
            feed=NAME,
            scores=_score(scores[id_]) if id_ in scores else (),
            statements=tuple(statements),
        )
    yield from (Coverage(feed=NAME, stream=stream) for stream in streams)


def _statement(entry: _Entry, stream: str, name: str) -> Statement | None:
    """Return what an entry says, None where its fixed version can't be one."""
    bounds = EVERY
    state: FixState = ""
    fixed, status = (entry.res_ver or "").strip(), (entry.status or "").strip().lower()
    if status == "not affected":
        state = "not_affected"
    elif fixed in _NO_FIX:
        if status == _FIXED:
            # It is mended in a version that nobody names: then it can't be said of any.
            return None
        state = "not_fixed"
    elif not (version := word(fixed)) or " " in version:
        return None
    else:
        bounds = until(version.removeprefix("0:"))
    return Statement(stream=stream, name=name, name_of="source", ranges=(bounds,), state=state)


def _stream(entry: _Entry) -> str:
    found = _TAG.search(entry.res_ver or "") or _TAG.search(entry.aff_ver or "")
    return f"photon:{found[1]}.0" if found is not None else ""


def _score(value: float) -> tuple[Score, ...]:
    text = next(text for least, text in _WORDS if value >= least)
    return (Score(source=NAME, kind="word", text=text, value=value),)


def _refused(record: str, code: str, message: str, *, part: bool = False) -> Refused:
    return Refused(feed=NAME, record=record, code=code, message=word(message), part=part)
