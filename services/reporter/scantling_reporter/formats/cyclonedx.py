"""CycloneDX 1.6, JSON (ECMA-424).

The document is built directly: the models of cyclonedx-python-lib take seconds for a few
thousand packages. The library gives the licence list here, and the schema in the tests.

The same image gives the same bytes: the time of the document is that of the image, as with
``SOURCE_DATE_EPOCH`` of reproducible builds, and not that of the scan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scantling_reporter.formats.components import components_of, contents_of, split_version
from scantling_reporter.formats.cyclonedx_vulnerabilities import vulnerabilities_of
from scantling_reporter.formats.document import part_of, text_of, urn_of
from scantling_reporter.formats.licenses import cyclonedx_licenses
from scantling_reporter.formats.purls import image_purl
from scantling_reporter.formats.tool import TOOL, tool_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_common.outcomes import DistributionEntry
    from scantling_reporter.formats.components import Component
    from scantling_reporter.report import Report, ReportImage, ReportPackage

_AGGREGATES: Final = {"complete": "complete", "not_applicable": "complete", "partial": "incomplete"}
_GROUPED: Final = {"maven": ":", "npm": "/", "composer": "/"}
_SYSTEM_TYPES: Final = frozenset({"apk", "deb", "rpm"})
_ERRORS: Final = 100
"""How many of the things that were left out are named in the document."""


def render(report: Report) -> str:
    """Return the packages of a report as a bill of materials, with their vulnerabilities.

    The composition says *complete*, *incomplete* or *unknown*, as the software analysis does.
    Vulnerabilities are there where they were looked for: an empty list says that there are none.
    """
    image = report.image
    packages = components_of(report)
    system = _distribution(image.distribution)
    components = [*system, *(part_of(_component(each)) for each in packages)]
    subject = _image(report)
    vulnerabilities = _vulnerabilities(report, packages)
    return text_of(
        {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": urn_of(image.digest, subject, components, *vulnerabilities.values()),
            "version": 1,
            "metadata": {
                **({"timestamp": image.created} if image.created else {}),
                "tools": {
                    "components": [{"type": "application", "name": TOOL, "version": tool_version()}]
                },
                "component": subject,
            },
            "components": components,
            "dependencies": _dependencies(image, system, packages),
            "compositions": [{"aggregate": _aggregate(report), "assemblies": [image.digest]}],
            **vulnerabilities,
        }
    )


def _vulnerabilities(report: Report, packages: Sequence[Component]) -> dict[str, Any]:
    """Return the list under its name, and nothing where it would be empty for want of a look."""
    listed = [part_of(each) for each in vulnerabilities_of(report, packages)]
    outcome = report.outcomes.get("vulnerability")
    looked = outcome is not None and outcome.status in _AGGREGATES
    return {"vulnerabilities": listed} if listed or looked else {}


def _image(report: Report) -> dict[str, Any]:
    image = report.image
    algorithm, _, value = image.digest.partition(":")
    properties = [
        ("scantling:platform", image.platform),
        ("scantling:reference", image.reference),
        ("scantling:status", report.status),
        *[
            (f"scantling:{risk}:status", outcome.status)
            for risk, outcome in report.outcomes.items()
        ],
        *_layers(image),
        *_left_out(report),
    ]
    return {
        "type": "container",
        "bom-ref": image.digest,
        "name": image.repository or image.reference or image.digest,
        "version": image.tags[0] if image.tags else image.digest,
        "hashes": [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": value}],
        "purl": image_purl(image),
        "properties": _properties(properties),
    }


def _layers(image: ReportImage) -> Iterable[tuple[str, str]]:
    """Say each layer once, with its build step: components refer to it by its ``diff_id``."""
    for number, layer in enumerate(image.layers, start=1):
        yield f"scantling:layer:{number}:diff-id", layer.diff_id
        yield f"scantling:layer:{number}:digest", layer.digest
        yield f"scantling:layer:{number}:created-by", layer.created_by


def _left_out(report: Report) -> Iterable[tuple[str, str]]:
    for risk in ("software", "vulnerability"):
        outcome = report.outcomes.get(risk)
        if outcome is None:
            continue
        yield f"scantling:{risk}:reason", outcome.reason or outcome.code
        for error in outcome.errors[:_ERRORS]:
            yield f"scantling:{risk}:left-out", f"{error.path}: {error.message} ({error.code})"
        if len(outcome.errors) > _ERRORS:
            more = len(outcome.errors) - _ERRORS
            yield f"scantling:{risk}:left-out", f"and {more} more, in the JSON report"


def _distribution(distribution: DistributionEntry | None) -> list[dict[str, Any]]:
    if distribution is None:
        return []
    entry: dict[str, Any] = {
        "type": "operating-system",
        "bom-ref": f"os:{distribution.id}@{distribution.version_id}",
        "name": distribution.id,
        "description": distribution.name,
    }
    if distribution.version_id:
        entry["version"] = distribution.version_id
    if distribution.content_sets:
        sets = [("scantling:content-set", name) for name in distribution.content_sets]
        entry["properties"] = _properties(sets)
    return [entry]


def _component(component: Component) -> dict[str, Any]:
    package = component.package
    group, name = _split(package)
    entry: dict[str, Any] = {"type": "library", "bom-ref": _ref(component.reference)}
    if group:
        entry["group"] = group
    entry["name"] = name
    if package.version:
        entry["version"] = package.version
    if component.sha1:
        entry["hashes"] = [{"alg": "SHA-1", "content": component.sha1}]
    licenses = cyclonedx_licenses(component.licenses)
    if licenses:
        entry["licenses"] = licenses
    if package.cpes:
        entry["cpe"] = package.cpes[0]
    if package.purl:
        entry["purl"] = package.purl
    places = [_occurrence(place) for place in component.places if place.path]
    if places:
        entry["evidence"] = {"occurrences": places}
    properties = (
        ("scantling:type", package.type),
        ("scantling:arch", package.arch),
        ("scantling:source:name", package.source_name),
        ("scantling:source:version", package.source_version),
        ("scantling:owner", package.owner),
        ("scantling:third-party", "true" if package.third_party else ""),
        ("scantling:state", package.state),
        ("scantling:found-by", package.found_by),
        *(("scantling:cpe", name) for name in package.cpes[1:]),
        *_for_trivy(package),
    )
    entry["properties"] = _properties(properties)
    return entry


def _for_trivy(package: ReportPackage) -> Iterable[tuple[str, str]]:
    """Say the source package in the words of trivy, which reads it from nowhere else.

    It looks up Debian's vulnerabilities by source package: without these it finds too few.
    """
    if package.source_name and package.type in _SYSTEM_TYPES:
        epoch, version, release = split_version(package.source_version or package.version)
        yield "aquasecurity:trivy:SrcName", package.source_name
        yield "aquasecurity:trivy:SrcVersion", version
        yield "aquasecurity:trivy:SrcRelease", release
        yield "aquasecurity:trivy:SrcEpoch", epoch


def _occurrence(package: ReportPackage) -> dict[str, str]:
    if not package.layer:
        return {"location": package.path}
    return {"location": package.path, "additionalContext": f"layer {package.layer}"}


def _dependencies(
    image: ReportImage, system: Iterable[dict[str, Any]], packages: Sequence[Component]
) -> list[dict[str, Any]]:
    """Say what the image has directly, and what is a part of a package of its system."""
    contents = contents_of(packages)
    parts = {part for each in contents.values() for part in each}
    direct = [each.reference for each in packages if each.reference not in parts]
    return [
        {
            "ref": image.digest,
            "dependsOn": [*(each["bom-ref"] for each in system), *map(_ref, direct)],
        },
        *(
            {"ref": _ref(owner), "dependsOn": [*map(_ref, each)]}
            for owner, each in contents.items()
        ),
    ]


def _ref(reference: str) -> str:
    return f"package-{reference}"


def _split(package: ReportPackage) -> tuple[str, str]:
    mark = _GROUPED.get(package.type)
    if mark is None or mark not in package.name:
        return "", package.name
    group, _, name = package.name.rpartition(mark)
    return group, name


def _properties(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": text} for name, text in pairs if text]


def _aggregate(report: Report) -> str:
    outcome = report.outcomes.get("software")
    return _AGGREGATES.get(outcome.status, "unknown") if outcome is not None else "unknown"
