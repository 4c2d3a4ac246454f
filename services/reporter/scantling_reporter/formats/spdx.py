"""SPDX 2.3, JSON. Built directly: spdx-tools imports an RDF library to write any document."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UnsetType

from scantling_reporter.formats.licenses import license_reference, spdx_id
from scantling_reporter.formats.purls import image_purl
from scantling_reporter.formats.tool import TOOL, tool_version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_reporter.report import Report, ReportPackage

_DOCUMENT: Final = "SPDXRef-DOCUMENT"
_IMAGE: Final = "SPDXRef-Image"
_EPOCH: Final = "1970-01-01T00:00:00Z"


def render(report: Report) -> str:
    """Return the packages of a report as an SPDX document that describes the image.

    A software analysis that is not complete is told in the document's comment.
    """
    image = report.image
    packages = list(_packages(report))
    listed = [_image(report), *packages]
    document: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": image.reference or image.digest,
        "documentNamespace": _namespace(image.digest, listed),
        "comment": _comment(report),
        "creationInfo": {
            "created": image.scanned_at or image.created or _EPOCH,
            "creators": [f"Tool: {TOOL}-{tool_version()}"],
        },
        "documentDescribes": [_IMAGE],
        "packages": listed,
        "relationships": [
            _relationship(_DOCUMENT, "DESCRIBES", _IMAGE),
            *(_relationship(_IMAGE, "CONTAINS", each["SPDXID"]) for each in packages),
        ],
    }
    extracted = list(_extracted(report))
    if extracted:
        document["hasExtractedLicensingInfos"] = extracted
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _image(report: Report) -> dict[str, Any]:
    image = report.image
    algorithm, _, value = image.digest.partition(":")
    return {
        "SPDXID": _IMAGE,
        "name": image.repository or image.reference or image.digest,
        "versionInfo": image.tags[0] if image.tags else image.digest,
        "primaryPackagePurpose": "CONTAINER",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "checksums": [{"algorithm": algorithm.upper(), "checksumValue": value}],
        "externalRefs": [_purl(image_purl(image))],
    }


def _packages(report: Report) -> Iterable[dict[str, Any]]:
    for number, package in enumerate(_of(report), start=1):
        entry: dict[str, Any] = {
            "SPDXID": f"SPDXRef-Package-{number}",
            "name": package.name,
            "versionInfo": package.version,
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False,
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": _declared(package.licenses),
            "copyrightText": "NOASSERTION",
        }
        if package.path:
            entry["sourceInfo"] = f"found in {package.path} of layer {package.layer or 'unknown'}"
        if package.purl:
            entry["externalRefs"] = [_purl(package.purl)]
        yield entry


def _of(report: Report) -> tuple[ReportPackage, ...]:
    outcome = report.outcomes.get("software")
    if outcome is None or isinstance(outcome.packages, UnsetType):
        return ()
    return outcome.packages


def _declared(licenses: tuple[str, ...]) -> str:
    names = [_named(text) for text in licenses if text.strip()]
    return " AND ".join(dict.fromkeys(names)) or "NOASSERTION"


def _named(text: str) -> str:
    return spdx_id(text) or license_reference(text)


def _extracted(report: Report) -> Iterable[dict[str, Any]]:
    texts = {
        text
        for package in _of(report)
        for text in package.licenses
        if text.strip() and spdx_id(text) is None
    }
    for text in sorted(texts):
        yield {"licenseId": license_reference(text), "extractedText": text, "name": text}


def _comment(report: Report) -> str:
    outcome = report.outcomes.get("software")
    if outcome is None:
        return "The software of the image was not analysed."
    reason = outcome.reason or outcome.code
    return f"Software analysis: {outcome.status}{f' ({reason})' if reason else ''}."


def _purl(purl: str) -> dict[str, str]:
    return {
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": purl,
    }


def _relationship(element: str, kind: str, related: str) -> dict[str, str]:
    return {
        "spdxElementId": element,
        "relationshipType": kind,
        "relatedSpdxElement": related,
    }


def _namespace(digest: str, packages: list[dict[str, Any]]) -> str:
    content = hashlib.sha256(msgspec.json.encode([digest, packages])).hexdigest()
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, content)}"
