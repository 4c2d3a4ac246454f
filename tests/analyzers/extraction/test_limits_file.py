"""The file that sets limits: what it can set, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import asdict

from scantling_analyzers.limits import DEFAULT_LIMITS, ArchiveLimits, Limits
from scantling_analyzers.limits_file import (
    LONGEST,
    LimitsInvalid,
    limits_table,
    parse_limits,
    read_limits,
)
from scantling_common.layers.limits import LayerLimits

if TYPE_CHECKING:
    from pathlib import Path


def test_what_a_file_lacks_stays_as_it_is() -> None:
    assert parse_limits("") == DEFAULT_LIMITS
    assert parse_limits("[layer]\nentries = 7\nseconds = 30\n[archive]\nseconds = 0.5\n") == Limits(
        layer=LayerLimits(entries=7, seconds=30.0), archive=ArchiveLimits(seconds=0.5)
    )


@pytest.mark.parametrize("table", ["layer", "archive"])
def test_every_limit_can_be_set(table: str) -> None:
    default = asdict(getattr(DEFAULT_LIMITS, table))
    lines = "".join(f"{key} = {int(value) + 1}\n" for key, value in default.items())
    changed = asdict(getattr(parse_limits(f"[{table}]\n{lines}"), table))
    assert changed == {key: value + 1 for key, value in default.items()}


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("[layer", "no TOML", ""),
        ("[layers]\n", "no table [layers]", "there are: layer, archive"),
        ("entries = 1\n", "no table [entries]", "there are: layer, archive"),
        ("layer = 3\n", "layer is not a table", "[layer]"),
        ("[layer]\nentry = 1\n", "[layer] has no limit 'entry'", "there are: seconds, comp"),
        ("[archive]\nentries = 1\n", "[archive] has no limit 'entries'", "members"),
        ("[layer]\nentries = -1\n", "entries in [layer] can't be -1", "by default it is 5000000"),
        ("[layer]\nentries = '9'\n", "entries in [layer] can't be '9'", ""),
        ("[layer]\nentries = 1.5\n", "entries in [layer] can't be 1.5", ""),
        ("[layer]\nentries = true\n", "entries in [layer] can't be True", ""),
        ("[layer]\nentries = 2305843009213693952\n", "entries in [layer] can't be 23", ""),
        ("[layer]\nseconds = 0\n", "seconds in [layer] can't be 0", ""),
        ("[layer]\nseconds = nan\n", "seconds in [layer] can't be nan", ""),
        ("[layer]\nseconds = inf\n", "seconds in [layer] can't be inf", ""),
        ("[layer]\nzstd_window_bytes = 9\n", "zstd_window_bytes in [layer] can't be 9", ""),
        ("[layer.entries]\na = 1\n", "entries in [layer] can't be {'a': 1}", ""),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str, hint: str) -> None:
    file = tmp_path / "limits.toml"
    file.write_text(text)
    with pytest.raises(LimitsInvalid) as raised:
        read_limits(file)
    assert raised.value.message.startswith(f"{file}: ")
    assert said in raised.value.message
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "can't be read"), (b"\xff", "not UTF-8"), (b"#" * (LONGEST + 1), "bytes")],
)
def test_a_file_that_can_t_be_read_is_named(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "limits.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(LimitsInvalid, match=said) as raised:
        read_limits(file)
    assert str(file) in raised.value.message


def test_without_a_file_nothing_is_set() -> None:
    assert read_limits(None) is DEFAULT_LIMITS


def test_the_table_has_every_limit_with_its_unit() -> None:
    rows = [line.split(" | ") for line in limits_table().splitlines()[2:]]
    assert len(rows) == len(asdict(LayerLimits())) + len(asdict(ArchiveLimits()))
    for _, key, _, unit, what in rows:
        assert (unit == "bytes") == ("_bytes" in key or "floor" in key)
        assert (unit == "s") == ("seconds" in key)
        assert len(what) > 10


def test_other_limits_have_another_mark() -> None:
    assert DEFAULT_LIMITS.mark == Limits().mark
    assert DEFAULT_LIMITS.mark != Limits(layer=LayerLimits(seconds=9.0)).mark
    assert DEFAULT_LIMITS.mark != Limits(layer=LayerLimits(entries=9)).mark
    assert DEFAULT_LIMITS.mark != Limits(archive=ArchiveLimits(depth=9)).mark
