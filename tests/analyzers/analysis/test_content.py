"""What an analyzer sees of stored facts: those of its readers, and of the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.analysis.content import (
    ContentLoader,
    FactsMissing,
    LayerAddress,
    content_of,
)
from scantling_analyzers.attestations.models import Claims
from scantling_analyzers.facts.models import FactSet, FileFacts, LocatedError, Package
from scantling_analyzers.storage.facts import FactKey, FactStore, configuration_of
from scantling_analyzers.storage.view import HiddenFile, OwnedFile, ViewStore, Visibility
from scantling_common import bodies
from scantling_common.outcomes import FileReport
from scantling_common.records.extractor import COLLECTIONS
from scantling_common.records.shared import ImageBody, Layer
from scantling_common.records.sync import Image
from scantling_common.store.sqlite import SqliteStore
from scantling_common.store.sqlite_connection import MEMORY
from tests.builders.image import sha256

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LAYER, CONFIG = sha256(b"layer"), sha256(b"config")
IMAGE = Image(
    id=sha256(b"image"),
    media_type="",
    config_digest=CONFIG,
    os="linux",
    architecture="amd64",
    size=1,
    first_seen_at=0,
    body=ImageBody(layers=(Layer(digest=LAYER, size=1, media_type="", claimed_diff_id=LAYER),)),
)
READERS = {"secret@a": 1, "secret@b": 1, "os-release": 2}


def facts(reader: str, name: str) -> bytes:
    found = Package(path="", name=name, version="1", type="generic")
    error = LocatedError(path="", code="malformed", message=name)
    files = (FileFacts(path="", facts=(found,), errors=(error,)),)
    return bodies.pack(FactSet(reader=reader, version=1, files=files))


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(MEMORY)
    await opened.ensure(COLLECTIONS)
    view = Visibility(hidden=(), files=FileReport(count=0, size=0))
    await ViewStore(opened).write("view", bodies.pack(view), now_ms=0)
    stored = FactStore(opened)
    for name, version in READERS.items():
        key = FactKey(LAYER, name, version)
        await stored.write({key: facts(name, f"{name} of a layer")}, now_ms=0)
    key = FactKey(configuration_of("p", CONFIG), "secret@a", 1)
    await stored.write({key: facts("secret@a", "of the configuration")}, now_ms=0)
    yield opened
    await opened.close()


def layers() -> list[LayerAddress]:
    return [LayerAddress(digest=LAYER, identity=LAYER, readers=READERS)]


async def test_facts_of_a_reader_are_given_whatever_rules_it_went_by(store: SqliteStore) -> None:
    content = await ContentLoader(store).load("p", IMAGE, layers(), "view", ("secret",))
    assert not isinstance(content, FactsMissing)
    names = [getattr(each.fact, "name", "") for each in content.facts]
    assert names == ["secret@a of a layer", "secret@b of a layer"]
    assert content.configuration == ()


async def test_what_was_found_in_the_configuration_is_given_to_who_asks(
    store: SqliteStore,
) -> None:
    loader, looked = ContentLoader(store), {"secret@a": 1}
    content = await loader.load("p", IMAGE, layers(), "view", ("secret",), (), looked)
    assert not isinstance(content, FactsMissing)
    (file,) = content.configuration
    assert [getattr(fact, "name", "") for fact in file.facts] == ["of the configuration"]
    assert [error.message for error in file.errors] == ["of the configuration"]

    other = await loader.load("p", IMAGE, layers(), "view", ("os-release",), (), looked)
    assert not isinstance(other, FactsMissing)
    assert other.configuration == ()


async def test_what_another_project_found_in_it_is_not_there(store: SqliteStore) -> None:
    loader, looked = ContentLoader(store), {"secret@a": 1}
    missing = await loader.load("q", IMAGE, layers(), "view", ("secret",), (), looked)
    assert isinstance(missing, FactsMissing)
    assert CONFIG in missing.key


def test_what_is_unseen_is_hidden_by_its_own_layer_and_brought_by_nobody() -> None:
    said = Package(path="a", name="a", version="1", type="generic")
    files = tuple(FileFacts(path="a", facts=(said,), unseen=unseen) for unseen in (False, True))
    sets = [[FactSet(reader="secret@a", version=1, files=files)]]
    view = Visibility(
        hidden=(HiddenFile("a", 0, 1),),
        owned=(OwnedFile("a", 0, "deb:a"),),
        files=FileReport(count=0, size=0),
    )
    found = content_of("p", IMAGE, layers(), sets, view, (), Claims()).facts
    assert [(each.hidden_by, each.owner) for each in found] == [(1, "deb:a"), (0, "")]
