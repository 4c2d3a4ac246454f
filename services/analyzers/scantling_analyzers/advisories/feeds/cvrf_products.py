"""The product tree of CVRF as that of CSAF; pure.

SUSE relates packages to products as CSAF does. openEuler names only releases in what is fixed: all
packages of the tree with the release's CPE name are meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.feeds.csaf_document import (
    FullName,
    Helper,
    ProductTree,
    Relationship,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_analyzers.advisories.feeds.hardened_xml import Element

_ARCH: Final = "Package Arch"


class CvrfProducts:
    """Collects the products of a document."""

    def __init__(self) -> None:
        """Begin with none."""
        self._plain: list[FullName] = []
        self._related: list[Relationship] = []
        self._release_cpes: dict[str, str] = {}
        self._of_release: dict[str, list[str]] = {}

    def read(self, tree: Element) -> None:
        """Read a product tree."""
        left: list[tuple[Element, bool]] = [(tree, False)]
        while left:
            each, packages = left.pop()
            for child in each.children:
                if child.name == "Branch":
                    left.append((child, packages or child.get("Type") == _ARCH))
                elif child.name == "FullProductName":
                    self._product(child, is_package=packages)
                elif child.name == "Relationship":
                    self._relationship(child)

    def packages(self, product_id: str) -> Sequence[str]:
        """Return the products that one stands for: the packages of a release, else itself."""
        found = self._of_release.get(self._release_cpes.get(product_id, ""))
        return found or (product_id,)

    def tree(self) -> ProductTree:
        """Return all products in the form of CSAF."""
        return ProductTree(full_product_names=self._plain, relationships=self._related)

    def _product(self, element: Element, *, is_package: bool) -> None:
        id_, cpe, name = element.get("ProductID"), element.get("CPE"), element.text
        helper = Helper(cpe=cpe or None)
        if not is_package:
            self._release_cpes.setdefault(id_, cpe)
            self._plain.append(FullName(id_, name, helper))
            return
        # The id is one for all architectures, and for all releases: the file name is not.
        part = f"{cpe}:{name}"
        self._plain += (FullName(name, name), FullName(cpe, cpe, helper))
        self._related.append(Relationship("default_component_of", FullName(part), name, cpe))
        self._of_release.setdefault(cpe, []).append(part)

    def _relationship(self, element: Element) -> None:
        for full in element.every("FullProductName"):
            self._related.append(
                Relationship(
                    element.get("RelationType"),
                    FullName(full.get("ProductID"), full.text),
                    element.get("ProductReference"),
                    element.get("RelatesToProductReference"),
                )
            )
