"""Documents beside images, as BuildKit, cosign and others put them there."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from tests.builders.image import OCI_CONFIG, OCI_MANIFEST, BuiltImage, descriptor, index, sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

IN_TOTO: Final = "application/vnd.in-toto+json"
DSSE: Final = "application/vnd.dsse.envelope.v1+json"
BUNDLE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
SPDX_JSON: Final = "application/spdx+json"
CYCLONEDX_JSON: Final = "application/vnd.cyclonedx+json"

SPDX: Final = "https://spdx.dev/Document"
CYCLONEDX: Final = "https://cyclonedx.org/bom"
SLSA_02: Final = "https://slsa.dev/provenance/v0.2"
SLSA_1: Final = "https://slsa.dev/provenance/v1"


def spdx(*purls: str, version: str = "SPDX-2.3", unidentified: int = 0) -> dict[str, Any]:
    """Return an SPDX document that describes an image with packages of these package URLs."""
    packages: list[dict[str, Any]] = [
        {
            "SPDXID": f"SPDXRef-{number}",
            "name": purl,
            "externalRefs": [
                {
                    "referenceCategory": "SECURITY",
                    "referenceType": "cpe23Type",
                    "referenceLocator": "cpe:2.3:a:x:x:1:*:*:*:*:*:*:*",
                },
                {
                    "referenceCategory": "PACKAGE-MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": purl,
                },
            ],
        }
        for number, purl in enumerate(purls)
    ]
    packages += [{"SPDXID": f"SPDXRef-x{n}", "name": f"x{n}"} for n in range(unidentified)]
    packages.append({"SPDXID": "SPDXRef-Image", "name": "the image"})
    return {
        "spdxVersion": version,
        "SPDXID": "SPDXRef-DOCUMENT",
        "creationInfo": {"creators": ["Organization: Example", "Tool: maker-1.2"]},
        "documentDescribes": ["SPDXRef-Image"],
        "packages": packages,
    }


def cyclonedx(*purls: str, version: str = "1.5", tools: Any = None) -> dict[str, Any]:
    """Return a CycloneDX document; every component but the first is inside of the first."""
    components = [{"type": "library", "name": purl, "purl": purl} for purl in purls]
    nested: list[dict[str, Any]] = [dict(component) for component in components[:1]]
    if components[1:]:
        nested[0]["components"] = components[1:]
    nested.append({"type": "operating-system", "name": "debian"})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "metadata": {"tools": tools or [{"name": "maker", "version": "1.2"}]},
        "components": nested,
    }


def provenance(*images: tuple[str, str], version: str = SLSA_1) -> dict[str, Any]:
    """Return SLSA provenance of a build that used images, by URI and digest, and a source."""
    used: list[dict[str, Any]] = [
        {"uri": uri, "digest": dict([digest.split(":", 1)])} for uri, digest in images
    ]
    used.append({"uri": "https://git.example/app.git", "digest": {"sha1": "0" * 40}})
    if version == SLSA_02:
        return {"buildType": "x", "materials": used}
    return {"buildDefinition": {"buildType": "x", "resolvedDependencies": used}}


def statement(
    subject: str,
    predicate_type: str,
    predicate: Any,
    *,
    kind: str = "https://in-toto.io/Statement/v0.1",
) -> bytes:
    """Return an in-toto statement about the image of a digest."""
    algorithm, _, value = subject.partition(":")
    document = {
        "_type": kind,
        "subject": [{"name": "_", "digest": {algorithm: value}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    }
    return json.dumps(document).encode()


def enveloped(payload: bytes, *, kind: str = IN_TOTO) -> bytes:
    """Return a statement in a DSSE envelope; the signature is nonsense."""
    envelope = {
        "payloadType": kind,
        "payload": b64encode(payload).decode(),
        "signatures": [{"keyid": "", "sig": "bm9uc2Vuc2U="}],
    }
    return json.dumps(envelope).encode()


def bundled(payload: bytes) -> bytes:
    """Return a statement in a Sigstore bundle."""
    bundle = {"mediaType": BUNDLE, "dsseEnvelope": json.loads(enveloped(payload))}
    return json.dumps(bundle).encode()


@dataclass(frozen=True, kw_only=True)
class BuiltAttestation:
    """A manifest beside an image: documents with their media types, and what it is about."""

    documents: Sequence[tuple[bytes, str]]
    subject: str = ""
    artifact_type: str = ""
    lies: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def config(self) -> bytes:
        """Return the config's bytes."""
        return b'{"architecture":"unknown","os":"unknown","config":{}}'

    @cached_property
    def manifest(self) -> bytes:
        """Return the manifest's bytes."""
        document: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(self.config, OCI_CONFIG),
            "layers": [descriptor(data, kind) for data, kind in self.documents],
        }
        if self.subject:
            named = {"mediaType": OCI_MANIFEST, "digest": self.subject, "size": 1}
            document["subject"] = named
        if self.artifact_type:
            document["artifactType"] = self.artifact_type
        return json.dumps(document | dict(self.lies)).encode()

    @property
    def digest(self) -> str:
        """Return the manifest's digest."""
        return sha256(self.manifest)

    @property
    def blobs(self) -> list[bytes]:
        """Return everything that the manifest leads to, itself included."""
        return [self.manifest, self.config, *(data for data, _ in self.documents)]

    def entry(self, about: str = "") -> dict[str, Any]:
        """Return its entry of an index, with BuildKit's annotations where it is ``about`` one."""
        annotations = {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": about,
        }
        if not about:
            return descriptor(self.manifest, OCI_MANIFEST)
        platform = {"os": "unknown", "architecture": "unknown"}
        return descriptor(self.manifest, OCI_MANIFEST, platform=platform, annotations=annotations)


def attested_layout(
    image: BuiltImage, attestations: Iterable[BuiltAttestation], *, listed: bool = True
) -> dict[str, bytes]:
    """Return the files of an OCI layout: an image, and attestations beside it.

    ``listed`` puts them into an index of the image's own, as BuildKit does.
    """
    made = list(attestations)
    own = descriptor(image.manifest, image.media_type, platform=image.platform)
    blobs = [image.manifest, *image.blobs.values(), *(data for each in made for data in each.blobs)]
    if listed:
        inner = index([own, *(each.entry(image.digest) for each in made)])
        blobs.append(inner)
        entries = [descriptor(inner, "application/vnd.oci.image.index.v1+json")]
    else:
        entries = [own, *(each.entry() for each in made)]
    return {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        "index.json": index(entries),
        **{f"blobs/{sha256(data).replace(':', '/')}": data for data in blobs},
    }
