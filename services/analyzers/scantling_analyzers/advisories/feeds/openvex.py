"""OpenVEX (openvex/spec, 0.0.1 to 0.2.0), plain or in an in-toto statement; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

import msgspec

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.json_documents import document_of
from scantling_analyzers.advisories.feeds.reasons import Reasons
from scantling_analyzers.advisories.feeds.vex import VexStatus, exemption
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import Said

NAME: Final = "openvex"
MAX_STATEMENTS: Final = 100_000
_MARK: Final = b"openvex.dev/ns"
_STATUSES: Final[dict[str, VexStatus]] = {each: each for each in get_args(VexStatus)}


class _Vulnerability(msgspec.Struct, gc=False):
    name: str = ""
    id: str = msgspec.field(default="", name="@id")
    aliases: list[str] | None = None


class _Component(msgspec.Struct, gc=False):
    id: str = msgspec.field(default="", name="@id")
    identifiers: dict[str, str] | None = None
    hashes: dict[str, str] | None = None


class _Product(_Component, gc=False):
    subcomponents: list[_Component | str] | None = None


class _Statement(msgspec.Struct, gc=False):
    vulnerability: _Vulnerability | str | None = None
    status: str = ""
    products: list[_Product | str] | None = None
    subcomponents: list[_Component | str] | None = None
    justification: str = ""
    impact_statement: str = ""
    action_statement: str = ""
    status_notes: str = ""
    timestamp: str = ""


class _OpenVex(msgspec.Struct, gc=False):
    id: str = msgspec.field(default="", name="@id")
    author: str = ""
    timestamp: str = ""
    last_updated: str = ""
    statements: list[_Statement] | None = None


class _InToto(msgspec.Struct, gc=False):
    predicate: _OpenVex | None = None


_DECODER: Final = msgspec.json.Decoder(_OpenVex)
_ATTESTATION: Final = msgspec.json.Decoder(_InToto)


class OpenVexFeed:
    """Reads OpenVEX documents."""

    @property
    def name(self) -> str:
        """Return the feed's name."""
        return NAME

    def recognises(self, path: str, head: bytes) -> bool:  # noqa: ARG002  # the content tells
        """Say whether it is JSON that names the namespace of OpenVEX."""
        return _MARK in head and head.lstrip().startswith(b"{")

    def read(self, document: Document) -> Iterator[Said]:
        """Yield a statement for each of the document's."""
        vex = _decoded(document.data())
        reasons = Reasons(NAME, word(vex.id) or document.path)
        statements = vex.statements or []
        if len(statements) > MAX_STATEMENTS:
            raise FeedUnreadable(f"the document has over {MAX_STATEMENTS} statements")
        used = 0
        for each in statements:
            names = _names_of(each.vulnerability)
            status = _STATUSES.get(each.status)
            if not names:
                reasons.add("malformed", "a statement that names no vulnerability")
            elif status is None:
                reasons.add(
                    "malformed", "a statement whose status is no word of OpenVEX", each.status
                )
            elif not each.products:
                reasons.add("names_no_package", "a statement about no product", names[0])
            else:
                for products, components in _about(each):
                    if not products:
                        reasons.add("names_no_package", "a product without a name", names[0])
                        continue
                    used += 1
                    yield exemption(
                        feed=NAME,
                        names=names,
                        status=status,
                        products=products,
                        components=components,
                        justification=each.justification,
                        statement=each.impact_statement
                        or each.action_statement
                        or each.status_notes,
                        document=vex.id,
                        author=vex.author,
                        timestamp=each.timestamp or vex.last_updated or vex.timestamp,
                    )
        yield from reasons.refused(part=used > 0)


def _decoded(data: bytes) -> _OpenVex:
    wrong = "the document is no OpenVEX"
    vex = document_of(_DECODER, data, wrong)
    if vex.statements is None:
        vex = document_of(_ATTESTATION, data, wrong).predicate or vex
    if vex.statements is None:
        raise FeedUnreadable(f"{wrong}: it has no statements")
    return vex


def _names_of(vulnerability: _Vulnerability | str | None) -> list[str]:
    """Return the id and the aliases; in 0.0.1 the vulnerability was a text."""
    if vulnerability is None:
        return []
    if isinstance(vulnerability, str):
        return [vulnerability] if word(vulnerability) else []
    own = vulnerability.name or vulnerability.id.rstrip("/").rpartition("/")[2]
    return [own, *(vulnerability.aliases or ())] if word(own) else []


def _about(statement: _Statement) -> Iterator[tuple[list[str], list[str]]]:
    """Give each product with the components in it; without components all are given at once."""
    whole: list[str] = []
    for product in statement.products or ():
        inside = statement.subcomponents or []
        if isinstance(product, _Product):
            inside = [*inside, *(product.subcomponents or ())]
        components = [name for each in inside for name in _known(each)]
        if components:
            yield _known(product), components
        elif known := _known(product):
            whole += known
        else:
            yield [], []
    if whole:
        yield whole, []


def _known(component: _Component | str) -> list[str]:
    """Return how it is known: its id and identifiers; a digest stands for an image of any name."""
    if isinstance(component, str):
        return [component] if word(component) else []
    identifiers = component.identifiers or {}
    names = [component.id, *(identifiers.get(kind, "") for kind in ("purl", "cpe23", "cpe22"))]
    if digest := (component.hashes or {}).get("sha-256", ""):
        names.append(f"sha256:{digest}")
    return [name for name in dict.fromkeys(names) if word(name)]
