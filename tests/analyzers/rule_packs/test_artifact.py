"""Rule packs come from a real registry, as `oras push` puts them there."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from scantling.cli.main import main
from scantling_analyzers.rule_packs.directory import RuleDirectory
from scantling_common.images.digests import digest_of
from scantling_common.images.media_types import OCI_EMPTY, OCI_MANIFEST
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.images.sources.push import put_blob, put_manifest
from scantling_common.images.sources.transport import Transport
from tests.builders.malware_marker import RULE
from tests.builders.packed import COMPRESSIONS, tarred

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.services.registry import DistributionRegistry

TITLE = "org.opencontainers.image.title"


@pytest.fixture
def host(start_registry: Callable[..., DistributionRegistry]) -> str:
    return start_registry().host


async def put(host: str, layers: Sequence[tuple[str, bytes]]) -> None:
    """Put an artifact under ``tests/rules:v1``."""
    described = [
        {
            "mediaType": "application/octet-stream",
            "digest": digest_of(content),
            "size": len(content),
            "annotations": {TITLE: name},
        }
        for name, content in layers
    ]
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": "application/vnd.example.rules",
        "config": {"mediaType": OCI_EMPTY, "digest": digest_of(b"{}"), "size": 2},
        "layers": described,
    }
    endpoint = Endpoint(host=host, plain_http=True, allow_private=True)
    async with Transport(endpoint) as transport:
        for _, content in (*layers, ("", b"{}")):
            await put_blob(transport, "tests/rules", digest_of(content), content)
        data = json.dumps(manifest).encode()
        await put_manifest(transport, "tests/rules", "v1", data, OCI_MANIFEST)


def add(host: str, folder: Path) -> int:
    arguments = ["rules", "add", f"{host}/tests/rules:v1", "--plain-http", "--folder", str(folder)]
    return main(arguments)


def test_layers_are_files_of_rules_or_archives_of_them(host: str, tmp_path: Path) -> None:
    packed = COMPRESSIONS["zst"](tarred({"deep/../x.yar": RULE.encode()}))
    second = RULE.replace("Marker", "Two").encode()
    asyncio.run(put(host, [("rules.tar.zst", packed), ("../two.yar", second)]))

    assert add(host, tmp_path / "rules") == 0

    (pack,) = RuleDirectory(tmp_path / "rules").packs()
    assert (pack.name, pack.counts) == ("rules", {"yara": 2})
    assert pack.source == f"{host}/tests/rules:v1"
    assert not list(tmp_path.glob("*.yar"))


def test_what_is_no_artifact_of_rules_is_refused(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(put(host, [("readme", b"x")]))
    assert add(host, tmp_path / "rules") == 3
    assert "[rules_unusable]" in capsys.readouterr().err
    asyncio.run(put(host, []))
    assert add(host, tmp_path / "rules") == 3
    assert "has 0 layers" in capsys.readouterr().err
