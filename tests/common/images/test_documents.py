"""Manifests and configs: bounded, one kind of document at a time, verified, escaped."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_common.images.digests import (
    ChainId,
    DiffId,
    Digest,
    chain_ids,
    digest_of,
    parse_digest,
)
from scantling_common.images.documents import (
    Descriptor,
    PlatformDocument,
    parse_config,
    parse_document,
)
from scantling_common.images.errors import (
    DigestInvalid,
    DigestMismatch,
    ManifestError,
    ManifestInvalid,
    ManifestTooLarge,
    ManifestUnsupported,
    NotLinux,
)
from scantling_common.images.limits import DOCUMENT_LIMITS, DocumentLimits
from scantling_common.images.manifest import (
    artifact_reason,
    image_manifest,
    listed_reason,
    milliseconds,
)
from scantling_common.images.media_types import OCI_ARTIFACT, SCHEMA1
from scantling_common.layers.escape import unescape
from tests.builders.image import (
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    BuiltImage,
    attestation_entry,
    image,
    index,
    sha256,
)

if TYPE_CHECKING:
    from scantling_common.images.models import ImageManifest

A = DiffId(sha256(b"a"))
B = DiffId(sha256(b"b"))


def parsed(built: BuiltImage) -> ImageManifest:
    document = parse_document(built.manifest, built.media_type)
    return image_manifest(
        Digest(built.digest), document, len(built.manifest), built.media_type, built.config
    )


def manifest(**fields: Any) -> bytes:
    good: dict[str, Any] = {
        "schemaVersion": 2,
        "config": {"digest": A, "size": 2, "mediaType": OCI_CONFIG},
        "layers": [{"digest": B, "size": 3, "mediaType": "application/vnd.oci.image.layer.v1.tar"}],
    }
    return json.dumps({**good, **fields}).encode()


@pytest.mark.parametrize("docker", [False, True])
def test_an_image_is_read_from_its_manifest_and_config(docker: bool) -> None:  # noqa: FBT001
    history = [
        {"created_by": "base", "created": "2024-01-01T00:00:00Z"},
        {"created_by": "ENV A=b", "empty_layer": True},
        {"created_by": "RUN x", "author": "me", "comment": "c"},
    ]
    runtime: dict[str, Any] = {
        "User": "app", "Env": ["A=b"], "Entrypoint": ["/run"], "Cmd": None, "WorkingDir": "/w",
        "ExposedPorts": {"80/tcp": {}, "22/tcp": {}}, "Volumes": {"/data": {}},
        "Labels": {"org.opencontainers.image.base.name": "alpine:3"}, "StopSignal": "TERM",
        "Healthcheck": {"Test": ["CMD", "x"], "Interval": 5}, "OnBuild": None, "ArgsEscaped": True,
    }  # fmt: skip
    built = image({"a": b"1"}, {"b": b"2"}, docker=docker, history=history, runtime=runtime)
    found = parsed(built)

    assert found.digest == built.digest
    assert found.media_type == (DOCKER_MANIFEST if docker else OCI_MANIFEST)
    assert [layer.digest for layer in found.layers] == [part.digest for part in built.layers]
    assert [layer.claimed_diff_id for layer in found.layers] == [p.diff_id for p in built.layers]
    assert [layer.created_by for layer in found.layers] == ["base", "RUN x"]
    assert [step.empty_layer for step in found.history] == [False, True, False]
    assert found.layers_size == sum(len(part.blob) for part in built.layers)
    assert (found.config.user, found.config.env) == ("app", ("A=b",))
    assert (found.config.entrypoint, found.config.cmd) == (("/run",), ())
    assert found.config.exposed_ports == ("22/tcp", "80/tcp")
    assert found.config.healthcheck == ("CMD", "x")
    assert (found.base_name, found.base_digest) == ("alpine:3", "")
    assert found.created_at == 1_704_067_200_000
    found.require_linux()


def test_a_history_that_does_not_fit_names_no_layer() -> None:
    found = parsed(image({"a": b""}, {"b": b""}, history=[{"created_by": "only one"}]))

    assert [layer.created_by for layer in found.layers] == ["", ""]


def test_what_the_author_wrote_is_escaped() -> None:
    found = parsed(
        image({"a": b""}, history=[{"created_by": "RUN \x1b[2J\\ \u202e"}],
              runtime={"Labels": {"k\n": "\ufeff"}, "Env": ["A=\x00"]}, annotations={"x": "\u2028"})
    )  # fmt: skip

    assert found.layers[0].created_by == "RUN \\x1b[2J\\x5c \\xe2\\x80\\xae"
    assert unescape(found.layers[0].created_by).decode() == "RUN \x1b[2J\\ \u202e"
    assert found.labels == {"k\\x0a": "\\xef\\xbb\\xbf"}
    assert found.config.env == ("A=\\x00",)
    assert found.annotations == {"x": "\\xe2\\x80\\xa8"}


def test_a_windows_image_is_not_for_linux() -> None:
    found = parsed(image({"a": b""}, os="windows", lies={"os.version": "10.0.17763.1"}))

    assert (str(found.platform), found.os_version) == ("windows/amd64", "10.0.17763.1")
    with pytest.raises(NotLinux) as error:
        found.require_linux()
    assert error.value.code == "not_linux"


def test_a_config_that_is_not_the_manifests_is_refused() -> None:
    built = image({"a": b""})
    document = parse_document(built.manifest)

    with pytest.raises(DigestMismatch):
        image_manifest(Digest(built.digest), document, 1, "", built.config + b" ")


@pytest.mark.parametrize("text", [b'"\\ud800"', b'"\xff"', b"7"])
def test_text_that_is_none_is_an_error(text: bytes) -> None:
    with pytest.raises(ManifestInvalid):
        parse_config(b'{"author": %s}' % text)


@pytest.mark.parametrize("diff_ids", [[], [A], [A, B, B], None])
def test_diff_ids_that_do_not_fit_the_layers_are_refused(diff_ids: list[str] | None) -> None:
    built = image({"a": b""}, {"b": b""}, lies={"rootfs": {"type": "layers", "diff_ids": diff_ids}})

    with pytest.raises(ManifestInvalid, match="diff ids"):
        parsed(built)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"config": 1}',
        b'\xff{"schemaVersion":2}',
        manifest(layers=[{"digest": "sha256:../../x", "size": 1}]),
        manifest(layers=[{"digest": A, "size": -1}]),
        manifest(layers=[{"digest": A, "size": 2**60}]),
        manifest(layers=[{"digest": A, "size": 1.5}]),
        manifest(layers=[{"size": 1}]),
        manifest(config={"digest": "x", "size": 1}),
        manifest(config=None),
    ],
)
def test_a_broken_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(ManifestInvalid):
        parse_document(data)


def test_cve_2021_41190_a_document_of_two_kinds_is_refused() -> None:
    with pytest.raises(ManifestInvalid, match="at once"):
        parse_document(manifest(manifests=[]))
    with pytest.raises(ManifestInvalid, match="kind"):
        parse_document(manifest(mediaType=OCI_INDEX))
    with pytest.raises(ManifestInvalid, match="kind"):
        parse_document(manifest(), OCI_INDEX)
    with pytest.raises(ManifestInvalid, match="its source"):
        parse_document(index([]), OCI_MANIFEST)
    with pytest.raises(ManifestInvalid, match="its source"):
        parse_document(manifest(mediaType=DOCKER_MANIFEST), OCI_MANIFEST)


def test_a_manifest_of_100_mb_is_refused_by_its_size() -> None:
    with pytest.raises(ManifestTooLarge):
        parse_document(bytes(DOCUMENT_LIMITS.document_bytes + 1))
    with pytest.raises(ManifestTooLarge):
        parse_config(b" " * (DOCUMENT_LIMITS.document_bytes + 1))


def test_deep_json_is_an_error_and_not_a_crash() -> None:
    deep = b'{"config":' * 100_000
    aside = b'{"x":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"

    for data in (deep, aside):
        with pytest.raises(ManifestInvalid):
            parse_document(data)
        with pytest.raises(ManifestInvalid):
            parse_config(data)


def test_counts_are_bounded_and_the_limit_is_named() -> None:
    one = {"digest": A, "size": 1}
    many = DOCUMENT_LIMITS

    with pytest.raises(ManifestTooLarge, match="layers") as layers:
        parse_document(manifest(layers=[one] * (many.layers + 1)))
    with pytest.raises(ManifestTooLarge, match="manifests") as manifests:
        parse_document(index([one] * (many.manifests + 1)))
    with pytest.raises(ManifestTooLarge, match="history") as history:
        parse_config(json.dumps({"history": [{}] * (many.history + 1)}).encode())
    hints = [error.value.hint for error in (layers, manifests, history)]
    assert [hint.split()[3] for hint in hints] == ["layers", "manifests", "history"]


def test_limits_are_settings() -> None:
    one = {"digest": A, "size": 1}
    few = DocumentLimits(document_bytes=500, layers=1, manifests=1, history=0)

    assert parse_document(manifest(layers=[one]), limits=few).layers is not None
    for data in (manifest(layers=[one, one]), index([one, one]), bytes(501)):
        with pytest.raises(ManifestTooLarge):
            parse_document(data, limits=few)
    with pytest.raises(ManifestTooLarge):
        parse_config(b'{"history":[{}]}', few)
    built = image({"a": b""})
    with pytest.raises(ManifestTooLarge, match="history"):
        image_manifest(
            Digest(built.digest), parse_document(built.manifest), 1, "", built.config, few
        )


@pytest.mark.parametrize("diff_id", ["", "sha256:0", "md5:00", "../../etc/passwd"])
def test_a_diff_id_that_is_no_digest_is_refused(diff_id: str) -> None:
    with pytest.raises(ManifestInvalid, match="diff id"):
        parse_config(json.dumps({"rootfs": {"diff_ids": [diff_id]}}).encode())


def test_a_manifest_without_a_config_is_no_image() -> None:
    document = parse_document(index([]), OCI_INDEX)

    with pytest.raises(ManifestInvalid, match="no config"):
        image_manifest(Digest(sha256(b"")), document, 0, OCI_INDEX, b"{}")


def test_schema_1_is_unsupported() -> None:
    with pytest.raises(ManifestUnsupported, match="schema 1"):
        parse_document(b'{"schemaVersion":1,"fsLayers":[{"blobSum":"x"}]}')
    for stated in SCHEMA1:
        with pytest.raises(ManifestUnsupported, match="schema 1"):
            parse_document(b'{"schemaVersion":1,"name":"a"}', stated)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(A),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["config", "layers", "manifests", "digest", "size", "mediaType", "annotations", "os",
             "platform", "rootfs", "diff_ids", "history", "fsLayers", "blobs", "subject"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=15,
)  # fmt: skip


@given(JSON)
def test_any_json_is_a_document_or_an_error(value: object) -> None:
    data = json.dumps(value).encode()
    for parse in (parse_document, parse_config):
        with contextlib.suppress(ManifestError):
            parse(data)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (Descriptor(A, 1, OCI_MANIFEST), None),
        (Descriptor(A, 1, OCI_INDEX), None),
        (Descriptor(A, 1, OCI_MANIFEST, platform=PlatformDocument("linux", "amd64")), None),
        (
            Descriptor(A, 1, OCI_MANIFEST, platform=PlatformDocument("unknown", "unknown")),
            "attestation",
        ),
        (Descriptor(A, 1, OCI_MANIFEST, artifact_type="application/spdx+json"), None),
        (
            Descriptor(
                A,
                1,
                OCI_MANIFEST,
                annotations={"vnd.docker.reference.type": "attestation-manifest"},
                platform=PlatformDocument("linux", "amd64"),
            ),
            None,
        ),
        (Descriptor(A, 1, "application/vnd.in-toto+json"), "attestation"),
        (Descriptor(A, 1, "text/plain"), "artifact of type text/plain"),
    ],
)
def test_entries_of_an_index_that_are_no_images(entry: Descriptor, reason: str | None) -> None:
    assert listed_reason(entry) == reason


def test_buildkits_attestations_are_no_images() -> None:
    built = image({"a": b""})
    document = parse_document(index([attestation_entry(built)]))
    assert document.manifests is not None

    assert listed_reason(document.manifests[0]) == "attestation-manifest"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"layers": []}, None),
        ({"layers": [{"digest": A, "size": 1}]}, None),
        # What a runtime would start is an image, whatever it is called.
        ({"artifactType": "application/vnd.example"}, None),
        (
            {"artifactType": "application/vnd.example", "layers": []},
            "artifact of type application/vnd.example",
        ),
        ({"config": {"digest": A, "size": 1, "mediaType": "application/octet-stream"}}, None),
        (
            {"config": {"digest": A, "size": 1,
                        "mediaType": "application/vnd.cncf.helm.config.v1+json"}},
            "Helm chart",
        ),
        (
            {"config": {"digest": A, "size": 1, "mediaType": "application/vnd.wasm.config.v0+json"},
             "layers": [{"digest": A, "size": 1, "mediaType": "application/wasm"}]},
            "WebAssembly module",
        ),
        (
            {"artifactType": "application/vnd.docker.attestation.manifest.v1+json",
             "layers": [{"digest": A, "size": 1, "mediaType": "application/x"}]},
            "attestation",
        ),
        ({"config": None, "blobs": []}, f"artifact of type {OCI_ARTIFACT}"),
        (
            {"layers": [{"digest": A, "size": 1,
                         "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json"}]},
            "signature",
        ),
        (
            {"layers": [{"digest": A, "size": 1, "mediaType": "application/vnd.in-toto+json"}]},
            "attestation",
        ),
        (
            {"config": {"digest": A, "size": 1, "mediaType": "application/vnd.cncf.helm.config"}},
            "artifact of type application/vnd.cncf.helm.config",
        ),
        (
            {"config": {"digest": A, "size": 1, "mediaType": "application/vnd.oci.empty.v1+json"},
             "layers": [{"digest": A, "size": 1, "mediaType": "application/spdx+json"}]},
            "SBOM",
        ),
    ],
)  # fmt: skip
def test_manifests_that_are_no_images(fields: dict[str, Any], reason: str | None) -> None:
    assert artifact_reason(parse_document(manifest(**fields))) == reason


@pytest.mark.parametrize(
    "types",
    [
        ["application/vnd.oci.image.layer.v1.tar+gzip+encrypted"],
        ["application/vnd.oci.image.layer.v1.tar", "application/octet-stream"],
    ],
)
def test_an_image_that_can_only_be_read_in_part_is_unsupported(types: list[str]) -> None:
    layers = [{"digest": A, "size": 1, "mediaType": name} for name in types]

    with pytest.raises(ManifestUnsupported):
        artifact_reason(parse_document(manifest(layers=layers)))


def test_foreign_layers_keep_their_urls_and_are_marked() -> None:
    built = image({"a": b""}, docker=True)
    changed = json.loads(built.manifest)
    changed["layers"][0] |= {
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "urls": ["http://169.254.169.254/latest"],
    }
    document = parse_document(json.dumps(changed).encode())
    found = image_manifest(Digest(built.digest), document, 1, "", built.config)

    assert found.layers[0].foreign
    assert found.layers[0].urls == ("http://169.254.169.254/latest",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2024-01-01T00:00:00.123456789Z", 1_704_067_200_123),
        ("2024-01-01T02:00:00+02:00", 1_704_067_200_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000),
        ("0001-01-01T00:00:00+23:59", -62_135_683_140_000),
        ("9999-12-31T23:59:59-23:59", 253_402_387_139_000),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_creation_time(text: str | None, expected: int | None) -> None:
    assert milliseconds(text) == expected


def test_chain_ids_follow_the_specification() -> None:
    second = digest_of(f"{A} {B}".encode())

    assert chain_ids([]) == []
    assert chain_ids([A]) == [ChainId(A)]
    assert chain_ids([A, B, A]) == [A, second, digest_of(f"{second} {A}".encode())]


@pytest.mark.parametrize(
    "text", ["", "sha256:", f"sha256:{'A' * 64}", f"sha1:{'a' * 40}", f"{A}\n"]
)
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(DigestInvalid):
        parse_digest(text)
