"""Images from layers: as a docker archive, an OCI layout or archive, or pushed to a registry."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import io
import itertools
import json
import tarfile
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

import zstandard

from tests.builders.layer import Content, layer, symlink

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG: Final = "application/vnd.docker.container.image.v1+json"
CREATED: Final = "2024-01-01T00:00:00Z"

_OCI_LAYERS: Final = {
    "estargz": "application/vnd.oci.image.layer.v1.tar+gzip",
    "foreign": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "plain": "application/vnd.oci.image.layer.v1.tar",
    "gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
    "zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
}
_DOCKER_LAYERS: Final = {
    "estargz": "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "foreign": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    "plain": "application/vnd.docker.image.rootfs.diff.tar",
    "gzip": "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "zstd": "application/vnd.docker.image.rootfs.diff.tar.zstd",
}


def sha256(data: bytes) -> str:
    """Return the digest of bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def estargz(files: Mapping[str, bytes]) -> BuiltLayer:
    """Return an eStargz layer: a gzip member for each file, landmark, table of contents, footer."""
    entries = {".no.prefetch.landmark": b"\x0f", **files}
    toc = [{"name": name, "type": "reg", "size": len(data)} for name, data in entries.items()]
    entries["stargz.index.json"] = json.dumps({"version": 1, "entries": toc}).encode()
    whole = layer(entries)
    starts = range(0, len(whole), 512)
    cuts = [at for at in starts if whole[at + 257 : at + 262] == b"ustar"] + [len(whole)]
    members = [gzip.compress(whole[a:b], mtime=0) for a, b in itertools.pairwise(cuts)]
    extra = b"SG\x16\x00" + b"%016x" % sum(map(len, members[:-1])) + b"STARGZ"
    header = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + len(extra).to_bytes(2, "little") + extra
    footer = header + b"\x01\0\0\xff\xff" + bytes(8)
    return BuiltLayer(plain=whole, compression="estargz", stored=b"".join(members) + footer)


def compress(plain: bytes, compression: str = "gzip") -> bytes:
    """Return a layer's blob: ``plain``, ``gzip`` (``foreign`` too) or ``zstd``."""
    if compression in {"gzip", "foreign"}:
        return gzip.compress(plain, mtime=0)
    return zstandard.compress(plain) if compression == "zstd" else plain


@dataclass(frozen=True, kw_only=True)
class BuiltLayer:
    """One layer: its plain tar and the blob that is stored."""

    plain: bytes
    compression: str = "gzip"
    stored: bytes = b""

    @cached_property
    def blob(self) -> bytes:
        """Return the compressed layer."""
        return self.stored or compress(self.plain, self.compression)

    @property
    def digest(self) -> str:
        """Return the digest of the blob."""
        return sha256(self.blob)

    @property
    def diff_id(self) -> str:
        """Return the digest of the plain tar."""
        return sha256(self.plain)


@dataclass(frozen=True, kw_only=True)
class BuiltImage:
    """One platform's image. ``lies`` overwrite fields of its config, right or wrong."""

    layers: tuple[BuiltLayer, ...]
    os: str = "linux"
    architecture: str = "amd64"
    variant: str = ""
    runtime: Mapping[str, Any] = field(default_factory=dict)
    history: Sequence[Mapping[str, Any]] | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    lies: Mapping[str, Any] = field(default_factory=dict)
    docker: bool = False

    @cached_property
    def config(self) -> bytes:
        """Return the config's bytes."""
        history = self.history
        if history is None:
            history = [{"created_by": f"step {number}"} for number in range(len(self.layers))]
        document: dict[str, Any] = {
            "architecture": self.architecture,
            "os": self.os,
            "created": CREATED,
            "config": dict(self.runtime),
            "rootfs": {"type": "layers", "diff_ids": [part.diff_id for part in self.layers]},
            "history": [dict(step) for step in history],
        }
        if self.variant:
            document["variant"] = self.variant
        return json.dumps(document | dict(self.lies)).encode()

    @property
    def media_type(self) -> str:
        """Return the manifest's media type."""
        return DOCKER_MANIFEST if self.docker else OCI_MANIFEST

    @cached_property
    def manifest(self) -> bytes:
        """Return the manifest's bytes."""
        types = _DOCKER_LAYERS if self.docker else _OCI_LAYERS
        config_type = DOCKER_CONFIG if self.docker else OCI_CONFIG
        document: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": self.media_type,
            "config": descriptor(self.config, config_type),
            "layers": [descriptor(part.blob, types[part.compression]) for part in self.layers],
        }
        if self.annotations:
            document["annotations"] = dict(self.annotations)
        return json.dumps(document).encode()

    @property
    def digest(self) -> str:
        """Return the manifest's digest."""
        return sha256(self.manifest)

    @property
    def platform(self) -> dict[str, str]:
        """Return the platform as an index has it."""
        parts = {"os": self.os, "architecture": self.architecture, "variant": self.variant}
        return {key: value for key, value in parts.items() if value}

    @property
    def blobs(self) -> dict[str, bytes]:
        """Return config and layers by digest."""
        parts = {part.digest: part.blob for part in self.layers}
        return {sha256(self.config): self.config, **parts}


@dataclass(frozen=True, kw_only=True)
class BuiltArtifact:
    """What a registry keeps beside images: one file, and a manifest that says what it is."""

    data: bytes
    layer_type: str
    config_type: str = "application/vnd.oci.empty.v1+json"
    artifact_type: str = ""
    subject: BuiltImage | None = None

    @cached_property
    def manifest(self) -> bytes:
        """Return the manifest's bytes."""
        document: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(b"{}", self.config_type),
            "layers": [descriptor(self.data, self.layer_type)],
        }
        if self.artifact_type:
            document["artifactType"] = self.artifact_type
        if self.subject is not None:
            document["subject"] = descriptor(self.subject.manifest, self.subject.media_type)
        return json.dumps(document).encode()

    @property
    def media_type(self) -> str:
        """Return the manifest's media type."""
        return OCI_MANIFEST

    @property
    def digest(self) -> str:
        """Return the manifest's digest."""
        return sha256(self.manifest)

    @property
    def blobs(self) -> dict[str, bytes]:
        """Return config and file by digest."""
        return {sha256(b"{}"): b"{}", sha256(self.data): self.data}


def artifacts(subject: BuiltImage) -> dict[str, BuiltArtifact]:
    """Return one artifact of each kind that stands beside images, by what it is."""
    return {
        "Helm chart": BuiltArtifact(
            data=b"chart",
            config_type="application/vnd.cncf.helm.config.v1+json",
            layer_type="application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        ),
        "WebAssembly module": BuiltArtifact(
            data=b"\0asm",
            config_type="application/vnd.wasm.config.v0+json",
            layer_type="application/wasm",
        ),
        "signature": BuiltArtifact(
            data=b"{}",
            config_type=OCI_CONFIG,
            layer_type="application/vnd.dev.cosign.simplesigning.v1+json",
        ),
        "attestation": BuiltArtifact(
            data=b"{}",
            artifact_type="application/vnd.docker.attestation.manifest.v1+json",
            layer_type="application/vnd.in-toto+json",
            subject=subject,
        ),
        "SBOM": BuiltArtifact(
            data=b"{}",
            artifact_type="application/spdx+json",
            layer_type="application/spdx+json",
            subject=subject,
        ),
    }


def image(
    *layers: Mapping[Any, Content] | bytes,
    compression: str = "gzip",
    **fields: Any,
) -> BuiltImage:
    """Return an image; each layer is a plain tar, or files as :func:`~.layer.layer` takes them."""
    plain = (part if isinstance(part, bytes) else layer(part) for part in layers)
    built = tuple(BuiltLayer(plain=part, compression=compression) for part in plain)
    return BuiltImage(layers=built, **fields)


def descriptor(data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
    """Return the descriptor of a blob or manifest."""
    return {"mediaType": media_type, "digest": sha256(data), "size": len(data), **more}


def index(entries: Iterable[dict[str, Any]]) -> bytes:
    """Return an OCI index of descriptors."""
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries)}
    return json.dumps(document).encode()


def platform_index(*images: BuiltImage) -> bytes:
    """Return an index with one entry for each image's platform."""
    return index(
        descriptor(built.manifest, built.media_type, platform=built.platform) for built in images
    )


def attestation(subject: BuiltImage) -> BuiltImage:
    """Return what BuildKit puts beside an image: see :func:`attestation_entry`."""
    statement = {"_type": "https://in-toto.io/Statement/v0.1", "subject": [], "predicate": {}}
    plain = BuiltLayer(plain=json.dumps(statement).encode(), compression="plain")
    return BuiltImage(layers=(plain,), os="unknown", architecture="unknown")


def attestation_entry(subject: BuiltImage) -> dict[str, Any]:
    """Return the index entry of an image's attestation."""
    made = attestation(subject)
    annotations = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": subject.digest,
    }
    return descriptor(made.manifest, OCI_MANIFEST, platform=made.platform, annotations=annotations)


def layout_files(
    images: Mapping[str, BuiltImage],
    *,
    index_json: bytes | None = None,
    extra: Iterable[bytes] = (),
) -> dict[str, bytes]:
    """Return the files of an OCI layout: images by tag, those after a ``-`` without one.

    ``index_json`` replaces the index made of them, ``extra`` are more blobs.
    """
    entries, blobs = [], {sha256(data): data for data in extra}
    for tag, built in images.items():
        blobs |= {built.digest: built.manifest, **built.blobs}
        name = {} if tag.startswith("-") else {"org.opencontainers.image.ref.name": tag}
        entries.append(descriptor(built.manifest, built.media_type, annotations=name))
    return {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        "index.json": index(entries) if index_json is None else index_json,
        **{f"blobs/{digest.replace(':', '/')}": data for digest, data in blobs.items()},
    }


def oci_layout(path: Path, images: Mapping[str, BuiltImage], **more: Any) -> Path:
    """Write an OCI layout directory."""
    for name, data in layout_files(images, **more).items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return path


def oci_archive(path: Path, images: Mapping[str, BuiltImage], **more: Any) -> Path:
    """Write an OCI layout as a tar archive."""
    return write_tar(path, layout_files(images, **more))


def docker_archive(path: Path, images: Mapping[str, BuiltImage], *, old: bool = False) -> Path:
    """Write a docker archive, images by tag; ``old`` is the form before Docker 25.

    The old form has each layer as ``ID/layer.tar``, and a layer that comes again as a link.
    """
    files: dict[str, Content] = {}
    entries = []
    for tag, built in images.items():
        number = sha256(built.config).removeprefix("sha256:")
        config = f"{number}.json" if old else f"blobs/sha256/{number}"
        files[config] = built.config
        names = []
        for part in built.layers:
            name = _old_layer(files, part) if old else _new_layer(files, part)
            names.append(name)
        entries.append({"Config": config, "RepoTags": [tag], "Layers": names})
    files["manifest.json"] = json.dumps(entries).encode()
    return write_tar(path, files)


def write_tar(path: Path, files: Mapping[str, Content]) -> Path:
    """Write an archive of files."""
    path.write_bytes(layer(files, format=tarfile.USTAR_FORMAT))
    return path


def push(
    host: str,
    repository: str,
    reference: str,
    built: BuiltImage | BuiltArtifact,
    *,
    authorization: tuple[str, str] | None = None,
) -> str:
    """Push an image over plain HTTP as docker does; return its digest."""
    for data in built.blobs.values():
        push_blob(host, repository, data, authorization=authorization)
    manifest = built.manifest, built.media_type
    return push_manifest(host, repository, reference, *manifest, authorization=authorization)


def push_blob(
    host: str, repository: str, data: bytes, *, authorization: tuple[str, str] | None = None
) -> None:
    """Upload one blob."""
    status, location = _send("POST", host, f"/v2/{repository}/blobs/uploads/", b"", authorization)
    assert status == 202, status
    parts = urlsplit(location)
    query = "&".join(filter(None, (parts.query, urlencode({"digest": sha256(data)}))))
    status, _ = _send("PUT", host, f"{parts.path}?{query}", data, authorization)
    assert status == 201, status


def push_manifest(
    host: str,
    repository: str,
    reference: str,
    data: bytes,
    media_type: str,
    *,
    authorization: tuple[str, str] | None = None,
) -> str:
    """Put a manifest or index whose parts are there."""
    path = f"/v2/{repository}/manifests/{reference}"
    status, _ = _send("PUT", host, path, data, authorization, media_type)
    assert status == 201, status
    return sha256(data)


def _send(
    method: str,
    host: str,
    path: str,
    body: bytes,
    authorization: tuple[str, str] | None,
    media_type: str = "application/octet-stream",
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(host, timeout=30)
    headers = {"Content-Type": media_type}
    if authorization:
        headers["Authorization"] = f"Basic {b64encode(':'.join(authorization).encode()).decode()}"
    try:
        connection.request(method, path, io.BytesIO(body).read(), headers)
        response = connection.getresponse()
        response.read()
        return response.status, response.headers.get("Location", "")
    finally:
        connection.close()


def _new_layer(files: dict[str, Content], part: BuiltLayer) -> str:
    name = f"blobs/{part.digest.replace(':', '/')}"
    files[name] = part.blob
    return name


def _old_layer(files: dict[str, Content], part: BuiltLayer) -> str:
    """Add ``ID/layer.tar``, or a link to the one that has the same content."""
    number = sum(name.endswith("/layer.tar") for name in files)
    name = f"{number:064x}/layer.tar"
    known = next((path for path, content in files.items() if content == part.plain), None)
    files[name] = symlink(f"../{known}") if known else part.plain
    return name
