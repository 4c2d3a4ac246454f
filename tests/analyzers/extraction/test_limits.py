"""Limits: each one, over a real worker, costs what is over it, and says where and why."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec.structs import replace

from scantling_analyzers.extraction.image import ImageEngine
from scantling_analyzers.extraction.layer import LayerEngine, LayerFailed, ReadLayer, Request
from scantling_analyzers.extraction.pool import WorkerPool
from scantling_analyzers.extraction.readers import INDEX_READER
from scantling_analyzers.facts.catalogue import READERS
from scantling_analyzers.facts.models import LocatedError, Package
from scantling_analyzers.limits import DEFAULT_LIMITS, ArchiveLimits, Limits
from scantling_analyzers.storage.facts import FactKey
from scantling_common.clock import SystemClock
from scantling_common.layers.limits import KIB, LayerLimits
from scantling_common.records.extractor import LAYER_INDEXES, Chunk
from scantling_common.store.repository import Repository
from tests.analyzers.extraction.readers import NAME
from tests.builders import apk, jar, node_package, python_package
from tests.builders.layer import END, archive, entry, pax_header, symlink

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scantling_common.records.shared import Layer
    from tests.analyzers.extraction.blob_files import BlobFolder
    from tests.analyzers.extraction.conftest import Extraction

WANTED: Final = {
    **{
        reader.name: reader.version
        for reader in READERS
        if reader.name in {"apk", "java", "egg", "yarn"}
    },
    **INDEX_READER,
}
DATABASE: Final = {apk.INSTALLED: apk.installed([apk.record("musl", "1-r0")])}
JAR: Final = "srv/app-1.war"
LIBRARY: Final = jar.library("g", "a", "1")
SPARSE: Final = (
    pax_header((b"GNU.sparse.major", b"1"), (b"GNU.sparse.realsize", b"200000"))
    + entry(apk.INSTALLED.encode(), b"2\n0\n1\n9\n1\n".ljust(512, b"\0") + b"ab")
    + END
)


class Engine:
    """Reads with the readers of the catalogue; the store is that of ``extraction``."""

    def __init__(self, extraction: Extraction, pool: WorkerPool) -> None:
        self.extraction, self.pool = extraction, pool

    async def layer(
        self,
        layer: Layer,
        blobs: BlobFolder | None,
        limits: Limits,
        *,
        project: str = "p",
        readers: dict[str, int] = WANTED,
        again: bool = False,
    ) -> ReadLayer:
        """Read a layer."""
        wanted = Request(project=project, layer=layer, readers=readers, again=again)
        return await self._layers(limits).read(wanted, blobs)

    async def read(
        self, layer: Layer, blobs: BlobFolder | None, limits: Limits, **request: Any
    ) -> tuple[list[Package], list[LocatedError]]:
        """Return the packages and errors that an image of this layer would have."""
        read = await self.layer(layer, blobs, limits, **request)
        keys = [FactKey(read.identity, name, version) for name, version in WANTED.items()]
        sets = (await self.extraction.shelves.facts.read(keys)).values()
        assert len(sets) == len(WANTED)
        files = [file for facts in sets for file in facts.files]
        packages = [fact for file in files for fact in file.facts if isinstance(fact, Package)]
        return packages, [error for file in files for error in file.errors]

    async def visibility(self, layer: Layer, blobs: BlobFolder, limits: Limits) -> str:
        """Return the key under which the visibility of an image of this layer is kept."""
        images = ImageEngine(
            layers=self._layers(limits),
            shelves=self.extraction.shelves,
            pool=self.pool,
            clock=SystemClock(),
            scratch=self.extraction.scratch,
            limits=limits,
        )
        return (await images.read("p", "sha256:a", (layer,), WANTED, blobs)).visibility

    def _layers(self, limits: Limits) -> LayerEngine:
        return LayerEngine(
            shelves=self.extraction.shelves,
            pool=self.pool,
            clock=SystemClock(),
            scratch=self.extraction.scratch,
            limits=limits,
        )


@pytest.fixture
async def engine(extraction: Extraction) -> AsyncIterator[Engine]:
    async with WorkerPool(1) as workers:
        yield Engine(extraction, workers)


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)  # noqa: S311  # it need only be hard to pack


OTHER: Final = "opt/app.jar"
FIRST: Final = archive([*DATABASE.items(), (OTHER, LIBRARY)])
"""What is beyond a limit stands behind the database of packages."""
WHOLE_LAYER: Final[dict[str, tuple[dict[str, Any], str, bytes, list[str]]]] = {
    "compressed_bytes": ({"compressed_bytes": 50}, "gzip", FIRST, []),
    "uncompressed_bytes": ({"uncompressed_bytes": 1024 + 700}, "gzip", FIRST, ["musl"]),
    "ratio": (
        {"ratio": 10, "ratio_floor": 100 * KIB},
        "gzip",
        archive([*DATABASE.items(), ("zeros", bytes(500 * KIB)), (OTHER, LIBRARY)]),
        ["musl"],
    ),
    # Its window is said before anything of the layer is.
    "zstd_window_bytes": (
        {"zstd_window_bytes": 2 * KIB},
        "zstd",
        archive([("noise", noise(600 * KIB)), *DATABASE.items()]),
        [],
    ),
    "entries": ({"entries": 1}, "gzip", FIRST, ["musl"]),
    "header_bytes": (
        {"header_bytes": 100},
        "gzip",
        archive([*DATABASE.items(), ("n" * 300, b""), (OTHER, LIBRARY)]),
        ["musl"],
    ),
    "names_bytes": ({"names_bytes": len(apk.INSTALLED)}, "gzip", FIRST, ["musl"]),
    "sparse_segments": (
        {"sparse_segments": 1},
        "gzip",
        entry(apk.INSTALLED.encode(), DATABASE[apk.INSTALLED]) + SPARSE,
        ["musl"],
    ),
}
UNHASHED: Final = ("compressed_bytes", "uncompressed_bytes", "ratio", "zstd_window_bytes")
"""The limits that end the unpacking, and with it the hashing of the content."""


@pytest.mark.parametrize("limit", WHOLE_LAYER)
async def test_a_layer_over_a_limit_is_read_up_to_there_with_the_reason(
    engine: Engine, blobs: BlobFolder, limit: str
) -> None:
    changed, compression, plain, found = WHOLE_LAYER[limit]
    layer = blobs.add_plain(plain, compression)
    limits = Limits(layer=LayerLimits(**changed))
    packages, errors = await engine.read(layer, blobs, limits)
    assert [package.name for package in packages] == found
    # Each reader says so: none of them has seen all.
    assert [error.code for error in errors] == ["layer_too_large"] * len(WANTED)
    assert all(layer.digest in error.message for error in errors)
    if found:
        assert all(f"after {apk.INSTALLED} was not read" in error.message for error in errors)
    # Nothing else is wrong with it; and whoever raises the limit has it read again.
    packages, errors = await engine.read(layer, blobs, DEFAULT_LIMITS)
    assert "layer_too_large" not in {error.code for error in errors}
    assert len(packages) > len(found) or limit == "sparse_segments"


@pytest.mark.parametrize("limit", WHOLE_LAYER)
async def test_only_what_was_hashed_to_its_end_has_an_identity_that_others_share(
    engine: Engine, blobs: BlobFolder, limit: str
) -> None:
    changed, compression, plain, _ = WHOLE_LAYER[limit]
    layer = blobs.add_plain(plain, compression)
    read = await engine.layer(layer, blobs, Limits(layer=LayerLimits(**changed)))
    assert (limit in UNHASHED) == (not read.verified)
    assert read.identity == (layer.claimed_diff_id if read.verified else layer.digest)
    whole = await engine.layer(layer, blobs, DEFAULT_LIMITS)
    assert (whole.verified, whole.identity) == (True, layer.claimed_diff_id)


async def test_a_plain_layer_is_verified_by_its_digest_wherever_its_reading_ends(
    engine: Engine, blobs: BlobFolder
) -> None:
    layer = blobs.add_plain(FIRST, "plain")
    limits = Limits(layer=LayerLimits(uncompressed_bytes=1024 + 700))
    read = await engine.layer(layer, blobs, limits)
    assert (read.verified, read.identity) == (True, layer.digest)
    assert read.uncompressed_size == layer.size
    assert set(read.statuses.values()) == {"cut"}


async def test_a_file_of_which_not_all_came_is_not_read(engine: Engine, blobs: BlobFolder) -> None:
    records = [apk.record(f"package-{number}", "1-r0") for number in range(100)]
    layer = blobs.add({apk.INSTALLED: apk.installed(records), "b": b""})
    limits = Limits(layer=LayerLimits(uncompressed_bytes=2 * KIB))
    packages, errors = await engine.read(layer, blobs, limits)
    assert not packages
    assert {error.code for error in errors} == {"layer_too_large"}
    assert all("its content was not read" in error.message for error in errors)


async def test_what_was_read_up_to_a_limit_is_used_again_under_the_same_limits(
    engine: Engine, blobs: BlobFolder
) -> None:
    layer = blobs.add_plain(FIRST)
    for limits in (LayerLimits(entries=1), LayerLimits(uncompressed_bytes=1024 + 700)):
        blobs.asked.clear()
        first = await engine.read(layer, blobs, Limits(layer=limits))
        assert await engine.read(layer, blobs, Limits(layer=limits), again=True) == first
        assert blobs.asked == [layer.digest]


@pytest.mark.parametrize("limit", ["entries", "uncompressed_bytes"])
@pytest.mark.parametrize("compression", ["gzip", "plain"])
async def test_another_project_must_show_that_it_has_a_layer_that_was_cut(
    engine: Engine, blobs: BlobFolder, limit: str, compression: str
) -> None:
    layer = blobs.add_plain(FIRST, compression)
    limits = Limits(layer=LayerLimits(**WHOLE_LAYER[limit][0]))
    mine = await engine.layer(layer, blobs, limits)
    with pytest.raises(LayerFailed) as failure:
        await engine.layer(layer, None, limits, project="other")
    assert failure.value.reason == "facts_missing"
    assert await engine.layer(layer, blobs, limits, project="other") == mine
    assert blobs.asked == [layer.digest] * 2


async def test_a_layer_that_was_cut_and_is_not_what_its_digest_says_fails(
    engine: Engine, blobs: BlobFolder
) -> None:
    layer, other = blobs.add_plain(FIRST), blobs.add(DATABASE)
    blobs.damage(layer, blobs.content(other)[: layer.size].ljust(layer.size, b"\0"))
    for limits in (LayerLimits(entries=0), LayerLimits(uncompressed_bytes=600)):
        with pytest.raises(LayerFailed) as failure:
            await engine.layer(layer, blobs, Limits(layer=limits))
        assert failure.value.reason == "digest_mismatch"


@pytest.mark.parametrize("limit", UNHASHED)
async def test_a_layer_that_was_cut_borrows_nothing_from_the_one_that_it_claims_to_be(
    engine: Engine, blobs: BlobFolder, limit: str
) -> None:
    changed, compression, plain, found = WHOLE_LAYER[limit]
    clean = blobs.add({apk.INSTALLED: apk.installed([apk.record("clean", "1-r0")])})
    await engine.read(clean, blobs, DEFAULT_LIMITS, project="other")
    lying = blobs.add_plain(plain, compression, claimed=clean.claimed_diff_id)
    limits = Limits(layer=LayerLimits(**changed))
    packages, errors = await engine.read(lying, blobs, limits)
    assert [package.name for package in packages] == found
    assert [error.code for error in errors] == ["layer_too_large"] * len(WANTED)
    packages, errors = await engine.read(clean, None, limits, project="other")
    assert ([package.name for package in packages], errors) == (["clean"], [])


@pytest.mark.parametrize("limit", ["entries", "uncompressed_bytes"])
async def test_what_is_whole_stays_so_when_a_new_reader_is_stopped_by_a_limit(
    engine: Engine, blobs: BlobFolder, limit: str
) -> None:
    layer = blobs.add_plain(FIRST)
    older = {name: version for name, version in WANTED.items() if name != "java"}
    whole = await engine.layer(layer, blobs, DEFAULT_LIMITS, readers=older)
    indexes = engine.extraction.shelves.indexes
    index = await indexes.packed(whole.identity)
    limits = Limits(layer=LayerLimits(**WHOLE_LAYER[limit][0]))
    read = await engine.layer(layer, blobs, limits)
    assert (read.verified, read.identity) == (True, whole.identity)
    assert read.statuses == {**dict.fromkeys(older, "read"), "java": "cut"}
    assert await indexes.packed(whole.identity) == index


async def test_a_project_that_may_read_less_leaves_the_layer_of_another_whole(
    engine: Engine, blobs: BlobFolder
) -> None:
    layer = blobs.add_plain(FIRST)
    whole = await engine.read(layer, blobs, DEFAULT_LIMITS)
    index = await engine.extraction.shelves.indexes.packed(layer.claimed_diff_id)
    tight = Limits(layer=LayerLimits(entries=1))
    # Its blob unpacks to the same, and of that all is known.
    assert await engine.read(layer, blobs, tight, project="other") == whole
    assert await engine.read(layer, None, DEFAULT_LIMITS) == whole
    assert await engine.extraction.shelves.indexes.packed(layer.claimed_diff_id) == index


@pytest.mark.parametrize("limit", ["entries", "uncompressed_bytes"])
async def test_a_layer_that_was_cut_and_later_read_whole_has_two_visibilities(
    engine: Engine, blobs: BlobFolder, limit: str
) -> None:
    layer = blobs.add_plain(FIRST)
    tight = Limits(layer=LayerLimits(**WHOLE_LAYER[limit][0]))
    cut = await engine.visibility(layer, blobs, tight)
    await engine.visibility(layer, blobs, DEFAULT_LIMITS)
    assert await engine.visibility(layer, blobs, tight) != cut


async def test_a_cut_layer_whose_index_is_gone_is_not_taken_for_empty(
    engine: Engine, blobs: BlobFolder
) -> None:
    layer = blobs.add_plain(FIRST)
    tight = Limits(layer=LayerLimits(uncompressed_bytes=1024 + 700))
    read = await engine.layer(layer, blobs, tight)
    await Repository(engine.extraction.store, LAYER_INDEXES, Chunk).delete(f"{read.identity}/0")
    with pytest.raises(LayerFailed) as failure:
        await engine.visibility(layer, blobs, tight)
    assert failure.value.reason == "facts_missing"
    assert await engine.visibility(layer, blobs, tight)


async def test_a_layer_that_its_manifest_says_is_over_the_limit_is_not_fetched(
    engine: Engine, blobs: BlobFolder
) -> None:
    layer = blobs.add(DATABASE)
    limits = Limits(layer=LayerLimits(compressed_bytes=layer.size - 1))
    await engine.read(layer, blobs, limits)
    assert blobs.asked == []


async def test_a_layer_that_takes_longer_than_it_may_is_left_out(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add({"do/hang": b""})
    async with WorkerPool(1, catalogue=NAME) as workers:
        limits = Limits(layer=LayerLimits(seconds=1.0))
        packages, errors = await Engine(extraction, workers).read(layer, blobs, limits)
        assert not packages
        assert {error.code for error in errors} == {"deadline"}
        assert all(layer.digest in error.message for error in errors)
        # With more time it is tried again, and not only after a day.
        limits = Limits(layer=LayerLimits(seconds=1.5))
        await Engine(extraction, workers).read(layer, blobs, limits)
    assert len(blobs.asked) == 2


@pytest.mark.parametrize(
    ("limit", "plain"),
    [
        ("name_bytes", archive([("n" * 400, b""), *DATABASE.items()])),
        ("link_bytes", archive([("n", symlink("t" * 400)), *DATABASE.items()])),
    ],
)
async def test_an_entry_with_too_long_a_name_costs_itself_only(
    engine: Engine, blobs: BlobFolder, limit: str, plain: bytes
) -> None:
    layer = blobs.add_plain(plain)
    limits = Limits(layer=replace(LayerLimits(), **{limit: 300}))
    packages, errors = await engine.read(layer, blobs, limits)
    assert [package.name for package in packages] == ["musl"]
    assert [(error.code, error.path[:1]) for error in errors] == [("entry_not_addressable", "n")]
    assert (await engine.read(layer, blobs, DEFAULT_LIMITS))[1] == []


@pytest.mark.parametrize(("named", "further"), [(2, 3), (0, 5)])
async def test_entries_that_are_not_named_are_counted(
    engine: Engine, blobs: BlobFolder, named: int, further: int
) -> None:
    layer = blobs.add_plain(archive([("../x", b"")] * 5 + [*DATABASE.items()]))
    limits = Limits(layer=LayerLimits(hostile_entries=named))
    packages, errors = await engine.read(layer, blobs, limits)
    assert len(packages) == 1
    assert [error.code for error in errors] == ["entry_not_addressable"] * named + ["too_many"]
    assert errors[-1].message.startswith(f"{further} more")


async def test_a_sparse_file_over_the_limit_is_left_out(engine: Engine, blobs: BlobFolder) -> None:
    layer = blobs.add_plain(SPARSE)
    limits = Limits(layer=LayerLimits(file_bytes=100_000))
    _, errors = await engine.read(layer, blobs, limits)
    assert [(error.code, error.path) for error in errors] == [("too_large", apk.INSTALLED)]


def war(**more: bytes) -> bytes:
    return jar.archive({**jar.manifest(), "WEB-INF/lib/a-1.jar": LIBRARY, **more})


STORED: Final = jar.archive({"a.jar": LIBRARY, "b.jar": LIBRARY}, stored=True)
ARCHIVES: Final[dict[str, tuple[dict[str, Any], bytes, str, str]]] = {
    "archive_bytes": ({"archive_bytes": 100}, war(), "too_large", JAR),
    "nested_bytes": ({"nested_bytes": 100}, war(), "too_large", f"{JAR}!/WEB-INF/lib/a-1.jar"),
    "metadata_bytes": ({"metadata_bytes": 5}, war(), "too_large", f"{JAR}!/META-INF/MANIFEST.MF"),
    "inflated_bytes": (
        {"inflated_bytes": 200},
        war(),
        "too_large",
        f"{JAR}!/WEB-INF/lib/a-1.jar",
    ),
    "stored_bytes": (
        {"stored_bytes": len(LIBRARY) + 200},
        STORED,
        "too_large",
        f"{JAR}!/b.jar",
    ),
    "ratio": (
        {"ratio": 2, "ratio_floor": 1000},
        war(**{"b.jar": bytes(100_000)}),
        "too_large",
        f"{JAR}!/b.jar",
    ),
    "members": ({"members": 2}, war(), "too_many", f"{JAR}!/WEB-INF/lib/a-1.jar"),
    "depth": (
        {"depth": 1},
        war(**{"b.jar": jar.archive({"c.jar": LIBRARY})}),
        "nested_too_deep",
        f"{JAR}!/b.jar!/c.jar",
    ),
    "seconds": ({"seconds": 1e-9}, war(), "deadline", f"{JAR}!/WEB-INF/lib/a-1.jar"),
}


@pytest.mark.parametrize("limit", ARCHIVES)
async def test_a_part_of_an_archive_over_a_limit_is_an_error_at_its_path(
    engine: Engine, blobs: BlobFolder, limit: str
) -> None:
    changed, content, code, path = ARCHIVES[limit]
    layer = blobs.add({JAR: content, **DATABASE})
    packages, errors = await engine.read(layer, blobs, Limits(archive=ArchiveLimits(**changed)))
    assert "musl" in {package.name for package in packages}
    assert (code, path) in {(error.code, error.path) for error in errors}


EGG: Final = "site/a.egg"
CACHE: Final = ".yarn/cache/a.zip"


@pytest.mark.parametrize("path", [EGG, CACHE])
@pytest.mark.parametrize(
    ("limit", "code"),
    [("archive_bytes", "too_large"), ("metadata_bytes", "too_large"), ("members", "too_many")],
)
async def test_limits_are_those_of_every_kind_of_archive(
    engine: Engine, blobs: BlobFolder, path: str, limit: str, code: str
) -> None:
    members = {
        "first": b"",
        "EGG-INFO/PKG-INFO": python_package.metadata("a", "1"),
        "node_modules/a/package.json": node_package.manifest("a", "1"),
    }
    layer = blobs.add({path: jar.archive(members)})
    limits = Limits(archive=replace(ArchiveLimits(), **{limit: 1}))
    packages, errors = await engine.read(layer, blobs, limits)
    assert not packages
    assert [(error.code, error.path.partition("!")[0]) for error in errors] == [(code, path)]


def test_every_limit_is_proved_here() -> None:
    entries = {"seconds", "name_bytes", "link_bytes", "hostile_entries", "file_bytes"}
    floor = {"ratio_floor"}
    assert set(LayerLimits.__struct_fields__) == {*WHOLE_LAYER, *entries, *floor}
    assert set(ArchiveLimits.__struct_fields__) == {*ARCHIVES, *floor}


async def test_what_no_limit_cut_is_not_read_again_under_other_limits(
    engine: Engine, blobs: BlobFolder
) -> None:
    layer = blobs.add(DATABASE)
    packages, _ = await engine.read(layer, blobs, DEFAULT_LIMITS)
    tight = Limits(layer=LayerLimits(entries=0), archive=ArchiveLimits(depth=0))
    assert await engine.read(layer, None, tight) == (packages, [])


async def test_what_a_limit_cut_is_read_again_under_other_limits_only(
    engine: Engine, blobs: BlobFolder
) -> None:
    layer = blobs.add({JAR: war()})
    tight = Limits(archive=ArchiveLimits(depth=0))
    first = await engine.read(layer, blobs, tight)
    assert [error.code for error in first[1]] == ["nested_too_deep"]
    assert await engine.read(layer, blobs, tight) == first
    assert len(blobs.asked) == 1
    packages, errors = await engine.read(layer, blobs, DEFAULT_LIMITS)
    assert (len(packages), errors) == (2, [])
    assert len(blobs.asked) == 2


async def test_other_limits_have_a_visibility_of_their_own(
    engine: Engine, blobs: BlobFolder
) -> None:
    layer = blobs.add(DATABASE)
    usual = await engine.visibility(layer, blobs, DEFAULT_LIMITS)
    assert usual == await engine.visibility(layer, blobs, DEFAULT_LIMITS)
    assert usual != await engine.visibility(layer, blobs, Limits(layer=LayerLimits(entries=9)))
