"""Which entries are kept for the paths that readers name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.contract import Reader
from scantling_analyzers.extraction import places as module
from scantling_analyzers.extraction.places import places_of
from scantling_analyzers.facts.models import Place
from scantling_common.layers.entries import Entries, Kind
from scantling_common.layers.index import build

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact
    from scantling_common.layers.index import LayerIndex


class Naming(Reader):
    """A reader that names entries."""

    name, version = "naming", 1
    patterns: tuple[str, ...] = ()
    places: tuple[str, ...] = ("etc/a", "etc/d/*", "home/*/.x", "tmp")

    def read(self, _file: LayerFile) -> Iterator[AnyFact]:
        yield from ()


class Other(Naming):
    """A reader that names none."""

    name = "other"
    places = ()


def index(*rows: tuple[bytes, Kind, int, int, int, bytes]) -> LayerIndex:
    entries = Entries()
    for path, kind, mode, uid, gid, link in rows:
        entries.extend([(path, kind, mode, uid, gid, 0, 0, 0)])
        if link:
            entries.links[len(entries) - 1] = link
    return build(entries)


def file(path: bytes, mode: int = 0o644) -> tuple[bytes, Kind, int, int, int, bytes]:
    return path, Kind.FILE, mode, 0, 7, b""


def test_entries_of_every_kind_are_kept_where_they_are_named() -> None:
    layer = index(
        file(b"etc/a", 0o4755),
        (b"etc/d/l", Kind.SYMLINK, 0o777, 0, 0, b"../\xff"),
        (b"tmp", Kind.DIRECTORY, 0o1777, 0, 0, b""),
        (b"etc/d/p", Kind.FIFO, 0o600, 1, 1, b""),
        file(b"etc/b"),
        file(b"home/u/deep/.x"),
        file(b"home/u/.x"),
    )
    kept, lacking = places_of([layer], [Naming(), Other()])
    assert lacking == ()
    assert kept == (
        Place("etc/a", "file", 0o4755, 0, 7, 0),
        Place("etc/d/l", "link", 0o777, 0, 0, 0, "../\\xff"),
        Place("etc/d/p", "other", 0o600, 1, 1, 0),
        Place("home/u/.x", "file", 0o644, 0, 7, 0),
        Place("tmp", "directory", 0o1777, 0, 0, 0),
    )


def test_only_what_can_be_seen_counts() -> None:
    lower, upper = index(file(b"etc/a", 0o600), file(b"etc/d/x")), index(file(b"etc/a", 0o666))
    kept, _ = places_of([lower, upper], [Naming()])
    assert [(each.path, each.mode, each.layer) for each in kept] == [
        ("etc/a", 0o666, 1),
        ("etc/d/x", 0o644, 0),
    ]


def test_nothing_is_looked_for_where_no_reader_names_anything() -> None:
    assert places_of([index(file(b"etc/a"))], [Other()]) == ((), ())


def test_too_many_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PLACES", 2)
    layer = index(*(file(b"etc/d/%d" % n) for n in range(3)))
    kept, lacking = places_of([layer], [Naming(), Other()])
    assert (len(kept), lacking) == (2, ("naming",))
