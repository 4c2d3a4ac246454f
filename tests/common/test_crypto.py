"""Sealing of values at rest."""

from __future__ import annotations

import base64
import os
import secrets
import stat
from typing import TYPE_CHECKING

import pytest

from scantling_common.crypto import (
    KeyFileUnusable,
    SealBroken,
    Sealer,
    make_key_file,
    read_key_file,
)

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = b"registry password"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    assert make_key_file(path)
    return path


@pytest.fixture
def sealer(key_file: Path) -> Sealer:
    return Sealer.from_file(key_file)


def seal(sealer: Sealer, plain: bytes = PLAIN) -> bytes:
    return sealer.seal(plain, collection="registries", id_="r1", field="credential")


def unseal(
    sealer: Sealer,
    sealed: bytes,
    *,
    collection: str = "registries",
    id_: str = "r1",
    field: str = "credential",
) -> bytes:
    return sealer.open(sealed, collection=collection, id_=id_, field=field)


@pytest.mark.parametrize("plain", [b"", PLAIN, bytes(100_000)])
def test_what_is_sealed_comes_back_and_can_t_be_seen(sealer: Sealer, plain: bytes) -> None:
    sealed = seal(sealer, plain)

    assert unseal(sealer, sealed) == plain
    assert not plain or plain not in sealed
    assert seal(sealer, plain) != sealed


@pytest.mark.parametrize(
    "place", [{"collection": "images"}, {"id_": "r2"}, {"field": "webhook_secret"}]
)
def test_a_value_opens_in_its_own_place_only(sealer: Sealer, place: dict[str, str]) -> None:
    with pytest.raises(SealBroken):
        unseal(sealer, seal(sealer), **place)


def test_places_do_not_run_into_each_other(sealer: Sealer) -> None:
    sealed = sealer.seal(PLAIN, collection="ab", id_="c", field="d")

    with pytest.raises(SealBroken):
        sealer.open(sealed, collection="a", id_="bc", field="d")


def test_every_changed_bit_is_noticed(sealer: Sealer) -> None:
    sealed = seal(sealer)

    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBroken):
            unseal(sealer, bytes(changed))


@pytest.mark.parametrize("sealed", [b"", b"S1", PLAIN * 9, b"S1" + bytes(35)])
def test_what_was_never_sealed_is_refused(sealer: Sealer, sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        unseal(sealer, sealed)


def test_a_key_is_changed_by_a_line_on_top(key_file: Path, sealer: Sealer, tmp_path: Path) -> None:
    old = seal(sealer)
    newer = tmp_path / "newer"
    make_key_file(newer)
    both = newer.read_bytes() + key_file.read_bytes()
    newer.write_bytes(both)

    rotated = Sealer.from_file(newer)
    fresh = seal(rotated)

    assert unseal(rotated, old) == unseal(rotated, fresh) == PLAIN
    with pytest.raises(SealBroken, match="does not have"):
        unseal(sealer, fresh)


def test_a_key_file_is_its_owner_s_alone_and_made_once(key_file: Path) -> None:
    before = key_file.read_bytes()

    assert not make_key_file(key_file)

    assert key_file.read_bytes() == before
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [each.name for each in key_file.parent.iterdir()] == ["key"]
    assert [len(key) for key in read_key_file(key_file)] == [32]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_may_read_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)

    with pytest.raises(KeyFileUnusable):
        Sealer.from_file(key_file)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"not base64!",
        base64.b64encode(secrets.token_bytes(31)),
        base64.b64encode(secrets.token_bytes(33)),
        secrets.token_bytes(32),
        (base64.b64encode(bytes(32)) + b"\n") * 200,
    ],
    ids=("empty", "line", "not base64", "short", "long", "plain", "many"),
)
def test_a_key_file_without_keys_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(KeyFileUnusable):
        Sealer.from_file(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileUnusable):
        Sealer.from_file(tmp_path / "missing")
    with pytest.raises(KeyFileUnusable):
        Sealer.from_file(tmp_path)
    with pytest.raises(KeyFileUnusable):
        make_key_file(tmp_path / "missing" / "key")
    with pytest.raises(KeyFileUnusable):
        Sealer([os.urandom(16)])
