"""SLSA provenance, v0.2 and v1: which images a build says that it used.

BuildKit writes each as a package URL of the type ``docker`` (``pkg:docker/alpine@3.20?platform=
linux%2Famd64``), others as ``oci`` or as ``docker-image://alpine:3.20``. Sources and other
materials are no images, and are passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote

import msgspec

from scantling_analyzers.attestations.errors import ClaimUnusable
from scantling_analyzers.attestations.models import Material
from scantling_analyzers.attestations.statement import decoded
from scantling_common.images.digests import is_digest
from scantling_common.layers.escape import escape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MATERIALS: Final = 10_000
MAX_IMAGES: Final = 100
"""How many images of one build are told."""
_LONGEST: Final = 512
_SCHEMES: Final = ("docker-image://", "oci://", "docker://")


class _Descriptor(msgspec.Struct):
    uri: str | None = None
    digest: dict[str, str] | None = None


class _Version02(msgspec.Struct):
    materials: list[_Descriptor] | None = None


class _Definition(msgspec.Struct, rename="camel"):
    resolved_dependencies: list[_Descriptor] | None = None


class _Version1(msgspec.Struct, rename="camel"):
    build_definition: _Definition | None = None


def materials_of(predicate: msgspec.Raw, version: str) -> tuple[Material, ...]:
    """Return the images that a predicate of that version (``v0.2`` or ``v1``) names, sorted.

    Raises :class:`ClaimUnusable`.
    """
    if version == "v0.2":
        listed = decoded(predicate, _Version02).materials or []
    else:
        definition = decoded(predicate, _Version1).build_definition
        listed = (definition.resolved_dependencies if definition else None) or []
    if len(listed) > MAX_MATERIALS:
        message = f"the provenance has {len(listed)} materials, {MAX_MATERIALS} are read"
        raise ClaimUnusable(message, code="too_many")
    found = sorted(set(_images(listed)))
    if len(found) > MAX_IMAGES:
        message = f"the provenance names {len(found)} images, {MAX_IMAGES} are read"
        raise ClaimUnusable(message, code="too_many")
    return tuple(found)


def _images(listed: list[_Descriptor]) -> Iterator[Material]:
    for each in listed:
        name = reference_of(each.uri or "")
        for algorithm, value in (each.digest or {}).items():
            digest = f"{algorithm}:{value}"
            if name and is_digest(digest):
                yield Material(name, digest)


def reference_of(uri: str) -> str:
    """Return the reference of the image that a material's URI names, escaped; else empty."""
    if len(uri) > _LONGEST:
        return ""
    for scheme in _SCHEMES:
        if uri.startswith(scheme):
            return escape_text(uri.removeprefix(scheme).partition("@")[0])
    path, _, query = uri.partition("?")
    kind, _, path = path.removeprefix("pkg:").partition("/")
    if not uri.startswith("pkg:") or kind not in {"docker", "oci"} or not path:
        return ""
    name, _, version = path.partition("@")
    qualifiers = parse_qs(query, max_num_fields=32) if query.count("&") < 32 else {}  # noqa: PLR2004 - what parse_qs is told as well
    name, tag = unquote(name), unquote(version)
    location = qualifiers.get("repository_url", [""])[0].strip("/")
    if location:
        named = location.rpartition("/")[2] == name.rpartition("/")[2]
        name = location if named else f"{location}/{name}"
    if kind == "oci":
        tag = qualifiers.get("tag", [""])[0]
    return escape_text(f"{name}:{tag}" if tag and not is_digest(tag) else name)
