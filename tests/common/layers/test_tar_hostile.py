"""Archives made to mislead or to exhaust a reader: threats 2 and 5."""

from __future__ import annotations

import pytest

from scantling_common.layers import pax
from scantling_common.layers.entries import Kind
from scantling_common.layers.errors import LayerTooLarge, TarInvalid, TarTruncated
from scantling_common.layers.header import _CACHE_SIZE
from scantling_common.layers.index import build
from scantling_common.layers.limits import LayerLimits
from scantling_common.layers.paths import PathProblem
from scantling_common.layers.tar import _BATCH, walk
from tests.builders.layer import (
    END,
    base_256,
    entry,
    hard_link,
    header,
    layer,
    padded,
    pax_header,
    symlink,
)

GNU = b"ustar  \0"


def problems(data: bytes) -> list[tuple[bytes, PathProblem]]:
    return [(entry.name, entry.problem) for entry in walk(data).hostile]


def test_an_empty_archive_has_no_entries() -> None:
    assert len(walk(END)) == 0
    assert len(walk(b"")) == 0


def test_an_archive_may_end_without_zero_blocks() -> None:
    assert walk(entry(b"a", b"x")).paths == [b"a"]


def test_the_last_entry_may_lack_its_padding() -> None:
    assert walk(entry(b"a", b"x")[:513]).sizes[0] == 1


def test_what_follows_the_end_is_ignored() -> None:
    assert walk(entry(b"a") + END + b"\xff" * 700).paths == [b"a"]


def test_absolute_names_stay_inside_the_layer() -> None:
    assert walk(entry(b"/etc/passwd") + entry(b"//root") + END).paths == [b"etc/passwd", b"root"]


@pytest.mark.parametrize("name", [b"../../etc/cron.d/x", b"a/../../b", b"a/../.."])
def test_cve_2007_4559_dot_dot_is_not_addressable(name: bytes) -> None:
    data = entry(name, b"evil") + entry(b"good", b"x") + END

    assert walk(data).paths == [b"good"]
    assert problems(data) == [(name, PathProblem.TRAVERSAL)]


def test_dot_dot_inside_the_layer_is_where_a_runtime_puts_the_file() -> None:
    data = entry(b"var/lib/x/../dpkg/status", b"x") + END

    assert walk(data).paths == [b"var/lib/dpkg/status"]
    assert problems(data) == []


def test_cve_2025_4517_a_hard_link_out_of_the_layer_links_nothing() -> None:
    data = header(b"x", flag=b"1", link=b"../../../etc/shadow") + END

    assert problems(data) == [(b"x", PathProblem.BAD_LINK)]


def test_cve_2025_4330_links_through_links_are_never_followed() -> None:
    index = build(
        walk(layer({"d": symlink("/etc"), "d/passwd": "own", "x": hard_link("d/passwd")}))
    )

    assert index.paths == [b"d", b"d/passwd", b"x"]
    assert index.sizes[2] == 3


def test_an_empty_named_link_is_hostile() -> None:
    data = header(b"", flag=b"2", link=b"target") + header(b"l", flag=b"2") + entry(b"a") + END

    assert walk(data).paths == [b"a"]
    assert problems(data) == [(b"", PathProblem.EMPTY), (b"l", PathProblem.BAD_LINK)]


def test_a_hard_link_to_itself_and_a_loop_of_hard_links_have_no_content() -> None:
    loop = {"self": hard_link("self"), "one": hard_link("two"), "two": hard_link("one")}
    index = build(walk(layer(loop)))

    assert index.dangling() == [0, 1, 2]
    assert list(index.files()) == []


def test_cve_2025_8194_a_negative_size_ends_the_walk() -> None:
    for size in (-512, -1, -(2**62)):
        with pytest.raises(TarInvalid, match="negative"):
            walk(header(b"a", size=base_256(size), magic=GNU) + END)


def test_cve_2019_20907_a_negative_size_in_a_pax_header_ends_the_walk() -> None:
    with pytest.raises(TarInvalid, match="negative"):
        walk(pax_header((b"size", b"-512")) + entry(b"a") + END)


def test_a_negative_size_of_an_extended_header_ends_the_walk() -> None:
    with pytest.raises(TarInvalid, match="negative"):
        walk(header(b"a", flag=b"x", size=base_256(-512)) + END)


@pytest.mark.parametrize("size", [2**33 - 1, 2**62, 2**63 - 1])
def test_a_huge_size_is_a_truncated_archive(size: int) -> None:
    with pytest.raises(TarTruncated, match="huge"):
        walk(header(b"huge", size=base_256(size), magic=GNU) + END)


def test_a_size_over_63_bits_is_invalid() -> None:
    with pytest.raises(TarInvalid, match="63 bits"):
        walk(header(b"huge", size=base_256(2**80), magic=GNU) + END)


@pytest.mark.parametrize(
    "field", [b"-0000000100\0", b"0x100\0", b"0000_000100\0", b"99999999999\0"]
)
def test_a_size_that_is_no_octal_number_is_invalid(field: bytes) -> None:
    with pytest.raises(TarInvalid, match="octal"):
        walk(header(b"a", size=field) + END)


def test_a_wrong_checksum_is_invalid() -> None:
    with pytest.raises(TarInvalid, match="checksum"):
        walk(header(b"a", checksum=1) + END)


def test_a_signed_checksum_is_accepted() -> None:
    name = "ä".encode()
    plain = header(name)
    unsigned = int(plain[148:154], 8)

    assert walk(header(name, checksum=unsigned - 2 * 256) + END).paths == [name]


def test_an_endless_chain_of_extended_headers_is_bounded() -> None:
    chain = entry(b"././@LongLink", b"x\0", flag=b"L", magic=GNU) * 200

    with pytest.raises(LayerTooLarge, match="extended headers"):
        walk(chain + entry(b"a") + END, LayerLimits(entries=10))


def test_an_archive_that_ends_after_an_extended_header_is_truncated() -> None:
    with pytest.raises(TarTruncated):
        walk(pax_header((b"path", b"a")))


@pytest.mark.parametrize("cut", [512, 600, 1023])
def test_an_archive_that_ends_inside_an_extended_header_is_truncated(cut: int) -> None:
    with pytest.raises(TarTruncated, match="extended header"):
        walk(entry(b"././@LongLink", b"n" * 600 + b"\0", flag=b"L", magic=GNU)[:cut])


def test_any_number_of_entries_may_be_special() -> None:
    one = pax_header((b"mtime", b"7")) + entry(b"a")

    assert len(walk(one * (2 * _BATCH + 1) + END)) == 2 * _BATCH + 1


def test_a_gigantic_long_name_is_refused_before_it_is_read() -> None:
    with pytest.raises(LayerTooLarge, match="extended header"):
        walk(header(b"././@LongLink", size=2**30, flag=b"L", magic=GNU) + END)


@pytest.mark.parametrize(
    "data",
    [
        b"0 path=a\n",
        b"-5 path=a\n",
        b"999 path=a\n",
        b"10 path=abc",
        b"9 pathabc\n",
        b"99999999999999999999999 a=b\n",
        b"5 =a\n\n",
        b"junk",
        b"\xff\xfe",
    ],
)
def test_malformed_pax_records_are_invalid(data: bytes) -> None:
    with pytest.raises(TarInvalid, match="pax"):
        walk(entry(b"x", data, flag=b"x") + entry(b"a") + END)


def test_a_nul_in_a_pax_path_is_hostile() -> None:
    data = pax_header((b"path", b"good\0evil")) + entry(b"short") + END

    assert [problem for _, problem in problems(data)] == [PathProblem.NUL]


def test_a_name_over_the_limit_is_hostile_and_the_rest_is_read() -> None:
    long = b"n" * 5000
    data = entry(b"x", long + b"\0", flag=b"L", magic=GNU) + entry(b"x") + entry(b"a") + END

    assert walk(data).paths == [b"a"]
    assert problems(data) == [(long[:256], PathProblem.TOO_LONG)]


@pytest.mark.parametrize("flag", [b"Z", b"X"])
def test_an_unknown_type_is_recorded_and_its_data_skipped(flag: bytes) -> None:
    data = entry(b"odd", b"x" * 600, flag=flag) + entry(b"a") + END

    assert walk(data).paths == [b"a"]
    assert problems(data) == [(b"odd", PathProblem.UNKNOWN_TYPE)]


@pytest.mark.parametrize("key", [b"path", b"size", b"linkpath", b"GNU.sparse.size"])
def test_a_global_header_that_readers_disagree_about_is_refused(key: bytes) -> None:
    with pytest.raises(TarInvalid, match="disagree"):
        walk(pax_header((key, b"1"), flag=b"g") + entry(b"a") + END)


def test_a_harmless_global_header_applies_to_all_that_follows() -> None:
    data = (
        pax_header((b"comment", b"git"), (b"mtime", b"7.5"), flag=b"g") + entry(b"a") + entry(b"b")
    )

    assert list(walk(data + END).mtimes) == [7, 7]


def test_a_lone_zero_block_hides_nothing() -> None:
    with pytest.raises(TarInvalid, match="zero block"):
        walk(entry(b"a") + bytes(512) + entry(b"hidden", b"evil") + END)


@pytest.mark.parametrize("cut", [100, 511, 513, 700, 1023])
def test_a_truncated_archive_is_an_error(cut: int) -> None:
    with pytest.raises(TarTruncated):
        walk((entry(b"a", b"x" * 600) + END)[:cut])


def test_three_million_empty_files_are_bounded_by_the_number_of_entries() -> None:
    with pytest.raises(LayerTooLarge, match="entries"):
        walk(entry(b"a") * 5001 + END, LayerLimits(entries=5000))


def test_hostile_entries_count_too_and_only_the_first_are_kept() -> None:
    data = entry(b"../x") * 50 + END

    assert (len(walk(data, LayerLimits(hostile_entries=3)).hostile), walk(data).hostile_count) == (
        3,
        50,
    )
    with pytest.raises(LayerTooLarge, match="entries"):
        walk(data, LayerLimits(entries=49))


def test_the_bytes_of_all_names_are_bounded() -> None:
    with pytest.raises(LayerTooLarge, match="names"):
        walk(entry(b"n" * 90) * 20 + END, LayerLimits(names_bytes=1000))


def test_an_owner_that_no_kernel_knows_is_none() -> None:
    data = pax_header((b"uid", b"-1"), (b"gid", b"99999999999")) + entry(b"a") + END
    entries = walk(data)

    assert (entries.uids[0], entries.gids[0]) == (2**32 - 1, 2**32 - 1)


def test_pax_size_rules_over_the_header_and_links_have_no_data() -> None:
    data = pax_header((b"size", b"3")) + header(b"a", size=0) + padded(b"xyz")
    data += header(b"l", flag=b"2", link=b"a", size=512) + entry(b"b") + END
    entries = walk(data)

    assert entries.paths == [b"a", b"l", b"b"]
    assert entries.sizes[0] == 3


def test_go_wins_where_a_long_name_and_a_pax_path_disagree() -> None:
    data = entry(b"x", b"gnu\0", flag=b"L", magic=GNU) + pax_header((b"path", b"pax")) + entry(b"x")

    assert walk(data + END).paths == [b"gnu"]


def test_a_prefix_of_another_format_is_not_part_of_the_name() -> None:
    times = b"00000000001\0" * 2
    gnu = header(b"file", magic=GNU, rest=times)
    split = header(b"file", prefix=b"usr/lib")
    star = header(b"file", rest=b"opt".ljust(131, b"\0") + b"0" * 24 + bytes(8) + b"tar\0")

    assert walk(gnu + split + star + END).paths == [b"file", b"usr/lib/file", b"opt/file"]


def test_version_7_directories_end_in_a_slash() -> None:
    entries = walk(header(b"d/", flag=b"\0", magic=b"") + header(b"f", flag=b"\0", magic=b"") + END)

    assert list(entries.kinds) == [Kind.DIRECTORY, Kind.FILE]


def test_the_root_itself_is_no_row() -> None:
    entries = walk(header(b"./", flag=b"5") + entry(b"./a") + END)

    assert entries.paths == [b"a"]
    assert not entries.hostile_count


def test_an_extended_header_whose_record_has_no_length_does_not_loop() -> None:
    record = b"10 path=a\n"
    data = record + b"x" * 40
    with pytest.raises(TarInvalid):
        pax.parse(data)


def test_cpython_149486_a_chain_of_empty_named_links_leads_nowhere() -> None:
    chain = b"".join(header(b"", flag=b"2", link=target) for target in (b"/", b"..", b"x/../.."))
    data = chain + entry(b"x/y", b"kept") + END

    assert walk(data).paths == [b"x/y"]
    assert problems(data) == [(b"", PathProblem.EMPTY)] * 3


@pytest.mark.parametrize("link", [b"/etc/shadow", b"../../etc/shadow", b"./", b"a/../..", b"."])
def test_cve_2025_4138_a_link_is_kept_as_text_and_a_hard_link_links_only_inside(
    link: bytes,
) -> None:
    index = build(
        walk(header(b"s", flag=b"2", link=link) + header(b"h", flag=b"1", link=link) + END)
    )

    assert index.links[index.paths.index(b"s")] == link
    assert list(index.files()) == []


def test_cve_2025_4435_an_entry_that_is_refused_is_nowhere_in_the_index() -> None:
    index = build(walk(entry(b"../a", b"evil") + entry(b"a", b"good") + END))

    assert (index.paths, list(index.sizes), index.hostile_count) == ([b"a"], [4], 1)


@pytest.mark.parametrize("value", [b"", b"x", b"1x", b"-", b"9" * 30, b"9" * 19])
def test_a_number_of_a_pax_header_that_is_none_is_invalid(value: bytes) -> None:
    with pytest.raises(TarInvalid, match="pax header holds"):
        pax.integer(value)


def test_more_different_fields_than_are_remembered_change_nothing() -> None:
    data = b"".join(
        header(b"f", mode=0, mtime=number, checksum=None) for number in range(_CACHE_SIZE + 9)
    )
    found = walk(data + END)
    assert list(found.mtimes) == list(range(_CACHE_SIZE + 9))


def test_a_gnu_header_has_times_or_a_prefix_where_ustar_has_its_prefix() -> None:
    times = b"%011o\0%011o\0" % (1, 2)
    old_go = entry(b"b", magic=GNU, rest=b"a/folder")
    with_times = entry(b"c", magic=GNU, rest=times)
    no_text = entry(b"d", magic=GNU, rest=b"\xff\xfe")

    assert walk(old_go + with_times + no_text + END).paths == [b"a/folder/b", b"c", b"d"]


def test_a_long_name_before_a_size_that_is_no_octal_number_is_read_in_full() -> None:
    name = entry(b"././@LongLink", b"n" * 200 + b"\0", flag=b"L", magic=GNU)
    data = name + header(b"n", size=base_256(3), magic=GNU) + padded(b"abc") + END

    assert (walk(data).paths, list(walk(data).sizes)) == ([b"n" * 200], [3])


def test_the_root_with_an_empty_name_of_a_directory_is_no_row() -> None:
    records = pax_header((b"path", b"./"), (b"mtime", b"1"))
    assert walk(records + entry(b"x", flag=b"5") + entry(b"a") + END).paths == [b"a"]
