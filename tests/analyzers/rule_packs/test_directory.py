"""The directory of packs: each is there whole or not at all, and what is wrong is named."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec
import pytest

from scantling_analyzers.rule_packs import checking
from scantling_analyzers.rule_packs.checking import check
from scantling_analyzers.rule_packs.directory import (
    InstalledPack,
    RuleDirectory,
    given_rules,
    is_directory,
)
from scantling_analyzers.rule_packs.errors import RulesUnusable
from scantling_analyzers.rule_packs.gathering import gather
from tests.builders.malware_marker import RULE
from tests.builders.packed import COMPRESSIONS, tarred, zipped

BAD = "rule Bad { condition: nowhere }\n"
HASHES = "44d88612fea8a8f36de82e1278abb02f:68:Tests.Marker\n"


def source(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return folder


def add(directory: RuleDirectory, path: Path, name: str = "ours", **more: bool) -> InstalledPack:
    checking_ = partial(check, cache=directory.compiled)
    return directory.add(name, str(path), partial(gather, path), checking_, now_ms=7, **more)


@pytest.fixture
def directory(tmp_path: Path) -> RuleDirectory:
    return RuleDirectory(tmp_path / "rules")


def test_a_pack_is_what_its_source_was_when_it_was_added(
    directory: RuleDirectory, tmp_path: Path
) -> None:
    path = source(tmp_path / "s", {"a/x.yar": RULE, "y.hdb": HASHES, "readme": "x"})
    pack = add(directory, path)
    (path / "a" / "x.yar").unlink()

    assert (pack.name, pack.added, pack.counts) == ("ours", 7, {"hashes": 1, "yara": 1})
    assert directory.packs() == [pack]
    rules = directory.configured()
    assert [each.kind for each in rules.packs] == ["hashes", "yara"]
    assert rules.cache == str(directory.compiled)
    assert sorted(file.name for file in Path(rules.packs[0].path).rglob("*.*")) == [
        "x.yar",
        "y.hdb",
    ]


def test_names_that_no_rule_has_are_told_and_leave_nothing_out(
    directory: RuleDirectory, tmp_path: Path
) -> None:
    off = "[extend]\ndisabledRules = ['Slack Token', 'generic-password', 'nobody']\n"
    pack = add(
        directory,
        source(tmp_path / "s", {"a.toml": off, "b.toml": off.replace("nobody", "slack-token")}),
    )
    assert pack.notes == ("a.toml: disabledRules: no rule of the product is called nobody",)
    assert pack.problems == ()
    assert directory.packs() == [pack]
    assert directory.configured().left_out == ()


def test_a_directory_may_stand_somewhere_else_later(
    directory: RuleDirectory, tmp_path: Path
) -> None:
    add(directory, source(tmp_path / "s", {"x.yar": RULE}))
    moved = directory.path.rename(tmp_path / "moved")
    (rules,) = RuleDirectory(moved).configured().packs
    assert Path(rules.path).is_relative_to(moved)


def test_bad_rules_are_named_and_left_out(directory: RuleDirectory, tmp_path: Path) -> None:
    pack = add(
        directory, source(tmp_path / "s", {"x.yar": RULE + BAD, "y.hdb": HASHES + "what?\n"})
    )
    assert pack.counts == {"hashes": 1, "yara": 1}
    assert [(each.file, each.rule) for each in pack.problems] == [
        ("y.hdb:2", ""),
        ("x.yar:12", "Bad"),
    ]


def test_a_file_for_secrets_that_is_not_utf_8_is_named_and_left_out(
    directory: RuleDirectory, tmp_path: Path
) -> None:
    rule = "[[rules]]\nid = 'ours'\nregex = 'ticket-[a-z]{6}'\n"
    path = source(tmp_path / "s", {"x.toml": rule})
    (path / "y.toml").write_bytes(rule.encode() + b"# caf\xe9\n")
    pack = add(directory, path)
    assert pack.counts == {"secrets": 1}
    assert [(each.file, each.message) for each in pack.problems] == [
        ("y.toml", "is not UTF-8: byte 53")
    ]


def test_a_kind_of_which_nothing_can_be_used_is_left_out(
    directory: RuleDirectory, tmp_path: Path
) -> None:
    pack = add(directory, source(tmp_path / "s", {"x.yar": BAD, "y.hdb": HASHES}))
    assert [each.kind for each in pack.rules] == ["hashes"]
    assert [each.rule for each in pack.problems] == ["Bad"]


def test_what_a_pack_leaves_out_is_told_by_kind(directory: RuleDirectory, tmp_path: Path) -> None:
    add(directory, source(tmp_path / "s", {"x.yar": RULE + BAD, "y.hdb": HASHES, "z.toml": "a ="}))
    rules = directory.configured()
    told = [(each.pack, each.kind, each.count) for each in rules.left_out]

    assert told == [("ours", "secrets", 1), ("ours", "yara", 1)]
    assert rules.left_out_of("hashes") == ()
    assert rules.mark("yara") != msgspec.structs.replace(rules, left_out=()).mark("yara")
    assert given_rules(directory.path, None).left_out == ()


def test_a_pack_may_count_as_whole_without_what_it_leaves_out(
    directory: RuleDirectory, tmp_path: Path
) -> None:
    pack = add(directory, source(tmp_path / "s", {"x.yar": RULE + BAD}), allow_partial=True)

    assert [each.rule for each in pack.problems] == ["Bad"]
    assert directory.packs() == [pack]
    assert directory.configured().left_out == ()


def test_what_is_told_of_no_file_may_be_of_any_kind(
    directory: RuleDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MAX_PROBLEMS", 1)
    add(directory, source(tmp_path / "s", {"x.yar": RULE, "y.hdb": HASHES + "what?\n" * 9}))

    told = [(each.kind, each.count) for each in directory.configured().left_out]
    assert told == [("hashes", 2), ("yara", 1)]


def test_many_problems_are_counted(
    directory: RuleDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MAX_PROBLEMS", 3)
    pack = add(directory, source(tmp_path / "s", {"y.hdb": HASHES + "what?\n" * 9}))
    assert len(pack.problems) == 4
    assert pack.problems[-1].message == "6 more problems"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"x.yar": BAD}, "holds no rule that can be used: x.yar"),
        ({"x.toml": "a = "}, "is not TOML"),
        ({"x.toml": "a = 1"}, r"it has no \[\[rules\]\]"),
        ({"readme": "x"}, "holds no rules"),
    ],
)
def test_a_pack_without_any_rule_is_refused_and_leaves_nothing(
    directory: RuleDirectory, tmp_path: Path, files: dict[str, str], said: str
) -> None:
    with pytest.raises(RulesUnusable, match=said):
        add(directory, source(tmp_path / "s", files))
    assert directory.packs() == []
    assert [each.name for each in directory.path.iterdir() if each.name != ".compiled"] == []


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "A", "scantling", "x" * 65, "a\n"])
def test_a_name_is_no_path_and_not_that_of_the_product(
    directory: RuleDirectory, tmp_path: Path, name: str
) -> None:
    with pytest.raises(RulesUnusable, match="can't be the name"):
        add(directory, source(tmp_path / "s", {"x.yar": RULE}), name)
    with pytest.raises(RulesUnusable, match="no pack"):
        directory.remove(name)


def test_a_pack_is_replaced_only_where_that_is_wanted(
    directory: RuleDirectory, tmp_path: Path
) -> None:
    before = add(directory, source(tmp_path / "1", {"x.yar": RULE}))
    path = source(tmp_path / "2", {"x.yar": RULE.replace("Marker", "Other")})
    with pytest.raises(RulesUnusable, match="there is a pack ours already"):
        add(directory, path)
    after = add(directory, path, replace=True)
    assert directory.packs() == [after]
    assert after.rules[0].mark != before.rules[0].mark


def test_a_pack_is_removed(directory: RuleDirectory, tmp_path: Path) -> None:
    add(directory, source(tmp_path / "1", {"x.yar": RULE}))
    with pytest.raises(RulesUnusable) as refused:
        directory.remove("other")
    assert refused.value.hint == "there are: ours"
    directory.remove("ours")
    assert directory.packs() == []


def test_a_damaged_pack_is_said(directory: RuleDirectory, tmp_path: Path) -> None:
    add(directory, source(tmp_path / "1", {"x.yar": RULE}))
    (directory.path / "ours" / "installed.json").write_text("{")
    with pytest.raises(RulesUnusable, match="it is damaged"):
        directory.packs()


def test_packs_come_as_archives_too_and_names_in_them_are_no_paths(
    directory: RuleDirectory, tmp_path: Path
) -> None:
    files = {"a/x.yar": RULE.encode(), "b/x.yar": RULE.replace("Marker", "Two").encode()}
    for number, content in enumerate((zipped(files), COMPRESSIONS["gz"](tarred(files)))):
        archive = tmp_path / f"{number}.pack"
        archive.write_bytes(content)
        assert add(directory, archive, f"p{number}").counts == {"yara": 2}
    evil = tmp_path / "evil.zip"
    evil.write_bytes(zipped({"../../../evil.yar": RULE.encode(), "/etc/evil.yar": BAD.encode()}))
    add(directory, evil, "evil")
    assert not list(tmp_path.glob("evil.yar"))
    names = sorted(file.name for file in (directory.path / "evil").rglob("*.yar"))
    assert names == ["00001-evil.yar", "00002-evil.yar"]


def test_an_archive_that_can_not_be_read_whole_is_refused(
    directory: RuleDirectory, tmp_path: Path
) -> None:
    archive = tmp_path / "cut.zip"
    archive.write_bytes(zipped({"x.yar": RULE.encode()})[:-20])
    with pytest.raises(RulesUnusable, match=r"cut\.zip"):
        add(directory, archive)


def test_what_a_user_names_is_a_directory_of_packs_or_one_pack(
    directory: RuleDirectory, tmp_path: Path
) -> None:
    path = source(tmp_path / "My Rules", {"x.yar": RULE})
    (given,) = given_rules(path, tmp_path / "cache").packs
    assert given.name == "my-rules"
    assert not is_directory(path)
    add(directory, path)
    assert is_directory(directory.path)
    assert given_rules(directory.path, None) == directory.configured()
