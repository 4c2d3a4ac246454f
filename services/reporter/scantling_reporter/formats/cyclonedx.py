"""CycloneDX 1.6, JSON (ECMA-424).

The document is built directly: the models of cyclonedx-python-lib take seconds for a few
thousand packages. The library gives the licence list here, and the schema in the tests.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UnsetType

from scantling_reporter.formats.licenses import spdx_id
from scantling_reporter.formats.purls import image_purl
from scantling_reporter.formats.tool import TOOL, tool_version

if TYPE_CHECKING:
    from scantling_common.outcomes import DistributionEntry
    from scantling_reporter.report import Report, ReportImage, ReportPackage

_AGGREGATES: Final = {"complete": "complete", "not_applicable": "complete", "partial": "incomplete"}
_GROUPED: Final = {"maven": ":", "npm": "/", "composer": "/"}


def render(report: Report) -> str:
    """Return the packages of a report as a bill of materials.

    The composition says *complete*, *incomplete* or *unknown*, as the software analysis does.
    """
    image = report.image
    components = [*_distribution(image.distribution), *_packages(report)]
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": _serial(image, components),
        "version": 1,
        "metadata": {
            **({"timestamp": image.scanned_at} if image.scanned_at else {}),
            "tools": {
                "components": [{"type": "application", "name": TOOL, "version": tool_version()}]
            },
            "component": _image(report),
        },
        "components": components,
        "compositions": [{"aggregate": _aggregate(report), "assemblies": [image.digest]}],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _image(report: Report) -> dict[str, Any]:
    image = report.image
    properties = [
        ("scantling:platform", image.platform),
        ("scantling:reference", image.reference),
        ("scantling:status", report.status),
        *[
            (f"scantling:{risk}:status", outcome.status)
            for risk, outcome in report.outcomes.items()
        ],
    ]
    return {
        "type": "container",
        "bom-ref": image.digest,
        "name": image.repository or image.reference or image.digest,
        "version": image.tags[0] if image.tags else image.digest,
        "purl": image_purl(image),
        "properties": [{"name": name, "value": value} for name, value in properties if value],
    }


def _distribution(distribution: DistributionEntry | None) -> list[dict[str, Any]]:
    if distribution is None:
        return []
    entry = {
        "type": "operating-system",
        "bom-ref": f"os:{distribution.id}@{distribution.version_id}",
        "name": distribution.id,
        "description": distribution.name,
    }
    if distribution.version_id:
        entry["version"] = distribution.version_id
    return [entry]


def _packages(report: Report) -> list[dict[str, Any]]:
    outcome = report.outcomes.get("software")
    if outcome is None or isinstance(outcome.packages, UnsetType):
        return []
    seen: dict[str, int] = {}
    components = []
    for package in outcome.packages:
        reference = _reference(package)
        seen[reference] = seen.get(reference, 0) + 1
        if seen[reference] > 1:
            reference = f"{reference}-{seen[reference]}"
        components.append(_component(package, reference))
    return components


def _component(package: ReportPackage, reference: str) -> dict[str, Any]:
    group, name = _split(package)
    component: dict[str, Any] = {"type": "library", "bom-ref": reference}
    if group:
        component["group"] = group
    component |= {"name": name, "version": package.version}
    if package.licenses:
        component["licenses"] = [_license(text) for text in dict.fromkeys(package.licenses)]
    if package.purl:
        component["purl"] = package.purl
    properties = {
        "scantling:type": package.type,
        "scantling:path": package.path,
        "scantling:layer": package.layer,
        "scantling:source:name": package.source_name,
        "scantling:source:version": package.source_version,
    }
    component["properties"] = [
        {"name": key, "value": value} for key, value in properties.items() if value
    ]
    return component


def _split(package: ReportPackage) -> tuple[str, str]:
    mark = _GROUPED.get(package.type)
    if mark is None or mark not in package.name:
        return "", package.name
    group, _, name = package.name.rpartition(mark)
    return group, name


def _license(text: str) -> dict[str, Any]:
    identifier = spdx_id(text)
    return {"license": {"id": identifier} if identifier else {"name": text}}


def _reference(package: ReportPackage) -> str:
    parts = (package.type, package.name, package.version, package.path, package.purl)
    text = "\x00".join(parts).encode("utf-8", "surrogatepass")
    return f"package-{hashlib.sha256(text).hexdigest()[:24]}"


def _serial(image: ReportImage, components: list[dict[str, Any]]) -> str:
    content = hashlib.sha256(msgspec.json.encode([image.digest, components])).hexdigest()
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, content)}"


def _aggregate(report: Report) -> str:
    outcome = report.outcomes.get("software")
    return _AGGREGATES.get(outcome.status, "unknown") if outcome is not None else "unknown"
