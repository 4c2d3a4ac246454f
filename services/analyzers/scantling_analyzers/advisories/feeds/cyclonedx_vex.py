"""CycloneDX 1.4 to 1.7 as VEX: the analyses of vulnerabilities of a bill of materials; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.json_documents import document_of
from scantling_analyzers.advisories.feeds.reasons import Reasons
from scantling_analyzers.advisories.feeds.vex import exemption
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.feeds.vex import VexStatus
    from scantling_analyzers.advisories.models import Said

NAME: Final = "cyclonedx-vex"
MAX_VULNERABILITIES: Final = 100_000
MAX_COMPONENTS: Final = 500_000
STATES: Final[dict[str, VexStatus]] = {
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "affected",
    "in_triage": "under_investigation",
    "false_positive": "not_affected",
    "not_affected": "not_affected",
}
_JSON: Final = re.compile(rb'"bomFormat"\s*:\s*"CycloneDX"')
_XML: Final = re.compile(rb"<(?:\w+:)?bom\s[^>]{0,500}cyclonedx\.org/schema/bom")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_LINK: Final = re.compile(r"urn:cdx:[0-9a-fA-F-]{36}/\d{1,9}#(.+)", re.DOTALL)


class _Component(msgspec.Struct):
    ref: str = msgspec.field(default="", name="bom-ref")
    purl: str = ""
    cpe: str = ""
    version: str = ""
    components: list[_Component] | None = None


class _Tool(msgspec.Struct, gc=False):
    name: str = ""


class _Metadata(msgspec.Struct, rename="camel", gc=False):
    timestamp: str = ""
    component: _Component | None = None
    authors: list[_Tool] | None = None
    supplier: _Tool | None = None
    manufacturer: _Tool | None = None


class _Reference(msgspec.Struct, gc=False):
    id: str = ""


class _Analysis(msgspec.Struct, rename="camel", gc=False):
    state: str = ""
    justification: str = ""
    detail: str = ""
    last_updated: str = ""
    first_issued: str = ""


class _Version(msgspec.Struct, gc=False):
    version: str = ""
    range: str = ""
    status: str = "affected"


class _Affects(msgspec.Struct, gc=False):
    ref: str = ""
    versions: list[_Version] | None = None


class _Vulnerability(msgspec.Struct, gc=False):
    id: str = ""
    references: list[_Reference] | None = None
    analysis: _Analysis | None = None
    affects: list[_Affects] | None = None
    updated: str = ""


class _Bom(msgspec.Struct, rename="camel", gc=False):
    serial_number: str = ""
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    components: list[_Component] | None = None
    vulnerabilities: list[_Vulnerability] | None = None


_DECODER: Final = msgspec.json.Decoder(_Bom)


class CycloneDxVexFeed:
    """Reads the vulnerabilities of CycloneDX documents; those without an analysis say nothing.

    What a document says of components in a product holds in that product. Where nothing tells
    which product that is, it is refused, unless the document is the user's ``own``: given for one
    image, it is about that one.
    """

    def __init__(self, *, is_own: bool = False) -> None:
        """Read documents of everybody, or a user's own."""
        self._is_own = is_own

    @property
    def name(self) -> str:
        """Return the feed's name."""
        return NAME

    def recognises(self, path: str, head: bytes) -> bool:  # noqa: ARG002  # the content tells
        """Say whether it is CycloneDX, in JSON or in XML, which is told apart on reading."""
        return _JSON.search(head) is not None or _XML.search(head) is not None

    def read(self, document: Document) -> Iterator[Said]:
        """Yield a statement for each component of each vulnerability with an analysis."""
        if document.head().lstrip().startswith(b"<"):
            raise FeedUnreadable("of CycloneDX the JSON form is read, not XML: convert it")
        bom = document_of(_DECODER, document.data(), "the document is no CycloneDX")
        known = _components(bom)
        whole = _whole(bom.metadata.component, is_own=self._is_own)
        reasons = Reasons(NAME, word(bom.serial_number) or document.path)
        if len(bom.vulnerabilities or ()) > MAX_VULNERABILITIES:
            raise FeedUnreadable(f"the document has over {MAX_VULNERABILITIES} vulnerabilities")
        used = 0
        for each in bom.vulnerabilities or ():
            status = STATES.get(each.analysis.state) if each.analysis else None
            if not word(each.id):
                reasons.add("malformed", "a vulnerability without an id")
            elif status is None:
                reasons.add("no_statement", "a vulnerability without an analysis", each.id)
            elif not each.affects:
                reasons.add("names_no_package", "an analysis about no component", each.id)
            else:
                for products, components in _about(each, whole, known, reasons):
                    used += 1
                    analysis = each.analysis or _Analysis()
                    yield exemption(
                        feed=NAME,
                        names=[each.id, *(other.id for other in each.references or ())],
                        status=status,
                        products=products,
                        components=components,
                        justification=analysis.justification,
                        statement=analysis.detail,
                        document=bom.serial_number,
                        author=_author(bom.metadata),
                        timestamp=analysis.last_updated
                        or analysis.first_issued
                        or each.updated
                        or bom.metadata.timestamp,
                    )
        yield from reasons.refused(part=used > 0)


def _components(bom: _Bom) -> dict[str, list[str]]:
    """Return how each component is known, by its reference."""
    known: dict[str, list[str]] = {}
    left = [*(bom.components or ())]
    if bom.metadata.component is not None:
        left.append(bom.metadata.component)
    count = 0
    while left:
        each = left.pop()
        count += 1
        if count > MAX_COMPONENTS:
            raise FeedUnreadable(f"the document has over {MAX_COMPONENTS} components")
        names = _names(each)
        if each.ref and names:
            known.setdefault(each.ref, names)
        left.extend(each.components or ())
    return known


def _names(component: _Component) -> list[str]:
    """Return how a component is known; some tools give an image's digest as its version."""
    digest = component.version if _DIGEST.fullmatch(component.version) else ""
    return [name for name in (component.purl, component.cpe, digest) if word(name)]


def _whole(main: _Component | None, *, is_own: bool) -> list[str] | None:
    """Return how the product is known that a document is about, empty where it is about none.

    None where it is about one that nothing identifies.
    """
    names = [] if main is None else _names(main)
    return names if names or main is None or is_own else None


def _about(
    vulnerability: _Vulnerability,
    whole: list[str] | None,
    known: dict[str, list[str]],
    reasons: Reasons,
) -> Iterator[tuple[list[str], list[str]]]:
    """Give products, and components in them where the document is about one product."""
    for each in vulnerability.affects or ():
        names = _known(each.ref, known)
        if not names:
            reasons.add(
                "names_no_package", "a component without a package URL or a CPE name", each.ref
            )
            continue
        if whole is None:
            reasons.add(
                "names_no_package",
                "an analysis in a product without a package URL, a CPE name or a digest",
                each.ref,
            )
            continue
        if any(one.range for one in each.versions or ()):
            reasons.add("unsupported_format", "a range of versions in an analysis", each.ref)
            continue
        versions = [one.version for one in each.versions or () if one.status == "affected"]
        if versions:
            names = [at for name in names for v in versions if v and (at := _at(name, v))]
        yield (whole, names) if whole and names != whole else (names, [])


def _at(name: str, version: str) -> str:
    """Return a package URL with another version; empty for a name of another kind."""
    if not name.startswith("pkg:"):
        return ""
    base, mark, query = name.partition("?")
    path, slash, last = base.rpartition("/")
    return f"{path}{slash}{last.partition('@')[0]}@{quote(version)}{mark}{query}"


def _known(ref: str, known: dict[str, list[str]]) -> list[str]:
    if link := _LINK.fullmatch(ref):
        ref = link[1]
    if ref in known:
        return known[ref]
    # A reference may itself be the package URL of something that the document leaves out.
    return [ref] if ref.startswith("pkg:") and word(ref) else []


def _author(metadata: _Metadata) -> str:
    named = [*(metadata.authors or ()), metadata.supplier, metadata.manufacturer]
    return next((each.name for each in named if each is not None and each.name), "")
