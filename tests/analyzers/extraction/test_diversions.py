"""A file that was diverted is owned under the name that it was moved to."""

from __future__ import annotations

from scantling_analyzers.extraction.imageview import owned_by
from scantling_analyzers.facts.models import (
    Diversions,
    FactSet,
    FileFacts,
    OwnedFiles,
    Package,
    owned_key,
)

NAME, MOVED = b"usr/bin/pip", b"usr/bin/pip.distrib"
DATABASE = "var/lib/dpkg/diversions"


def _set(path: str, *facts: OwnedFiles | Diversions | Package) -> FactSet:
    return FactSet(reader="dpkg", version=2, files=(FileFacts(path=path, facts=facts),))


def owned(package: str, *paths: bytes) -> FactSet:
    path = f"var/lib/dpkg/info/{package}.list"
    keys = b"".join(owned_key(name) for name in paths)
    return _set(path, OwnedFiles(path=path, owner=f"deb:{package}", keys=keys))


def diverted(owner: str, *, to: bytes = MOVED) -> FactSet:
    moved = ((owned_key(NAME), owned_key(to), owner),)
    return _set(DATABASE, Diversions(path=DATABASE, moved=moved))


def test_each_of_two_packages_owns_its_own_file_of_one_name() -> None:
    sets = [[owned("pip", NAME), owned("wrapper", NAME), diverted("deb:wrapper")]]
    assert owned_by(sets, {(0, NAME), (0, MOVED)}, ()) == {
        (0, NAME): "deb:wrapper",
        (0, MOVED): "deb:pip",
    }


def test_what_an_administrator_put_in_place_of_a_file_is_nobody_s() -> None:
    sets = [[owned("pip", NAME), diverted("")]]
    assert owned_by(sets, {(0, NAME), (0, MOVED)}, ()) == {(0, MOVED): "deb:pip"}


def test_diversions_that_a_later_layer_removed_move_nothing() -> None:
    sets = [[owned("pip", NAME), diverted("deb:wrapper")]]
    hidden = {(0, DATABASE.encode()): 1}
    assert owned_by(sets, {(0, NAME)}, hidden) == {(0, NAME): "deb:pip"}


def test_of_two_layers_the_later_one_says_where_a_file_stands() -> None:
    other = b"usr/bin/pip.other"
    sets = [[owned("pip", NAME), diverted("")], [owned("pip", NAME), diverted("", to=other)]]
    assert owned_by(sets, {(1, other), (1, MOVED)}, ())[1, other] == "deb:pip"
