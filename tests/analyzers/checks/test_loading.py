"""Files of check items: what is read, and every mistake by file and line."""

from __future__ import annotations

import pytest

from scantling_analyzers.checks.catalogue import baselines, items, mark, texts
from scantling_analyzers.checks.documents import MAX_DEPTH, ChecksInvalid, read_document
from scantling_analyzers.checks.loading import read_baselines, read_items
from scantling_analyzers.checks.models import Baseline

BASELINES = (Baseline(id="debian-12", title="Debian 12", groups=("linux",)),)
GOOD = """\
# A comment.
- id: one
  title: One
  description: It is.
  rationale: It may.
  remedy: Do.
  severity: low
  baseline: os
  applies: [linux]
  examine: {kind: mode, paths: [etc/a], most: "644"}
"""


def problem(text: str) -> str:
    with pytest.raises(ChecksInvalid) as raised:
        read_items([("a.yaml", text)], BASELINES)
    assert raised.value.code == "checks_invalid"
    return raised.value.message


def test_a_good_item_is_read() -> None:
    (item,) = read_items([("a.yaml", GOOD)], BASELINES)
    assert (item.id, item.severity, item.applies) == ("one", "low", ("linux",))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: one", "id: One", "a.yaml, line 2: One: an id has small letters"),
        (
            "severity: low",
            "severity: bad",
            "a.yaml, line 7: Invalid enum value 'bad' - at severity",
        ),
        ("  remedy: Do.\n", "", "a.yaml, line 2: Object missing required field `remedy`"),
        ("remedy: Do.", "remedy: ' '", "line 2: one: remedy is empty"),
        ("remedy: Do.", "cure: Do.", "line 6: Object contains unknown field `cure`"),
        ("kind: mode", "kind: mood", "line 10: Invalid value 'mood' - at examine.kind"),
        ("[linux]", "[plan9]", "line 2: one: plan9 is no baseline and no group of baselines"),
        ("  applies: [linux]\n", "", "line 2: one: it applies to no distribution"),
        ('"644"', '"rw-"', "line 2: one: rw- is no mode in octal"),
        ("baseline: os", "baseline: docker-image", "applies to no distribution"),
        ("# A", "- id: one\n# A", "line 1: Object missing required field"),
        ("  title: One\n", "  title: One\n  title: Two\n", "line 4: title is there twice"),
        ("title: One", "title: [a, b]", "line 3: Expected `str`, got `array` - at title"),
        ("title: One", "title: &a One", "line 3"),
        ("- id: one", "id: one", "a.yaml, line 3"),
        ("title: One", "title: !x One", "line 3: tags are not read"),
        ("title: One", "title: 'One", "a.yaml, line"),
        ("title: One", "[a]: One", "line 3: a key must be a word"),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, said: str) -> None:
    assert old in GOOD
    if new.startswith("title: &a"):
        text = GOOD.replace(old, new).replace("description: It is.", "description: *a")
        assert "line 3: anchors and aliases are not read" in problem(text)
        return
    assert said in problem(GOOD.replace(old, new))


def test_values_need_an_expectation_and_nothing_else_has_one() -> None:
    sshd = GOOD.replace('{kind: mode, paths: [etc/a], most: "644"}', "{kind: sshd, option: A}")
    assert "values are examined with an expectation" in problem(sshd)
    assert "values are examined with an expectation" in problem(f"{GOOD}  expect: {{at_most: 1}}\n")


@pytest.mark.parametrize(
    ("examined", "said"),
    [
        ('{kind: line, files: [a], pattern: "(", wanted: true}', "( is no pattern"),
        ('{kind: mask, files: [a], least: "8"}', "8 is no mask in octal"),
    ],
)
def test_what_the_schema_does_not_tell_is_told_all_the_same(examined: str, said: str) -> None:
    assert said in problem(GOOD.replace('{kind: mode, paths: [etc/a], most: "644"}', examined))


def test_either_an_option_or_flags_are_examined() -> None:
    examined = "{kind: pam-option, facility: auth, modules: [pam_a]}"
    text = GOOD.replace('{kind: mode, paths: [etc/a], most: "644"}', examined)
    assert "either an option is examined or flags are" in problem(
        f"{text}  expect: {{at_most: 1}}\n"
    )


def test_two_items_of_one_name_are_refused_also_in_two_files() -> None:
    with pytest.raises(ChecksInvalid, match=r"b\.yaml, line 2: one is there twice"):
        read_items([("a.yaml", GOOD), ("b.yaml", GOOD)], BASELINES)


def test_what_is_no_list_is_refused() -> None:
    for text in ("", "a: 1\n", "word\n"):
        assert "line 1: a list is expected" in problem(text)
    with pytest.raises(ChecksInvalid, match="line 1: Object missing required field `title`"):
        read_baselines("- id: a\n", "b.yaml")
    with pytest.raises(ChecksInvalid, match="line 2: a is there twice"):
        read_baselines("- {id: a, title: A}\n- {id: a, title: B}\n", "b.yaml")


def test_what_nests_too_deep_is_refused() -> None:
    with pytest.raises(ChecksInvalid, match=f"{MAX_DEPTH} deep"):
        read_document("- " * (MAX_DEPTH + 2) + "a\n", "x")


def test_words_are_what_yaml_1_2_takes_them_for() -> None:
    text = "[yes, 'no', true, false, 12, -1, 0644, '5', null, 0]\n"
    assert read_document(text, "x").data == [
        *("yes", "no", True, False, 12, -1, "0644", "5", None, 0),
    ]


def test_what_comes_with_the_product_is_read_and_has_a_mark() -> None:
    assert len(items()) > 250
    assert {"centos-7", "debian-10", "euleros-2", "ubuntu-16.04"} <= {b.id for b in baselines()}
    assert mark().startswith("checks:")
    assert all(name.endswith(".yaml") for name, _ in texts())
