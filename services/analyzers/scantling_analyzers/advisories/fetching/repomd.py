"""Where a repository of rpm packages has its ``updateinfo``: ``repodata/repomd.xml``; pure."""

from __future__ import annotations

import io
import re
from typing import Final

import msgspec

from scantling_analyzers.advisories.feeds.hardened_xml import records
from scantling_analyzers.advisories.fetching.download import FetchFailed

_CHECKSUMS: Final = {"sha256": 64, "sha512": 128}
_HREF: Final = re.compile(r"[A-Za-z0-9._+-]{1,200}(/[A-Za-z0-9._+-]{1,200}){0,9}")
_HEX: Final = re.compile(r"[0-9a-f]+")


class Located(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a repository, and what its content must hash to."""

    href: str
    algorithm: str
    checksum: str


def updateinfo_of(document: bytes) -> Located:
    """Return where the newest ``updateinfo`` is.

    Raises :class:`FetchFailed` where the repository names none, or none with a checksum that can
    be relied on, and :class:`~scantling_analyzers.advisories.feeds.contract.FeedUnreadable` for
    what is no XML.
    """
    for data in records(io.BytesIO(document), {"data"}):
        if data.get("type") != "updateinfo":
            continue
        location, checksum = data.find("location"), data.find("checksum")
        href = "" if location is None else location.get("href")
        if not _HREF.fullmatch(href) or ".." in href.split("/"):
            raise FetchFailed(f"the repository says that updateinfo is at {href[:200]!r}")
        if checksum is None or _CHECKSUMS.get(checksum.get("type")) != len(checksum.text):
            raise FetchFailed("the repository tells no SHA-256 or SHA-512 of its updateinfo")
        if not _HEX.fullmatch(checksum.text.lower()):
            raise FetchFailed("the repository tells a checksum that is none")
        return Located(href=href, algorithm=checksum.get("type"), checksum=checksum.text.lower())
    raise FetchFailed(
        "the repository has no updateinfo", hint="ask for the one that its updates come from"
    )
