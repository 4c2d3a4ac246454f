"""From manifests to image records: redacted, and honest about what can't be scanned."""

from __future__ import annotations

import json

import msgspec
import pytest

from scantling_common.images.digests import Digest
from scantling_common.images.documents import parse_document
from scantling_common.images.manifest import image_manifest
from scantling_common.records.sync import IMAGES, Image
from scantling_common.store.records import document_of
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from scantling_sync.images import LARGE, image_of, platform_of, unreadable_image
from tests.builders.image import BuiltImage, image

CANARY = "canary-4f1d-value"


def record(built: BuiltImage) -> Image:
    """Return the record of a built image."""
    manifest = image_manifest(
        Digest(built.digest),
        parse_document(built.manifest),
        len(built.manifest),
        built.media_type,
        built.config,
    )
    return image_of(manifest, 1000)


def test_an_image_is_recorded_as_manifest_and_config_say() -> None:
    built = image({"a": b"1"}, {"b": b"2"}, architecture="arm64", variant="v8")
    found = record(built)
    assert (found.id, found.os, found.architecture, found.variant) == (
        built.digest,
        "linux",
        "arm64",
        "",
    )
    assert platform_of(found) == "linux/arm64"
    assert found.size == sum(len(part.blob) for part in built.layers) + len(built.config)
    assert [layer.digest for layer in found.body.layers] == [each.digest for each in built.layers]
    assert [layer.claimed_diff_id for layer in found.body.layers] == [
        each.diff_id for each in built.layers
    ]
    assert [layer.created_by for layer in found.body.layers] == ["step 0", "step 1"]
    assert (found.unsupported, found.large, found.first_seen_at) == ("", False, 1000)
    assert found.image_created_at == 1_704_067_200_000


def test_an_image_that_is_not_for_linux_is_listed_with_the_reason() -> None:
    found = record(image({}, os="windows"))
    assert found.unsupported == "not_linux: the image is for windows/amd64"
    assert platform_of(found) == "windows/amd64"


@pytest.mark.parametrize(("size", "large"), [(LARGE, False), (LARGE + 1, True)])
def test_an_image_over_a_gibibyte_is_large(size: int, *, large: bool) -> None:
    built = image({})
    manifest = json.loads(built.manifest)
    manifest["layers"][0]["size"] = size - len(built.config)
    text = json.dumps(manifest).encode()
    found = image_manifest(
        Digest(built.digest), parse_document(text), len(text), built.media_type, built.config
    )
    assert image_of(found, 0).large == large


async def test_no_secret_of_an_image_reaches_the_store() -> None:
    secret = f"PASSWORD={CANARY}"
    built = image(
        {},
        runtime={
            "Env": [secret, "PATH=/bin", f"API_TOKEN={CANARY}"],
            "Cmd": ["server", "--password", CANARY, f"--token={CANARY}"],
            "Entrypoint": ["sh", "-c", f"export {secret}; run"],
            "Labels": {"db.password": CANARY, "note": f"https://user:{CANARY}@host/"},
            "Healthcheck": {"Test": ["CMD", "check", "--secret", CANARY]},
            "OnBuild": [f"ENV {secret}"],
            "Shell": ["sh", f"--api-key={CANARY}"],
        },
        history=[{"created_by": f"/bin/sh -c #(nop)  ENV {secret} with blanks"}],
        annotations={"org.example.secret": CANARY},
    )
    found = record(built)
    assert CANARY.encode() not in msgspec.json.encode(found)
    assert found.body.config["env"] == '["PASSWORD=[redacted]","PATH=/bin","API_TOKEN=[redacted]"]'
    store = SqliteStore(":memory:")
    try:
        await store.ensure([IMAGES])
        images = Repository(store, IMAGES, Image)
        await images.insert(found)
        read = await images.get(found.id)
        assert read is not None
        assert msgspec.structs.replace(read, rev=0) == found
        assert document_of(found)["large"] is False
    finally:
        await store.close()


def test_a_secret_that_is_known_in_one_place_is_masked_in_all() -> None:
    secret = "Tr0ub4dor3x"
    built = image(
        {"a": b"1"},
        runtime={
            "Env": [f"A_SECRET={secret}"],
            "Cmd": ["serve", secret],
            "Labels": {"note": f"started with {secret}"},
        },
        history=[{"created_by": f"|1 A_SECRET={secret} /bin/sh -c ./fetch {secret}"}],
    )
    found = record(built)
    assert secret.encode() not in msgspec.json.encode(found)
    assert json.loads(found.body.config["cmd"]) == ["serve", "[redacted]"]
    assert found.body.history == ("|1 A_SECRET=[redacted] /bin/sh -c ./fetch [redacted]",)
    assert found.body.layers[0].created_by == found.body.history[0]


def test_what_can_not_be_read_is_listed_with_the_reason() -> None:
    found = unreadable_image(
        f"sha256:{'a' * 64}", "", "manifest_invalid", f"bad password={CANARY}", 5
    )
    assert found.unsupported == "manifest_invalid: bad password=[redacted]"
    assert platform_of(found) == "unknown"


def test_what_commands_take_as_a_password_is_masked_word_by_word() -> None:
    def config_of(**runtime: object) -> dict[str, str]:
        return record(image({}, runtime=runtime)).body.config

    for words in (
        ["sshpass", "-p", CANARY, "ssh", "h"],
        ["mysql", "-uroot", f"-p{CANARY}"],
        ["docker", "login", "-u", "x", "-p", CANARY],
        ["curl", "-u", f"u:{CANARY}", "https://x"],
        ["sh", "-c", f"curl -u u:{CANARY} https://x"],
    ):
        masked = config_of(Cmd=words, Healthcheck={"Test": ["CMD", *words]})
        assert CANARY not in str(masked), words
        assert words[0] in masked["cmd"]
    plain = ["cp", "-p", "a", "b"]
    assert config_of(Cmd=plain)["cmd"] == '["cp","-p","a","b"]'
