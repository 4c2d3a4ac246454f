"""What of a CSAF document is only shown: title, description, scores, links; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.feeds.csaf_statements import impacts_of
from scantling_analyzers.advisories.models import MAX_REFERENCES, Reference, Score
from scantling_analyzers.advisories.text import prose, title, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_analyzers.advisories.feeds.csaf_document import (
        CsafDocument,
        Head,
        Note,
        Vector,
        Vulnerability,
    )
    from scantling_analyzers.advisories.models import ScoreKind

MAX_SCORES: Final = 100
DESCRIPTIONS: Final = ("description", "general", "summary", "details")
"""Categories of notes that describe, the best first."""
_CWE: Final = re.compile(r"CWE-\d{1,6}", re.ASCII)
_LINK: Final = re.compile(r"https?://", re.IGNORECASE)
_SYNOPSIS: Final = "Synopsis"


def title_of(csaf: CsafDocument, group: Sequence[Vulnerability], *, about_itself: bool) -> str:
    """Return the title: that of the vulnerability where the document is about one."""
    own = group[0].title if about_itself else ""
    if own and own != group[0].cve:
        return title(own)
    return title(csaf.document.title)


def details_of(csaf: CsafDocument, group: Sequence[Vulnerability], *, about_itself: bool) -> str:
    """Return the description: that of the vulnerability where the document is about one."""
    own = _best(group[0].notes or ()) if about_itself else ""
    return prose(own or _best(csaf.document.notes or ()))


def scores_of(vendor: str, head: Head, group: Sequence[Vulnerability]) -> tuple[Score, ...]:
    """Return the vectors, and the publisher's own word."""
    scores: dict[Score, None] = {}
    for vulnerability in group:
        for each in vulnerability.scores or ():
            _add(scores, vendor, "cvss_v3", each.cvss_v3)
            _add(scores, vendor, "cvss_v2", each.cvss_v2)
            _add(scores, vendor, "cvss_v4", each.cvss_v4)
    impacts = [each.details for vulnerability in group for each in impacts_of(vulnerability)]
    text = head.aggregate_severity.text if head.aggregate_severity else ""
    if said := word(text or next(iter(impacts), "")):
        scores[Score(source=vendor, kind="word", text=said)] = None
    return tuple(scores)[:MAX_SCORES]


def weaknesses_of(group: Iterable[Vulnerability]) -> tuple[str, ...]:
    """Return the CWE ids; some documents write the object as text."""
    return tuple(
        dict.fromkeys(
            found[0]
            for each in group
            for field in [each.cwe.get("id") if isinstance(each.cwe, dict) else each.cwe]
            if isinstance(field, str) and (found := _CWE.search(field[:1000]))
        )
    )


def references_of(csaf: CsafDocument, group: Sequence[Vulnerability]) -> tuple[Reference, ...]:
    """Return the links of the document and of the vulnerabilities."""
    links = [*(csaf.document.references or ())]
    for vulnerability in group:
        links += vulnerability.references or ()
    found = (link(each.url, is_self=each.category == "self") for each in links)
    return tuple(dict.fromkeys(filter(None, found)))[:MAX_REFERENCES]


def link(url: str, *, is_self: bool) -> Reference | None:
    """Return a link, None where it is no address of the web."""
    url = word(url)
    if not _LINK.match(url):
        return None
    if "bugzilla" in url:
        return Reference(url=url, kind="REPORT")
    return Reference(url=url, kind="ADVISORY" if is_self else "WEB")


def _best(notes: Sequence[Note]) -> str:
    for category in DESCRIPTIONS:
        found = [each for each in notes if each.category == category and each.text]
        # Of several, the longest describes most; a synopsis is the title once more.
        found = [each for each in found if each.title != _SYNOPSIS] or found
        if found:
            return max(found, key=lambda each: len(each.text)).text
    return ""


def _add(scores: dict[Score, None], vendor: str, kind: ScoreKind, vector: Vector | None) -> None:
    if vector is not None and (text := word(vector.vector_string)):
        value = vector.base_score
        in_range = value is not None and 0 <= value <= 10  # noqa: PLR2004  # the scale of CVSS
        scores[Score(source=vendor, kind=kind, text=text, value=value if in_range else None)] = None
