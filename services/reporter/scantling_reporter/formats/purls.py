"""The package URL of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packageurl import PackageURL

if TYPE_CHECKING:
    from scantling_reporter.report import ReportImage


def image_purl(image: ReportImage) -> str:
    """Return the package URL of an image (type ``oci`` of the purl specification)."""
    name = image.repository.rpartition("/")[2].lower() or "image"
    qualifiers = {"arch": image.platform.partition("/")[2].partition("/")[0]}
    if image.reference and image.repository:
        location = image.reference.removesuffix(f"@{image.digest}")
        last = location.rpartition("/")
        qualifiers["repository_url"] = last[0] + last[1] + last[2].partition(":")[0]
    if image.tags:
        qualifiers["tag"] = image.tags[0]
    kept = {key: value for key, value in qualifiers.items() if value}
    return PackageURL("oci", name=name, version=image.digest, qualifiers=kept).to_string()
