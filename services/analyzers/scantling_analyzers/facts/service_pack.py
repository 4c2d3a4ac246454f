"""The service pack or update of a distribution, and its edition, where they hide in a text.

``VERSION_ID`` of several distributions stays the same over service packs that have advisories
of their own: EulerOS 2.0 has twelve. They write the service pack in brackets (``2.0
(SP9x86_64)``), as a code name (``V10 (Tercel)``), or in a file of their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACK: Final = re.compile(r"(?<![A-Za-z0-9])(?:LTS-)?SP[0-9]{1,3}(?![0-9])")
_LONG_TERM: Final = re.compile(r"\(LTS\)")
_KYLIN_CODENAME: Final = re.compile(r"\((Tercel|Sword|Lance|Halberd)\)")
_KYLIN_PACKS: Final = {"Tercel": "SP1", "Sword": "SP2", "Lance": "SP3", "Halberd": "SP3"}
_UOS_PLATFORMS: Final = {"platform:uel20": "e"}
_UOS_CODENAMES: Final = {"kongzi": "a", "kongli": "c", "fuyu": "e"}


def service_pack_in(text: str, distribution: str) -> str:
    """Return the service pack that a version's text names for the ``ID``, or an empty string.

    openEuler counts service packs of a long-term release, whose own name is ``LTS``.
    """
    if found := _PACK.search(text):
        return found[0]
    if distribution.lower() == "openeuler" and _LONG_TERM.search(text):
        return "LTS"
    if distribution == "kylin" and (named := _KYLIN_CODENAME.search(text)):
        return _KYLIN_PACKS[named[1]]
    return ""


def service_pack_of(fields: Mapping[str, str]) -> str:
    """Return the service pack that the fields of an os-release file tell."""
    distribution = fields.get("ID", "")
    for key in ("VERSION", "PRETTY_NAME"):
        if found := service_pack_in(fields.get(key, ""), distribution):
            return found
    return ""


def edition_of(fields: Mapping[str, str]) -> str:
    """Return the edition that the fields of an os-release file tell: of UOS Server only.

    The editions that are made of rpm packages name their platform or have a code name of their
    own; the one of Debian packages, ``d``, has neither.
    """
    if fields.get("ID") != "uos":
        return ""
    edition = _UOS_CODENAMES.get(fields.get("VERSION_CODENAME", "").lower())
    edition = edition or _UOS_PLATFORMS.get(fields.get("PLATFORM_ID", ""))
    if edition or "PLATFORM_ID" in fields:
        return edition or ""
    return "d" if "Server" in fields.get("NAME", "") else ""
