"""The index: the last entry of a path counts, hard links have content, markers are no files."""

from __future__ import annotations

import tarfile

import msgspec
import pytest
import zstandard
from hypothesis import given

from scantling_common.layers.codec import decode, encode
from scantling_common.layers.entries import Kind
from scantling_common.layers.errors import IndexInvalid
from scantling_common.layers.index import LayerIndex, build, unseen
from scantling_common.layers.paths import PathProblem
from scantling_common.layers.tar import walk
from tests.builders.layer import (
    END,
    Member,
    archive,
    directory,
    entry,
    hard_link,
    layer,
    pax_header,
    symlink,
)
from tests.common.layers.trees import layers

CAPABILITY = {"SCHILY.xattr.security.capability": "\x01\x00"}


def index(data: bytes) -> LayerIndex:
    return build(walk(data))


def test_the_last_entry_of_a_path_counts() -> None:
    found = index(archive([("a", b"old"), ("b", b"x"), ("./a", b"newer"), ("/b", symlink("a"))]))

    assert found.paths == [b"a", b"b"]
    assert list(found.sizes) == [5, 0]
    assert found.links == {1: b"a"}
    assert found.replaced == 2


def unseen_of(data: bytes) -> list[tuple[bytes, int]]:
    entries = walk(data)
    found = unseen(entries, build(entries))
    return [(entry.path, entry.size) for entry in found]


def test_content_of_entries_that_are_replaced_is_unseen() -> None:
    assert unseen_of(
        archive(
            [
                ("a", b"old"),
                ("d", directory()),
                ("d", directory()),
                ("a", b"newer"),
                ("a", b""),
                ("gone", b"x"),
                ("gone", symlink("a")),
                ("a", b"newest"),
            ]
        )
    ) == [(b"a", 3), (b"a", 5), (b"gone", 1)]
    assert unseen_of(archive([("a", b"1"), ("b", b"2")])) == []


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_that_is_so_of_long_names(form: int) -> None:
    path = "/".join(["a" * 90] * 4)
    data = archive([(path, b"old"), (path, b"newer")], format=form)
    assert unseen_of(data) == [(path.encode(), 3)]


def test_content_with_another_name_is_seen() -> None:
    data = archive([("a", b"first"), ("l", hard_link("a")), ("a", b"second!")])
    assert unseen_of(data) == []

    data = archive([("a", b"first"), ("l", hard_link("a")), ("a", b"second!"), ("l", b"third")])
    assert unseen_of(data) == [(b"a", 5)]


def test_content_of_a_whiteout_is_unseen() -> None:
    data = archive([("d/.wh.a", b"hidden"), ("d/.wh.b", b""), ("d/.wh..wh..opq", b"x")])
    assert unseen_of(data) == [(b"d/.wh.a", 6), (b"d/.wh..wh..opq", 1)]


def test_an_entry_has_all_that_its_header_said() -> None:
    member = Member(content=b"x", mode=0o4755, uid=7, gid=8, mtime=9, pax=CAPABILITY)
    found = next(iter(index(layer({"bin/su": member}))))

    assert (found.path, found.kind, found.mode) == (b"bin/su", Kind.FILE, 0o4755)
    assert (found.uid, found.gid, found.mtime, found.size) == (7, 8, 9, 1)
    assert found.capability == b"\x01\x00"


def test_hard_links_share_their_targets_content() -> None:
    found = index(
        layer(
            {
                "a": b"data",
                "b": hard_link("a"),
                "c": hard_link("./b"),
                "s": symlink("x"),
                "t": hard_link("s"),
            }
        )
    )

    assert [found.offsets[row] for row in (1, 2)] == [found.offsets[0]] * 2
    assert list(found.sizes)[:3] == [4, 4, 4]
    assert found.kinds[4] == Kind.SYMLINK
    assert found.links[4] == b"x"
    assert list(found.files()) == [0, 1, 2]


def test_a_hard_link_keeps_what_its_target_was_when_it_was_made() -> None:
    found = index(archive([("a", b"first"), ("l", hard_link("a")), ("a", b"second!")]))

    assert found.sizes[found.rows[b"l"]] == 5
    assert found.sizes[found.rows[b"a"]] == 7


def test_a_hard_link_to_a_lower_layer_dangles() -> None:
    found = index(layer({"d": directory(), "l": hard_link("below"), "m": hard_link("d")}))

    assert found.dangling() == [1, 2]


def test_markers_are_no_files() -> None:
    found = index(
        layer(
            {"etc/keep": b"x", ".wh..wh.plnk/1": b"aufs", "a/.wh..wh.aufs": b""},
            whiteouts=["etc/gone", "top"],
            opaque=["opt", ""],
        )
    )

    assert found.paths == [b"etc/keep"]
    assert found.hidden == (b"etc/gone", b"top")
    assert found.opaque == (b"opt", b"")


@pytest.mark.parametrize("name", [b"a/.wh.", b".wh..", b"a/.wh..."])
def test_a_marker_that_names_nothing_is_hostile(name: bytes) -> None:
    found = index(entry(name) + entry(b"b") + bytes(1024))

    assert found.paths == [b"b"]
    assert [(e.name, e.problem) for e in found.hostile] == [(name, PathProblem.BAD_WHITEOUT)]
    assert found.hidden == ()


def test_an_aufs_hard_link_has_its_content() -> None:
    found = index(
        archive([(".wh..wh.plnk/5.1", b"data"), ("bin/a", hard_link(".wh..wh.plnk/5.1"))])
    )

    assert found.paths == [b"bin/a"]
    assert found.sizes[0] == 4


@given(layers())
def test_an_index_comes_back_from_its_stored_form(data: bytes) -> None:
    found = index(data)

    assert decode(encode(found)) == found


def test_a_stored_index_keeps_everything() -> None:
    found = index(
        archive(
            [
                ("a", Member(content=b"x", pax=CAPABILITY, mtime=-5)),
                (b"caf\xe9", b"y"),
                ("../x", b""),
                ("a/.wh.b", b""),
                ("l", hard_link("none")),
            ]
        )
    )

    assert decode(encode(found)) == found
    assert encode(decode(encode(found))) == encode(found)
    assert decode(encode(index(bytes(1024)))).paths == []


def test_a_stored_index_is_bounded_and_checked() -> None:
    stored = encode(index(layer({"a": b"x", "b": b"y"})))
    fields = msgspec.msgpack.decode(zstandard.decompress(stored))

    with pytest.raises(IndexInvalid):
        decode(stored, max_bytes=50)
    with pytest.raises(IndexInvalid):
        decode(stored[:-3])
    with pytest.raises(IndexInvalid):
        decode(b"junk")
    for at, value in [(0, 9), (1, 3), (2, b"a"), (3, b"\0\x09"), (4, b"\0"), (10, {2: b"x"})]:
        changed = [*fields[:at], value, *fields[at + 1 :]]
        with pytest.raises(IndexInvalid):
            decode(zstandard.compress(msgspec.msgpack.encode(changed)))


def test_a_stored_column_of_another_length_is_refused() -> None:
    column = bytes([7] * 4)
    plain = zstandard.decompress(encode(index(layer({"a": Member(uid=0x07070707)}))))
    assert plain.count(b"\xc4\x04" + column) == 1
    longer = plain.replace(b"\xc4\x04" + column, b"\xc4\x08" + column * 2)
    with pytest.raises(IndexInvalid) as raised:
        decode(zstandard.compress(longer))
    assert "a column of 2 instead of 1" in str(raised.value.__cause__)


def test_a_marker_in_the_middle_of_a_name_marks_nothing() -> None:
    found = index(layer({"a.wh.b": b"x", "c/d.wh.": b"y"}))

    assert (found.paths, found.hidden) == ([b"a.wh.b", b"c/d.wh."], ())


def test_a_hard_link_has_all_that_its_target_has() -> None:
    sparse = pax_header((b"GNU.sparse.major", b"1"), (b"GNU.sparse.realsize", b"9"))
    data = sparse + entry(b"s", b"1\n0\n1\n".ljust(512, b"\0") + b"x")
    data += layer({"c": Member(content=b"x", pax=CAPABILITY)})[:-1024].rstrip(b"\0")
    data += bytes(-len(data) % 512)
    data += entry(b"s2", flag=b"1", link=b"s") + entry(b"c2", flag=b"1", link=b"c") + END
    found = {entry.path: entry for entry in index(data)}

    assert found[b"s2"].sparse == found[b"s"].sparse == (0, 1)
    assert found[b"c2"].capability == found[b"c"].capability == b"\x01\x00"
