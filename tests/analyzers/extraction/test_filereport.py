"""From layers to the file information of an image."""

from __future__ import annotations

import struct

from scantling_analyzers.extraction.filereport import file_report
from scantling_common.layers.index import build
from scantling_common.layers.statistics import count_files
from scantling_common.layers.tar import walk
from scantling_common.outcomes import FileReport, LayerFiles, WastedEntry
from tests.builders.layer import Member, directory, executable, layer, symlink

CAPABILITY = "SCHILY.xattr.security.capability"


def report(*plain: bytes) -> FileReport:
    """Return the file information of layers whose diff_ids are ``one``, ``two``, …."""
    names = ["one", "two", "three"][: len(plain)]
    return file_report(count_files([build(walk(data)) for data in plain]), names)


def test_each_layer_says_what_it_holds_and_what_became_of_it() -> None:
    found = report(
        layer({"a": b"1", "b": b"22", "../x": b"", "c": b"333"}), layer({"a": b""}, whiteouts=["b"])
    )

    assert found.layers == (
        LayerFiles(
            layer="one",
            count=3,
            size=6,
            visible_count=1,
            visible_size=3,
            overwritten=1,
            deleted=2,
            hostile_count=1,
        ),
        LayerFiles(layer="two", count=1, size=0, visible_count=1, visible_size=0),
    )
    assert (found.wasted, found.overwritten, found.deleted) == (3, 1, 2)
    assert found.hostile_count == 1
    assert found.wasted_files == (
        WastedEntry(path="b", size=2, layer="one", hidden_by="two", how="deleted"),
        WastedEntry(path="a", size=1, layer="one", hidden_by="two", how="overwritten"),
    )


def test_what_stands_out_is_counted_and_listed() -> None:
    found = report(
        layer(
            {
                "su": executable(mode=0o4755),
                "wall": executable(mode=0o2755),
                "all": Member(mode=0o666),
                "open": directory(0o777),
                "null": Member(kind=b"3"),
                "up": symlink("../.."),
            }
        )
    )

    assert (found.setuid, found.setuid_count) == (("su",), 1)
    assert (found.setgid, found.setgid_count) == (("wall",), 1)
    assert (found.world_writable, found.world_writable_count) == (("all",), 1)
    assert (found.open_directories, found.open_directory_count) == (("open",), 1)
    assert (found.devices, found.device_count) == (("null",), 1)
    assert (found.links_above_root, found.links_above_root_count) == (("up",), 1)
    assert found.symlink_count == 1
    assert found.largest[0].mode == "-rwsr-xr-x"


def test_capabilities_are_named_and_one_that_makes_no_sense_is_marked() -> None:
    ping = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0).decode("ascii")
    found = report(
        layer({"bad": Member(pax={CAPABILITY: "x"}), "ping": Member(pax={CAPABILITY: ping})})
    )

    bad, good = found.capabilities
    assert found.capability_count == 2
    assert (bad.path, bad.revision, bad.permitted) == ("bad", 0, ())
    assert (good.layer, good.revision, good.permitted, good.effective) == (
        "one",
        2,
        ("cap_net_raw",),
        True,
    )


def test_paths_are_escaped_wherever_they_are_shown() -> None:
    evil = b"\x1b[2J\xff"
    found = report(
        layer({evil: Member(content=b"x", mode=0o6666, pax={CAPABILITY: "x"})}),
        layer({evil: Member(content=b"x", mode=0o6666, pax={CAPABILITY: "x"})}),
    )

    text = "\\x1b[2J\\xff"
    shown = [found.largest[0].path, found.wasted_files[0].path, found.capabilities[0].path]
    assert [*shown, *found.setuid, *found.setgid, *found.world_writable] == [text] * 6
