"""CSAF 2.0: what Red Hat, SUSE and openEuler say of their packages; field mapping in feeds.md.

A document of another publisher is a VEX document about its products, see
:mod:`scantling_analyzers.advisories.feeds.csaf_vex`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.csaf_advisories import advisories_of
from scantling_analyzers.advisories.feeds.csaf_document import csaf_document
from scantling_analyzers.advisories.feeds.csaf_places import vendor_of
from scantling_analyzers.advisories.feeds.csaf_vex import exemptions_of
from scantling_analyzers.advisories.models import Refused
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import Said

NAME: Final = "csaf"
VEX: Final = "csaf_vex"
MAX_VULNERABILITIES: Final = 20_000
_MARK: Final = re.compile(rb'"(?:csaf_version"\s*:|category"\s*:\s*"csaf_)')


class CsafFeed:
    """Reads CSAF documents; the statements carry the publisher's own name (``redhat-csaf``)."""

    @property
    def name(self) -> str:
        """Return the feed's name."""
        return NAME

    def recognises(self, path: str, head: bytes) -> bool:  # noqa: ARG002  # the content tells
        """Say whether it is JSON that says that it is CSAF."""
        return head.lstrip()[:1] == b"{" and _MARK.search(head) is not None

    def read(self, document: Document) -> Iterator[Said]:
        """Yield what a document says."""
        csaf = csaf_document(document.data())
        if len(csaf.vulnerabilities or ()) > MAX_VULNERABILITIES:
            raise FeedUnreadable(f"the document has over {MAX_VULNERABILITIES} vulnerabilities")
        vendor = vendor_of(csaf.document.publisher.namespace)
        if vendor is not None:
            yield from advisories_of(csaf, vendor, f"{vendor}-csaf")
        elif csaf.document.category == VEX:
            yield from exemptions_of(csaf)
        else:
            yield Refused(
                feed=NAME,
                record=word(csaf.document.tracking.id),
                code="unknown_publisher",
                message="an advisory of a publisher that no distribution of images is of "
                f"({word(csaf.document.publisher.namespace)}); only its VEX documents are read",
            )
