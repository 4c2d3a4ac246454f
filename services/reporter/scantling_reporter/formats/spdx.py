"""SPDX 2.3, JSON. Built directly: spdx-tools imports an RDF library to write any document.

The same image gives the same bytes: ``created`` is the time of the image, as with
``SOURCE_DATE_EPOCH`` of reproducible builds, and not that of the scan. Paths and layers are in
a package's ``comment``: an SPDX file needs a SHA-1, which reading packages does not compute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scantling_reporter.formats.components import components_of, contents_of
from scantling_reporter.formats.document import part_of, text_of, urn_of
from scantling_reporter.formats.licenses import license_reference, spdx_declared
from scantling_reporter.formats.purls import image_purl
from scantling_reporter.formats.tool import TOOL, tool_version
from scantling_reporter.licenses import spdx_expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import msgspec

    from scantling_common.outcomes import DistributionEntry
    from scantling_reporter.formats.components import Component
    from scantling_reporter.report import Report, ReportImage, ReportPackage

_DOCUMENT: Final = "SPDXRef-DOCUMENT"
_IMAGE: Final = "SPDXRef-Image"
_SYSTEM: Final = "SPDXRef-OperatingSystem"
_EPOCH: Final = "1970-01-01T00:00:00Z"
_ERRORS: Final = 100
"""How many of the things that were left out are named in the document."""
_UNKNOWN: Final = {
    "downloadLocation": "NOASSERTION",
    "filesAnalyzed": False,
    "licenseConcluded": "NOASSERTION",
    "copyrightText": "NOASSERTION",
}


def render(report: Report) -> str:
    """Return the packages of a report as an SPDX document that describes the image.

    A software analysis that is not complete is told in the document's comment, and in an
    annotation for each thing that was left out.
    """
    image = report.image
    components = components_of(report)
    system = _system(image.distribution)
    listed = [_image(report), *system, *(part_of(_package(each)) for each in components)]
    created = image.created or _EPOCH
    document: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": image.reference or image.digest,
        "documentNamespace": urn_of(image.digest, listed),
        "comment": _comment(report),
        "creationInfo": {"created": created, "creators": [_creator()]},
        "documentDescribes": [_IMAGE],
        "packages": listed,
        "relationships": _relationships(system, components),
    }
    annotations = list(_annotations(report, created))
    if annotations:
        document["annotations"] = annotations
    extracted = list(_extracted(components))
    if extracted:
        document["hasExtractedLicensingInfos"] = extracted
    return text_of(document)


def _image(report: Report) -> dict[str, Any]:
    image = report.image
    algorithm, _, value = image.digest.partition(":")
    entry = {
        "SPDXID": _IMAGE,
        "name": image.repository or image.reference or image.digest,
        "versionInfo": image.tags[0] if image.tags else image.digest,
        "primaryPackagePurpose": "CONTAINER",
        **_UNKNOWN,
        "licenseDeclared": "NOASSERTION",
        "checksums": [{"algorithm": algorithm.upper(), "checksumValue": value}],
        "externalRefs": [_purl(image_purl(image))],
    }
    if image.layers:
        entry["comment"] = "\n".join(_layers(image))
    return entry


def _layers(image: ReportImage) -> Iterable[str]:
    """Say each layer once, with its build step: packages refer to it by its ``diff_id``."""
    for number, layer in enumerate(image.layers, start=1):
        step = f" by {layer.created_by}" if layer.created_by else ""
        yield f"Layer {number}: {layer.diff_id} ({layer.digest}){step}"


def _system(distribution: DistributionEntry | None) -> list[dict[str, Any]]:
    if distribution is None:
        return []
    entry = {
        "SPDXID": _SYSTEM,
        "name": distribution.id,
        "primaryPackagePurpose": "OPERATING_SYSTEM",
        **_UNKNOWN,
        "licenseDeclared": "NOASSERTION",
    }
    if distribution.name:
        entry["summary"] = distribution.name
    if distribution.version_id:
        entry["versionInfo"] = distribution.version_id
    if distribution.content_sets:
        entry["comment"] = f"Built from the content sets {', '.join(distribution.content_sets)}"
    return [entry]


def _package(component: Component) -> dict[str, Any]:
    package = component.package
    entry: dict[str, Any] = {
        "SPDXID": _id(component.reference),
        "name": package.name,
        **_UNKNOWN,
        "licenseDeclared": spdx_declared(component.licenses) or "NOASSERTION",
    }
    if package.version:
        entry["versionInfo"] = package.version
    if component.sha1:
        entry["checksums"] = [{"algorithm": "SHA1", "checksumValue": component.sha1}]
    if package.source_name:
        # In the words that trivy reads the source package from.
        source = f"{package.source_name} {package.source_version or package.version}"
        entry["sourceInfo"] = f"built package from: {source}"
    comment = " ".join(_about(component))
    if comment:
        entry["comment"] = comment
    references = [*([_purl(package.purl)] if package.purl else ()), *map(_cpe, package.cpes)]
    if references:
        entry["externalRefs"] = references
    return entry


def _place(package: ReportPackage) -> str:
    return f"{package.path} of layer {package.layer or 'unknown'}"


def _about(component: Component) -> Iterable[str]:
    package = component.package
    places = [_place(place) for place in component.places if place.path]
    if places:
        yield f"Found in {', in '.join(places)}."
    if package.owner:
        yield f"A part of the system's package {package.owner}, with which it counts once."
    if package.state:
        yield f"Its installation is {package.state}."


def _relationships(
    system: Iterable[dict[str, Any]], components: Sequence[Component]
) -> list[msgspec.Raw]:
    contained = [each["SPDXID"] for each in system] + [_id(each.reference) for each in components]
    return [
        _relationship(_DOCUMENT, "DESCRIBES", _IMAGE),
        *(_relationship(_IMAGE, "CONTAINS", each) for each in contained),
        *(
            _relationship(_id(owner), "CONTAINS", _id(part))
            for owner, parts in contents_of(components).items()
            for part in parts
        ),
    ]


def _extracted(components: Iterable[Component]) -> Iterable[dict[str, Any]]:
    texts = {
        text
        for licenses in {component.licenses for component in components}
        for text in licenses
        if text.strip() and spdx_expression(text) is None
    }
    for text in sorted(texts):
        yield {"licenseId": license_reference(text), "extractedText": text, "name": text}


def _comment(report: Report) -> str:
    outcome = report.outcomes.get("software")
    if outcome is None:
        return "The software of the image was not analysed."
    reason = outcome.reason or outcome.code
    return f"Software analysis: {outcome.status}{f' ({reason})' if reason else ''}."


def _annotations(report: Report, created: str) -> Iterable[dict[str, str]]:
    outcome = report.outcomes.get("software")
    errors = outcome.errors if outcome is not None else ()
    said = [f"Left out: {e.path}: {e.message} ({e.code})" for e in errors[:_ERRORS]]
    if len(errors) > _ERRORS:
        said.append(f"Left out: {len(errors) - _ERRORS} more, named in the JSON report")
    for text in dict.fromkeys(said):
        yield {
            "annotationDate": created,
            "annotationType": "OTHER",
            "annotator": _creator(),
            "comment": text,
        }


def _creator() -> str:
    return f"Tool: {TOOL}-{tool_version()}"


def _id(reference: str) -> str:
    return f"SPDXRef-Package-{reference}"


def _purl(purl: str) -> dict[str, str]:
    return {
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": purl,
    }


def _cpe(name: str) -> dict[str, str]:
    return {
        "referenceCategory": "SECURITY",
        "referenceType": "cpe23Type",
        "referenceLocator": name,
    }


def _relationship(element: str, kind: str, related: str) -> msgspec.Raw:
    return part_of(
        {
            "spdxElementId": element,
            "relationshipType": kind,
            "relatedSpdxElement": related,
        }
    )
