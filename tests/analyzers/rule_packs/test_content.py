"""What a pack consists of, and that its mark changes with its content and with nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.extraction.worker import load_catalogue
from scantling_analyzers.rule_packs import content
from scantling_analyzers.rule_packs.checking import check
from scantling_analyzers.rule_packs.configured import (
    NO_RULES,
    ConfiguredRules,
    RuleFiles,
    configured_by,
)
from scantling_analyzers.rule_packs.content import files_of, rules_of_path
from scantling_analyzers.rule_packs.errors import RulesUnusable
from tests.builders.malware_marker import RULE
from tests.builders.packed import zipped

if TYPE_CHECKING:
    from pathlib import Path


def _pack(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return folder


def _marks(path: Path) -> dict[str, str]:
    return {each.kind: each.mark for each in rules_of_path("p", path)}


def test_a_directory_holds_rules_of_several_kinds(tmp_path: Path) -> None:
    pack = _pack(tmp_path, {"a/x.YAR": "1", "b.yara": "2", "c.hdb": "3", "d.toml": "4", "e": "5"})
    assert sorted(_marks(pack)) == ["hashes", "secrets", "yara"]
    assert [file.name for file in files_of(pack, "yara")] == ["x.YAR", "b.yara"]
    assert [file.name for file in files_of(pack / "c.hdb", "hashes")] == ["c.hdb"]


def test_the_mark_is_that_of_the_content(tmp_path: Path) -> None:
    one = _marks(_pack(tmp_path / "1", {"a.yar": "x", "b.hdb": "y", "readme": "1"}))
    same = _marks(_pack(tmp_path / "2", {"a.yar": "x", "b.hdb": "y", "readme": "2"}))
    other = _marks(_pack(tmp_path / "3", {"a.yar": "z", "b.hdb": "y"}))
    renamed = _marks(_pack(tmp_path / "4", {"c.yar": "x"}))
    assert one == same
    assert other["hashes"] == one["hashes"]
    assert len({one["yara"], other["yara"], renamed["yara"]}) == 3


def test_the_mark_is_another_one_under_another_name(tmp_path: Path) -> None:
    """Facts have the name: packs of the same content find the same, each under its own."""
    path = _pack(tmp_path, {"a.yar": "x", "b.hdb": "y", "c.toml": "z"})
    marks = [each.mark for name in ("p", "q") for each in rules_of_path(name, path)]
    assert len(set(marks)) == 6


def test_what_says_something_of_a_pack_is_no_rule(tmp_path: Path) -> None:
    pack = _pack(tmp_path, {"pack.json": "{}", "a.toml": "1"})
    assert sorted(_marks(pack)) == ["secrets"]
    assert sorted(_marks(_pack(tmp_path, {"b.yar": "1"}))) == ["secrets", "yara"]


@pytest.mark.parametrize("name", ["LICENSE.txt", "table.csv", "table.tsv"])
def test_texts_and_tables_are_lists_only_with_a_hash_in_them(tmp_path: Path, name: str) -> None:
    licence = "Copyright (c)\n\nYou may, as of version c0ffee, do so.\n"
    pack = _pack(tmp_path, {"a.yar": RULE, name: licence})
    assert sorted(_marks(pack)) == ["yara"]
    _pack(pack, {"b.hdb": f"{'a' * 32}:1:X\n"})
    (hashes, _) = rules_of_path("p", pack)
    assert check([hashes], None) == ({"hashes": 1}, (), ())
    _pack(pack, {name: f"{licence}{'b' * 64}\n"})
    assert check(rules_of_path("p", pack)[:1], None)[0] == {"hashes": 2}


def test_a_zip_is_a_pack_of_yara_rules_by_itself_only(tmp_path: Path) -> None:
    archive = tmp_path / "pack.zip"
    archive.write_bytes(zipped({"a.yar": RULE.encode()}))
    (rules,) = rules_of_path("p", archive)
    assert rules.kind == "yara"
    assert check([rules], None) == ({"yara": 1}, (), ())
    with pytest.raises(RulesUnusable, match="holds no rules"):
        rules_of_path("p", tmp_path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yar"
    secret.write_text("x")
    pack = _pack(tmp_path / "pack", {"a.yar": "1"})
    before = _marks(pack)
    (pack / "b.yar").symlink_to(secret)
    assert _marks(pack) == before


def test_what_holds_no_rules_or_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesUnusable, match="is not there"):
        rules_of_path("p", tmp_path / "nowhere")
    with pytest.raises(RulesUnusable, match="holds no rules") as refused:
        rules_of_path("p", _pack(tmp_path, {"readme": "x"}))
    assert ".yar" in refused.value.hint


def test_what_is_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = _pack(tmp_path, {"a.yar": "x" * 10, "b.yar": "y" * 10})
    for name, least in (("MAX_FILES", 1), ("MAX_FILE_BYTES", 9), ("MAX_BYTES", 15)):
        with monkeypatch.context() as patch:
            patch.setattr(content, name, least)
            with pytest.raises(RulesUnusable, match=str(least)):
                rules_of_path("p", pack)


def test_configured_rules_survive_as_text() -> None:
    files = RuleFiles(name="n ä", kind="yara", path="/x y", mark="m")
    rules = ConfiguredRules(packs=(files,), cache="/c")
    assert configured_by(rules.text) == rules
    assert rules.text.isascii()
    assert rules.of_kind("secrets") == ()
    assert rules.of_kind("yara", "hashes") == (files,)
    assert rules.mark("secrets") == NO_RULES.mark("yara") == ""
    assert rules.mark("yara") != ""


def echo(text: str) -> tuple[str, ...]:
    """Return what a catalogue is made from."""
    return (text,)


def test_a_catalogue_can_be_made_from_text() -> None:
    made: tuple[object, ...] = load_catalogue(f"{__name__}:echo?a?b:c")
    assert made == ("a?b:c",)
