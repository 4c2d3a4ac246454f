"""A CSAF 2.0 document as far as it is used (OASIS CSAF 2.0, 3.2); pure.

Only what is named here is decoded. Lists of product ids that are seldom needed stay as bytes until
they are: in the largest documents they are most of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from scantling_analyzers.advisories.feeds.json_documents import BROKEN, document_of

MAX_BRANCHES: Final = 1_000_000
"""How many branches of a product tree are read."""

Groups = Mapping[str, Sequence[str]]
"""Products by the id of their group."""


class Publisher(msgspec.Struct, gc=False):
    """Who publishes the document (3.2.1.8)."""

    name: str = ""
    namespace: str = ""
    category: str = ""


class Tracking(msgspec.Struct, gc=False):
    """The document's id and dates (3.2.1.12)."""

    id: str = ""
    initial_release_date: str = ""
    current_release_date: str = ""
    status: str = ""


class Note(msgspec.Struct, gc=False):
    """A text; its category is a word of 3.1.5."""

    category: str = ""
    text: str = ""
    title: str = ""


class Link(msgspec.Struct, gc=False):
    """A reference (3.1.10)."""

    url: str = ""
    category: str = "external"
    summary: str = ""


class Severity(msgspec.Struct, gc=False):
    """The publisher's own word for how bad it is (3.2.1.1)."""

    text: str = ""


class Head(msgspec.Struct, gc=False):
    """``document`` (3.2.1)."""

    category: str = ""
    title: str = ""
    aggregate_severity: Severity | None = None
    publisher: Publisher = msgspec.field(default_factory=Publisher)
    tracking: Tracking = msgspec.field(default_factory=Tracking)
    notes: list[Note] | None = None
    references: list[Link] | None = None


class Helper(msgspec.Struct, gc=False):
    """By what a product is known elsewhere (3.1.3.3)."""

    cpe: str | None = None
    purl: str | None = None
    purls: list[str] | None = None


class FullName(msgspec.Struct, gc=False):
    """A product (3.1.3)."""

    product_id: str = ""
    name: str = ""
    product_identification_helper: Helper | None = None


class Branch(msgspec.Struct):
    """A node of the product tree (3.1.2)."""

    category: str = ""
    name: str = ""
    product: FullName | None = None
    branches: list[Branch] | None = None


class Relationship(msgspec.Struct, gc=False):
    """That a product is a part of another one (3.2.2.4)."""

    category: str = ""
    full_product_name: FullName = msgspec.field(default_factory=FullName)
    product_reference: str = ""
    relates_to_product_reference: str = ""


class Group(msgspec.Struct, gc=False):
    """Products under one id (3.2.2.3)."""

    group_id: str = ""
    product_ids: list[str] | None = None


class ProductTree(msgspec.Struct, gc=False):
    """All products that the document names (3.2.2)."""

    branches: list[Branch] | None = None
    full_product_names: list[FullName] | None = None
    relationships: list[Relationship] | None = None
    product_groups: list[Group] | None = None

    def groups(self) -> Groups:
        """Return the products of each group."""
        return {each.group_id: each.product_ids or [] for each in self.product_groups or ()}


class Status(msgspec.Struct, gc=False):
    """Products by what is said of them (3.2.3.9)."""

    fixed: list[str] | None = None
    first_fixed: list[str] | None = None
    recommended: list[str] | None = None
    known_affected: list[str] | None = None
    first_affected: list[str] | None = None
    last_affected: list[str] | None = None
    known_not_affected: list[str] | None = None
    under_investigation: list[str] | None = None


class ForProducts(msgspec.Struct, gc=False):
    """A remediation (3.2.3.12), a threat (3.2.3.14) or a flag (3.2.3.5)."""

    category: str = ""
    label: str = ""
    details: str = ""
    url: str = ""
    product_ids: msgspec.Raw = msgspec.Raw(b"[]")
    group_ids: list[str] | None = None

    def products(self, groups: Groups) -> list[str]:
        """Return the products that it is about, those of groups, too.

        What is no list of ids names none.
        """
        try:
            products = _IDS.decode(self.product_ids) or []
        except BROKEN:
            products = []
        for group in self.group_ids or ():
            products.extend(groups.get(group, ()))
        return products


class Vector(msgspec.Struct, rename="camel", gc=False):
    """A CVSS score: the vector and its base score."""

    vector_string: str = ""
    base_score: float | None = None


class Scores(msgspec.Struct, gc=False):
    """Scores (3.2.3.13)."""

    cvss_v2: Vector | None = None
    cvss_v3: Vector | None = None
    cvss_v4: Vector | None = None


class Name(msgspec.Struct, gc=False):
    """Another id of the vulnerability (3.2.3.6)."""

    text: str = ""
    system_name: str = ""


class Vulnerability(msgspec.Struct, gc=False):
    """One vulnerability (3.2.3)."""

    cve: str | None = None
    title: str = ""
    cwe: Any = None
    ids: list[Name] | None = None
    notes: list[Note] | None = None
    references: list[Link] | None = None
    release_date: str = ""
    product_status: Status | None = None
    remediations: list[ForProducts] | None = None
    threats: list[ForProducts] | None = None
    flags: list[ForProducts] | None = None
    scores: list[Scores] | None = None


class CsafDocument(msgspec.Struct, gc=False):
    """The document."""

    document: Head
    product_tree: ProductTree | None = None
    vulnerabilities: list[Vulnerability] | None = None


_DECODER: Final = msgspec.json.Decoder(CsafDocument)
_IDS: Final = msgspec.json.Decoder(list[str] | None)


def csaf_document(data: bytes) -> CsafDocument:
    """Return a document. Raises :class:`FeedUnreadable` where it is none."""
    return document_of(_DECODER, data, "the document is no CSAF 2.0")
