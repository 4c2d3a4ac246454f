"""CSAF VEX of anybody about products: which of their vulnerabilities do not matter; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.feeds.csaf_products import Problem, Product, Products
from scantling_analyzers.advisories.feeds.reasons import Reasons
from scantling_analyzers.advisories.feeds.vex import exemption
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.csaf_document import (
        CsafDocument,
        ForProducts,
        Groups,
        Vulnerability,
    )
    from scantling_analyzers.advisories.feeds.vex import VexStatus
    from scantling_analyzers.advisories.models import Said

NAME: Final = "csaf-vex"
STATUSES: Final[dict[str, VexStatus]] = {
    "known_not_affected": "not_affected",
    "known_affected": "affected",
    "first_affected": "affected",
    "last_affected": "affected",
    "fixed": "fixed",
    "first_fixed": "fixed",
    "recommended": "fixed",
    "under_investigation": "under_investigation",
}
MAX_PRODUCTS: Final = 100_000
"""How many products one document may speak of."""


def exemptions_of(csaf: CsafDocument) -> Iterator[Said]:
    """Yield a statement for each product of each vulnerability."""
    head = csaf.document
    reasons = Reasons(NAME, word(head.tracking.id))
    products = Products(csaf.product_tree)
    used = 0
    for vulnerability in csaf.vulnerabilities or ():
        names = [word(vulnerability.cve or "")]
        names += [word(each.text) for each in vulnerability.ids or ()]
        names = [name for name in names if name]
        if not names:
            reasons.add("malformed", "a vulnerability without an id")
            continue
        why = _by_product(vulnerability.flags, "label", products.groups)
        said = _by_product(vulnerability.threats, "details", products.groups)
        for status, product_id in _told(vulnerability):
            if used >= MAX_PRODUCTS:
                reasons.add("too_many", f"more than {MAX_PRODUCTS} products")
                break
            try:
                whole, parts = _names(products.parts(product_id))
            except Problem as problem:
                reasons.add(problem.code, problem.message, product_id)
                continue
            used += 1
            yield exemption(
                feed=NAME,
                names=names,
                status=status,
                products=whole,
                components=parts,
                justification=why.get(product_id, ""),
                statement=said.get(product_id, ""),
                document=head.tracking.id,
                author=head.publisher.name,
                timestamp=head.tracking.current_release_date,
            )
    yield from reasons.refused(part=used > 0)


def _told(vulnerability: Vulnerability) -> Iterator[tuple[VexStatus, str]]:
    for kind, status in STATUSES.items():
        ids: list[str] = getattr(vulnerability.product_status, kind, None) or []
        for product_id in ids:
            yield status, product_id


def _names(parts: list[Product]) -> tuple[list[str], list[str]]:
    """Return how the product is known, and the component in it, where it is about one."""
    whole = _known(parts[-1])
    inside = _known(parts[0]) if len(parts) > 1 else []
    if not whole and not inside:
        raise Problem("names_no_package", "a product without a package URL or a CPE name")
    if len(parts) > 1 and (not whole or not inside):
        raise Problem("names_no_package", "a part of a product without a package URL or CPE name")
    return whole, inside


def _known(product: Product) -> list[str]:
    return [text for text in (word(product.purl), word(product.cpe)) if text]


def _by_product(items: list[ForProducts] | None, field: str, groups: Groups) -> dict[str, str]:
    return {
        product: getattr(each, field) for each in items or () for product in each.products(groups)
    }
