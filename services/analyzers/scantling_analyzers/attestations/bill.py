"""Bills of materials: SPDX 2.2 and 2.3, and CycloneDX 1.4 to 1.6, JSON; of each the packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.attestations.errors import ClaimUnusable
from scantling_analyzers.attestations.statement import decoded
from scantling_common.layers.escape import escape_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_COMPONENTS: Final = 200_000
"""How many components of one document are read."""
MAX_PURL: Final = 1024
"""The longest package URL in characters that counts as one."""
_LONGEST: Final = 200
_SPDX: Final = frozenset({"SPDX-2.2", "SPDX-2.3"})
_CYCLONEDX: Final = frozenset({"1.4", "1.5", "1.6"})
_NO_PACKAGES: Final = frozenset({"container", "file", "operating-system", "operating_system"})
"""Kinds of components that are no packages: nobody gives them a package URL."""


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """The packages of a document, by package URL without qualifiers; all text is escaped.

    ``unidentified`` packages have none. ``format`` is as ``SPDX-2.3``.
    """

    format: str
    tool: str
    purls: tuple[str, ...]
    unidentified: int


class _Reference(msgspec.Struct, rename="camel"):
    reference_type: str = ""
    reference_locator: str = ""


class _Package(msgspec.Struct, rename="camel"):
    spdx_id: str = msgspec.field(default="", name="SPDXID")
    external_refs: list[_Reference] | None = None
    primary_package_purpose: str | None = None


class _Creation(msgspec.Struct):
    creators: list[str] | None = None


class _Spdx(msgspec.Struct, rename="camel"):
    packages: list[_Package] | None = None
    document_describes: list[str] | None = None
    creation_info: _Creation | None = None


class _Component(msgspec.Struct):
    type: str = ""
    purl: str | None = None
    components: list[_Component] | None = None


class _Tool(msgspec.Struct):
    name: str = ""
    version: str | None = None


class _Tools(msgspec.Struct):
    components: list[_Tool] | None = None


class _Metadata(msgspec.Struct):
    tools: list[_Tool] | _Tools | None = None


class _CycloneDx(msgspec.Struct):
    components: list[_Component] | None = None
    metadata: _Metadata | None = None


class _Version(msgspec.Struct, rename="camel"):
    """What tells formats and versions apart."""

    spdx_version: str | None = None
    bom_format: str | None = None
    spec_version: str | None = None


def bill_of(data: bytes | memoryview | msgspec.Raw) -> Bill:
    """Return the packages of a document; raises :class:`ClaimUnusable`."""
    version = decoded(data, _Version)
    if version.spdx_version in _SPDX:
        return _spdx(decoded(data, _Spdx), version.spdx_version)
    if version.bom_format == "CycloneDX" and version.spec_version in _CYCLONEDX:
        return _cyclonedx(decoded(data, _CycloneDx), f"CycloneDX-{version.spec_version}")
    stated = version.spdx_version or version.bom_format or "unknown"
    said = f"{stated} {version.spec_version or ''}".strip()[:100]
    message = f"a bill of materials of the format {escape_text(said)} is not read"
    raise ClaimUnusable(message, code="unsupported_format")


def _spdx(document: _Spdx, form: str) -> Bill:
    described = set(document.document_describes or ())
    creators = (document.creation_info and document.creation_info.creators) or []
    tools = [text.partition(":")[2].strip() for text in creators if text.startswith("Tool:")]
    packages = (
        (package.primary_package_purpose or "", _purl_of(package.external_refs))
        for package in document.packages or ()
        if package.spdx_id not in described
    )
    return _bill(form, ", ".join(tools), packages)


def _purl_of(references: list[_Reference] | None) -> str:
    return next((r.reference_locator for r in references or () if r.reference_type == "purl"), "")


def _cyclonedx(document: _CycloneDx, form: str) -> Bill:
    tools = document.metadata.tools if document.metadata else None
    listed = tools if isinstance(tools, list) else (tools and tools.components) or []
    named = [f"{tool.name} {tool.version or ''}".strip() for tool in listed]
    components = (
        (component.type, component.purl or "") for component in _nested(document.components)
    )
    return _bill(form, ", ".join(named), components)


def _nested(components: list[_Component] | None) -> Iterator[_Component]:
    """Yield components and what stands inside of them; no recursion."""
    pending = [components or []]
    while pending:
        for component in pending.pop():
            yield component
            if component.components:
                pending.append(component.components)


def _bill(form: str, tool: str, packages: Iterable[tuple[str, str]]) -> Bill:
    purls: set[str] = set()
    unidentified = 0
    for count, (kind, purl) in enumerate(packages):
        if count >= MAX_COMPONENTS:
            message = f"the document has more than {MAX_COMPONENTS} components"
            raise ClaimUnusable(message, code="too_many")
        bare = purl.partition("?")[0].partition("#")[0]
        if bare.startswith("pkg:") and len(bare) <= MAX_PURL:
            purls.add(escape_text(bare))
        elif kind.lower() not in _NO_PACKAGES:
            unidentified += 1
    return Bill(
        format=form,
        tool=escape_text(tool[:_LONGEST]),
        purls=tuple(sorted(purls)),
        unidentified=unidentified,
    )
