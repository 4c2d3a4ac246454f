"""An advisory database goes through a real registry and comes back as it was."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from scantling_analyzers.advisories.artifact import (
    ARTIFACT_TYPE,
    BUILD,
    LAYER_TYPE,
    ArtifactInvalid,
    pull_database,
    push_database,
)
from scantling_analyzers.advisories.database.errors import AdvisoriesUnusable
from scantling_common.images.digests import digest_of
from scantling_common.images.errors import NotFound
from scantling_common.images.media_types import OCI_EMPTY, OCI_MANIFEST
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.images.sources.push import put_blob, put_manifest
from scantling_common.images.sources.registry import Registry
from scantling_common.images.sources.transport import Transport
from tests.builders.advisories import advisory_database, osv_record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.services.registry import DistributionRegistry

REPOSITORY = "scantling/advisories"
ONE = osv_record("GHSA-aaaa-bbbb-cccc", "npm", "left-pad", "1.3.0")
TWO = osv_record("GHSA-dddd-eeee-ffff", "npm", "right-pad", "2.0.0")


@pytest.fixture
def host(start_registry: Callable[..., DistributionRegistry]) -> str:
    return start_registry().host


@asynccontextmanager
async def opened(host: str) -> AsyncIterator[tuple[Transport, Registry]]:
    endpoint = Endpoint(host=host, plain_http=True, allow_private=True)
    async with Transport(endpoint) as transport, Registry(Transport(endpoint)) as registry:
        yield transport, registry


async def put(host: str, blob: bytes, **fields: Any) -> None:
    """Put an artifact under the tag ``bad`` whose manifest is changed by ``fields``."""
    layer = {"mediaType": LAYER_TYPE, "digest": digest_of(blob), "size": len(blob)}
    config = {"mediaType": OCI_EMPTY, "digest": digest_of(b"{}"), "size": 2}
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": ARTIFACT_TYPE,
        "config": config,
        "layers": [layer],
        **fields,
    }
    async with opened(host) as (transport, _):
        await put_blob(transport, REPOSITORY, digest_of(blob), blob)
        await put_blob(transport, REPOSITORY, digest_of(b"{}"), b"{}")
        await put_manifest(
            transport, REPOSITORY, "bad", json.dumps(manifest).encode(), OCI_MANIFEST
        )


async def test_a_database_comes_back_as_it_was(host: str, tmp_path: Path) -> None:
    source, target = tmp_path / "one.db", tmp_path / "there" / "advisories.db"
    build = advisory_database(source, ONE)

    async with opened(host) as (transport, registry):
        digest = await push_database(transport, source, REPOSITORY, ("latest", build))
        again = await push_database(transport, source, REPOSITORY, ("latest",))
        assert await pull_database(registry, REPOSITORY, "latest", target) == build

    assert digest == again
    assert target.read_bytes() == source.read_bytes()
    assert [path.name for path in target.parent.iterdir()] == ["advisories.db"]


async def test_only_another_build_is_fetched(host: str, tmp_path: Path) -> None:
    one, two, target = (tmp_path / name for name in ("one.db", "two.db", "target.db"))
    first, second = advisory_database(one, ONE), advisory_database(two, ONE, TWO)

    async with opened(host) as (transport, registry):
        await push_database(transport, one, REPOSITORY, ("latest",))
        await pull_database(registry, REPOSITORY, "latest", target)
        before = target.stat().st_ino
        assert await pull_database(registry, REPOSITORY, "latest", target) == first
        assert target.stat().st_ino == before
        await push_database(transport, two, REPOSITORY, ("latest",))
        assert await pull_database(registry, REPOSITORY, "latest", target) == second
    assert target.stat().st_ino != before


@pytest.mark.parametrize(
    ("blob", "fields", "what"),
    [
        (b"x", {"artifactType": "application/vnd.example"}, "not an advisory database"),
        (b"x", {"layers": []}, "not an advisory database"),
        (b"not zstd", {}, "can't be unpacked"),
        (zstandard.compress(b"SQLite format 3\0")[:-3], {}, "ends too early"),
    ],
)
async def test_what_is_no_database_is_refused_and_what_was_there_stays(
    host: str, tmp_path: Path, blob: bytes, fields: dict[str, Any], what: str
) -> None:
    target = tmp_path / "advisories.db"
    advisory_database(target, ONE)
    before = target.read_bytes()
    await put(host, blob, **fields)

    async with opened(host) as (_, registry):
        with pytest.raises(ArtifactInvalid, match=what):
            await pull_database(registry, REPOSITORY, "bad", target)

    assert target.read_bytes() == before


async def test_a_layer_of_another_kind_is_refused(host: str, tmp_path: Path) -> None:
    layer = {"mediaType": "application/x-tar", "digest": digest_of(b"x"), "size": 1}
    await put(host, b"x", layers=[layer])

    async with opened(host) as (_, registry):
        with pytest.raises(ArtifactInvalid, match="a layer that is no"):
            await pull_database(registry, REPOSITORY, "bad", tmp_path / "a.db")


async def test_a_file_that_is_no_database_is_refused(host: str, tmp_path: Path) -> None:
    await put(host, zstandard.compress(b"x" * 1000))

    async with opened(host) as (_, registry):
        with pytest.raises(AdvisoriesUnusable):
            await pull_database(registry, REPOSITORY, "bad", tmp_path / "a.db")

    assert not (tmp_path / "a.db").exists()


async def test_a_lie_about_the_build_is_refused(host: str, tmp_path: Path) -> None:
    source = tmp_path / "one.db"
    advisory_database(source, ONE)
    await put(host, zstandard.compress(source.read_bytes()), annotations={BUILD: "0" * 64})

    async with opened(host) as (_, registry):
        with pytest.raises(ArtifactInvalid, match="and not 0000"):
            await pull_database(registry, REPOSITORY, "bad", tmp_path / "a.db")


async def test_a_name_that_is_not_there_says_so(host: str, tmp_path: Path) -> None:
    async with opened(host) as (_, registry):
        with pytest.raises(NotFound):
            await pull_database(registry, REPOSITORY, "gone", tmp_path / "a.db")


async def test_only_a_database_is_pushed(host: str, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"x")

    async with opened(host) as (transport, _):
        with pytest.raises(AdvisoriesUnusable):
            await push_database(transport, tmp_path / "x.db", REPOSITORY, ("latest",))
