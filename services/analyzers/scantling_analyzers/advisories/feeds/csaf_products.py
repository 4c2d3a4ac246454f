"""Products of a CSAF document: what is a part of what, down to a package in a release; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.csaf_document import MAX_BRANCHES
from scantling_analyzers.advisories.feeds.purl_text import parse_purl
from scantling_analyzers.advisories.feeds.rpm_names import (
    SOURCES,
    of_nevra,
    plain_evr,
    split_arch,
)
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.csaf_document import FullName, Groups, ProductTree
    from scantling_analyzers.advisories.feeds.purl_text import PurlParts

MAX_PARTS: Final = 16
"""How many products may be a part of each other in one: more is a circle."""

_MODULE: Final = re.compile(r"([^:/\s]{1,100}):([^:/\s]{1,100})(?::[^/\s]{0,200})?", re.ASCII)
_IN_MODULE: Final = re.compile(r"([^:/\s]{1,100}:[^:/\s]{1,100})/(\S{1,200})", re.ASCII)
_OTHER_TYPES: Final = "a product of another kind than an rpm package (pkg:{})"


class Problem(Exception):
    """Why nothing can be told of a product."""

    def __init__(self, code: str, message: str) -> None:
        """Make it: the code of a refusal and its message."""
        self.code = code
        self.message = message
        super().__init__(message)


class Product(NamedTuple):
    """A product that is not a part of another one."""

    id: str
    name: str = ""
    cpe: str = ""
    purl: str = ""


class Component(NamedTuple):
    """An rpm package in a product; ``evr`` is empty where none is named, ``module`` for none."""

    name: str
    evr: str
    arch: str
    module: str


class Products:
    """The products of one document by their ids."""

    def __init__(self, tree: ProductTree | None) -> None:
        """Read the tree. Raises :class:`FeedUnreadable` where it has too many branches."""
        self._plain: dict[str, Product] = {}
        self._parts: dict[str, tuple[str, str]] = {}
        self.groups: Groups = tree.groups() if tree is not None else {}
        if tree is None:
            return
        for full in (*(tree.full_product_names or ()), *_named(tree)):
            self._plain.setdefault(full.product_id, _product(full))
        for each in tree.relationships or ():
            parts = (each.product_reference, each.relates_to_product_reference)
            self._parts.setdefault(each.full_product_name.product_id, parts)

    def parts(self, product_id: str) -> list[Product]:
        """Return the products that one is made of: the smallest first, the release last.

        Raises :class:`Problem` where the relationships run in a circle.
        """
        left = [product_id]
        found: list[Product] = []
        steps = 0
        while left:
            each = left.pop()
            steps += 1
            if steps > MAX_PARTS:
                raise Problem("malformed", "products that are parts of each other in a circle")
            if each in self._parts:
                part, whole = self._parts[each]
                left += (whole, part)
            else:
                # Ids of products that the tree leaves out are their names.
                found.append(self._plain.get(each) or Product(each, name=each))
        return found


def component_of(parts: list[Product], *, with_version: bool) -> Component:
    """Return the package that a product is about; ``with_version``: its version is needed.

    Raises :class:`Problem` where it is not a package of rpm, or has no version.
    """
    if len(parts) == 1:
        raise Problem("names_no_package", "a whole product, no package in it")
    leaf = parts[0]
    purl = parse_purl(leaf.purl)
    if purl is not None and purl.type not in {"rpm", "rpmmod"}:
        raise Problem("unsupported_format", _OTHER_TYPES.format(word(purl.type)))
    module = next(filter(None, map(_module_of, parts[1:-1])), "")
    if purl is not None and purl.type == "rpm":
        found = _of_purl(purl, leaf, module)
    else:
        found = _of_name(leaf.name or leaf.id, module, with_version=with_version)
    if with_version and not found.evr:
        raise Problem("malformed", "a fixed package without a version")
    return found


def _of_purl(purl: PurlParts, leaf: Product, module: str) -> Component:
    if label := purl.qualifiers.get("rpmmod"):
        named = _MODULE.fullmatch(label)
        if named is None:
            raise Problem("malformed", "a package whose module has no stream")
        module = f"{named[1]}:{named[2]}"
    version = purl.version if "-" in purl.version else ""
    epoch = purl.qualifiers.get("epoch", "") or _epoch(leaf, purl.name)
    found = plain_evr(f"{epoch}:{version}" if epoch and version else version)
    name = word(purl.name)
    if not name:
        raise Problem("names_no_package", "a package without a name")
    return Component(name, found, _plain_arch(purl.qualifiers.get("arch", "")), module)


def _of_name(text: str, module: str, *, with_version: bool) -> Component:
    """Return what the name of a product says, where no package URL does."""
    if inside := _IN_MODULE.fullmatch(text):
        module, text = inside[1], inside[2]
    if any(mark in text for mark in "/@ "):
        raise Problem("unsupported_format", "a product that is no rpm package")
    rest, arch = split_arch(text)
    if with_version or (arch and arch not in SOURCES):
        found = of_nevra(text)
        if found is not None:
            return Component(found.name, found.evr, found.arch, module)
        if with_version:
            raise Problem("malformed", "a fixed package without a version")
    if _MODULE.fullmatch(rest):
        raise Problem("names_no_package", "a module as a whole, no package of it")
    name = word(rest)
    if not name:
        raise Problem("names_no_package", "a package without a name")
    return Component(name, "", arch, module)


def _module_of(part: Product) -> str:
    purl = parse_purl(part.purl)
    if purl is not None and purl.type == "rpmmod":
        stream = purl.version.partition(":")[0]
        return word(f"{purl.name}:{stream}") if stream else ""
    named = _MODULE.fullmatch(part.name or part.id)
    return f"{named[1]}:{named[2]}" if named else ""


def _epoch(leaf: Product, name: str) -> str:
    """Return the epoch of ``bind-32:9.11-1.el8.x86_64``: a package URL may leave it out."""
    for text in (leaf.name, leaf.id):
        if text.startswith(f"{name}-"):
            epoch, colon, _ = text[len(name) + 1 :].partition(":")
            if colon and epoch.isdecimal() and epoch.isascii():
                return epoch
    return ""


def _plain_arch(arch: str) -> str:
    return arch if arch and split_arch(f"x.{arch}")[1] else ""


def _product(full: FullName) -> Product:
    helper = full.product_identification_helper
    if helper is None:
        return Product(full.product_id, full.name)
    purl = helper.purl or next(iter(helper.purls or ()), "")
    return Product(full.product_id, full.name, helper.cpe or "", purl)


def _named(tree: ProductTree) -> Iterator[FullName]:
    left = list(tree.branches or ())
    count = 0
    while left:
        branch = left.pop()
        count += 1
        if count > MAX_BRANCHES:
            raise FeedUnreadable(f"the product tree has over {MAX_BRANCHES} branches")
        if branch.product is not None:
            yield branch.product
        left.extend(branch.branches or ())
