"""From a CSAF document to advisories, one for the vulnerabilities that are fixed alike; pure.

Documents of CVRF, from which CSAF was made, take this way, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.feeds.csaf_products import Products
from scantling_analyzers.advisories.feeds.csaf_statements import Teller
from scantling_analyzers.advisories.feeds.csaf_texts import (
    details_of,
    references_of,
    scores_of,
    title_of,
    weaknesses_of,
)
from scantling_analyzers.advisories.feeds.reasons import Reasons
from scantling_analyzers.advisories.models import Advisory
from scantling_analyzers.advisories.text import word
from scantling_analyzers.advisories.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.csaf_document import CsafDocument, Vulnerability
    from scantling_analyzers.advisories.feeds.csaf_places import Vendor
    from scantling_analyzers.advisories.models import Said, Statement

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*-[\w.:+-]{1,100}", re.ASCII)


def advisories_of(csaf: CsafDocument, vendor: Vendor, feed: str) -> Iterator[Said]:
    """Yield the advisory, in several where its vulnerabilities are not fixed alike."""
    record = word(csaf.document.tracking.id)
    reasons = Reasons(feed, record)
    products = Products(csaf.product_tree)
    alike: dict[tuple[Statement, ...], list[Vulnerability]] = {}
    for vulnerability in csaf.vulnerabilities or ():
        teller = Teller(vendor, products, reasons)
        alike.setdefault(teller.statements(vulnerability), []).append(vulnerability)
    used = 0
    for statements, group in alike.items():
        if not _names_of(group):
            reasons.add("malformed", "a vulnerability without an id")
            continue
        used += 1
        yield _advisory(csaf, vendor, feed, group, statements)
    if not csaf.vulnerabilities:
        reasons.add("names_no_package", "a document without a vulnerability")
    yield from reasons.refused(part=used > 0)


def _advisory(
    csaf: CsafDocument,
    vendor: Vendor,
    feed: str,
    group: list[Vulnerability],
    statements: tuple[Statement, ...],
) -> Advisory:
    names = _names_of(group)
    head, tracking = csaf.document, csaf.document.tracking
    id_ = word(tracking.id) or names[0]
    about_itself = names == (id_,)
    return Advisory(
        id=id_,
        feed=feed,
        vulnerabilities=() if about_itself else names,
        title=title_of(csaf, group, about_itself=about_itself),
        details=details_of(csaf, group, about_itself=about_itself),
        published=instant(tracking.initial_release_date),
        modified=instant(tracking.current_release_date),
        scores=scores_of(vendor, head, group),
        weaknesses=weaknesses_of(group),
        references=references_of(csaf, group),
        statements=statements,
    )


def _names_of(group: list[Vulnerability]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for each in group if (name := _id_of(each))))


def _id_of(vulnerability: Vulnerability) -> str:
    """Return the CVE, else the first other id that is a name and no address."""
    if vulnerability.cve:
        return word(vulnerability.cve)
    for each in vulnerability.ids or ():
        if _NAME.fullmatch(each.text.strip()):
            return word(each.text)
    return ""
