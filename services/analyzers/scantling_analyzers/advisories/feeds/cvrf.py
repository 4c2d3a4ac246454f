"""CVRF 1.1 and 1.2 of SUSE and openEuler, read as the CSAF that it became; mapping in feeds.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.csaf_advisories import advisories_of
from scantling_analyzers.advisories.feeds.csaf_document import (
    CsafDocument,
    ForProducts,
    Head,
    Link,
    Note,
    ProductTree,
    Publisher,
    Scores,
    Severity,
    Status,
    Tracking,
    Vector,
    Vulnerability,
)
from scantling_analyzers.advisories.feeds.csaf_places import vendor_of
from scantling_analyzers.advisories.feeds.cvrf_products import CvrfProducts
from scantling_analyzers.advisories.feeds.hardened_xml import records
from scantling_analyzers.advisories.models import Refused
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.feeds.hardened_xml import Element
    from scantling_analyzers.advisories.models import Said

NAME: Final = "cvrf"
MAX_VULNERABILITIES: Final = 20_000
_MARK: Final = re.compile(rb"<(?:\w{1,20}:)?cvrfdoc[\s>/]")
_PARTS: Final = frozenset(
    {
        *("DocumentTitle", "DocumentPublisher", "DocumentTracking", "DocumentNotes"),
        *("DocumentReferences", "AggregateSeverity", "ProductTree", "HotPatchTree"),
        "Vulnerability",
    }
)
_HOT_PATCH: Final = "-HotPatchSA-"


class CvrfFeed:
    """Reads CVRF documents; the statements carry the publisher's own name (``suse-cvrf``)."""

    @property
    def name(self) -> str:
        """Return the feed's name."""
        return NAME

    def recognises(self, path: str, head: bytes) -> bool:  # noqa: ARG002  # the content tells
        """Say whether it is XML of which the root is that of CVRF."""
        return _MARK.search(head) is not None

    def read(self, document: Document) -> Iterator[Said]:
        """Yield what a document says."""
        head = Head()
        products = CvrfProducts()
        vulnerabilities: list[Vulnerability] = []
        for part in records(document.open(), _PARTS):
            if part.cut:
                raise FeedUnreadable(f"the part {part.name} of the document is too large")
            if part.name == "ProductTree":
                products.read(part)
            elif part.name == "Vulnerability":
                if len(vulnerabilities) >= MAX_VULNERABILITIES:
                    raise FeedUnreadable(f"over {MAX_VULNERABILITIES} vulnerabilities")
                vulnerabilities.append(_vulnerability(part, products))
            else:
                _read_head(head, part)
        yield from _said(head, products.tree(), vulnerabilities)


def _said(head: Head, tree: ProductTree, vulnerabilities: list[Vulnerability]) -> Iterator[Said]:
    vendor = vendor_of(head.publisher.namespace)
    record = word(head.tracking.id)
    if vendor is None:
        yield Refused(
            feed=NAME,
            record=record,
            code="unknown_publisher",
            message="an advisory of a publisher that no distribution of images is of "
            f"({word(head.publisher.namespace)})",
        )
    elif _HOT_PATCH in head.tracking.id:
        yield Refused(
            feed=f"{vendor}-cvrf",
            record=record,
            code="no_statement",
            message="patches of running programs, which no image holds",
        )
    else:
        csaf = CsafDocument(document=head, product_tree=tree, vulnerabilities=vulnerabilities)
        yield from advisories_of(csaf, vendor, f"{vendor}-cvrf")


def _read_head(head: Head, part: Element) -> None:
    match part.name:
        case "DocumentTitle":
            head.title = part.text
        case "AggregateSeverity":
            head.aggregate_severity = Severity(part.text)
        case "DocumentPublisher":
            contact, authority = part.said("ContactDetails"), part.said("IssuingAuthority")
            head.publisher = Publisher(name=authority, namespace=contact)
        case "DocumentTracking":
            head.tracking = Tracking(
                id=part.said("Identification", "ID"),
                initial_release_date=part.said("InitialReleaseDate"),
                current_release_date=part.said("CurrentReleaseDate"),
            )
        case "DocumentNotes":
            head.notes = _notes(part)
        case "DocumentReferences":
            head.references = list(_links(part))


def _vulnerability(part: Element, products: CvrfProducts) -> Vulnerability:
    lists: dict[str, list[str]] = {}
    for status in part.every("ProductStatuses", "Status"):
        kind = status.get("Type").strip().lower().replace(" ", "_")
        if kind in Status.__struct_fields__:
            ids = lists.setdefault(kind, [])
            for each in status.every("ProductID"):
                ids += products.packages(each.text)
    return Vulnerability(
        cve=part.said("CVE") or None,
        title=part.said("Title"),
        cwe=next((each.get("ID") for each in part.every("CWE")), None),
        notes=[each for notes in part.every("Notes") for each in _notes(notes)],
        references=[each for found in part.every("References") for each in _links(found)],
        product_status=Status(**lists),
        threats=[
            ForProducts(category="impact", details=each.said("Description"))
            for each in part.every("Threats", "Threat")
            if each.get("Type") == "Impact"
        ],
        scores=list(_scores(part)),
    )


def _notes(part: Element) -> list[Note]:
    return [
        Note(category=each.get("Type").lower(), text=each.text, title=each.get("Title"))
        for each in part.every("Note")
    ]


def _links(part: Element) -> Iterator[Link]:
    for reference in part.every("Reference"):
        for url in reference.every("URL"):
            yield Link(url=url.text, category=reference.get("Type").lower())


def _scores(part: Element) -> Iterator[Scores]:
    """Give the vectors; openEuler writes those of CVSS 3 without what they begin with."""
    for sets in part.every("CVSSScoreSets"):
        for each in sets.children:
            suffix = each.name.removeprefix("ScoreSet")
            text = each.said(f"Vector{suffix}")
            try:
                base = float(each.said(f"BaseScore{suffix}"))
            except ValueError:
                base = None
            if "/PR:" in text:
                if not text.startswith("CVSS:"):
                    text = f"CVSS:3.1/{text}"
                yield Scores(cvss_v3=Vector(text, base))
            elif text:
                yield Scores(cvss_v2=Vector(text, base))
