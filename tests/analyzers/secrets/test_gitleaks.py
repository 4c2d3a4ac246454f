"""Rule files of users: what is taken, and a clear reason for each rule that is not."""

from __future__ import annotations

import pytest

from scantling_analyzers.secrets.engine import SecretEngine, engine_with
from scantling_analyzers.secrets.gitleaks.rules import MAX_BYTES, UserRules, read_rules

RULE = """
[[rules]]
id = "Our Token"
description = "Token of our service"
regex = '''(?i)\\b(ours-[a-z0-9]{8,})(?:['"\\s]|$)'''
entropy = 2
keywords = ["ours-"]
"""


def found(text: str, *files: str) -> list[tuple[str, bytes]]:
    rules = [rule for file in files for rule in read_rules(file).rules]
    allowed = [each for file in files for each in read_rules(file).allowlists]
    engine = SecretEngine(rules, allowlists=allowed)
    return [
        (match.rule, match.value.reveal()) for match in engine.find(text.encode(), path="a/b.c")
    ]


def problems(file: str) -> list[tuple[str, str]]:
    return [(each.rule, each.reason) for each in read_rules(file).problems]


def test_a_rule_is_taken_with_all_that_it_says() -> None:
    read = read_rules(RULE)
    assert read.problems == ()
    assert [rule.id for rule in read.rules] == ["our-token"]
    assert read.rules[0].title == "Token of our service"
    assert found("x = ours-a1b2c3d4\n", RULE) == [("our-token", b"ours-a1b2c3d4")]


def test_a_value_that_is_too_regular_is_no_finding() -> None:
    assert found("x = ours-oooooooo\n", RULE) == []


def test_a_keyword_must_be_near() -> None:
    rule = RULE.replace('keywords = ["ours-"]', 'keywords = ["elsewhere"]')
    assert found("x = ours-a1b2c3d4\n", rule) == []
    assert found("Elsewhere: ours-a1b2c3d4\n", rule) == [("our-token", b"ours-a1b2c3d4")]


def test_the_secret_is_the_group_that_the_rule_says() -> None:
    rule = "[[rules]]\nid='a'\nregex='([a-z]+)=([0-9]{4})[(]'\nsecretGroup=2"
    assert found("pin=1234(", rule) == [("a", b"1234")]
    assert found("pin=1234(", rule.replace("secretGroup=2", "")) == [("a", b"pin")]
    assert found("1234", "[[rules]]\nid='a'\nregex='[0-9]{4}'") == [("a", b"1234")]
    assert found("foobar!", "[[rules]]\nid='a'\nregex='(?P<value>foo)(bar)'\nsecretGroup=2") == [
        ("a", b"bar")
    ]
    assert found("b=7", "[[rules]]\nid='a'\nregex='a=([0-9])|b=([0-9])'") == [("a", b"7")]
    assert found("n=7;", "[[rules]]\nid='a'\nregex='n=(?P<x>[0-9]);'\nsecretGroup=1") == [
        ("a", b"7")
    ]


def test_a_rule_is_for_paths_only_if_it_says_so() -> None:
    rule = "[[rules]]\nid='a'\nregex='ab[0-9]'\npath='''\\.c$'''"
    assert found("ab1", rule) == [("a", b"ab1")]
    assert found("ab1", rule.replace("\\.c", "\\.d")) == []


@pytest.mark.parametrize(
    ("allowlist", "expected"),
    [
        ("regexes=['a1b2']", []),
        ("regexes=['zzz']", [("our-token", b"ours-a1b2c3d4")]),
        ("stopwords=['B2C3']", []),
        ("paths=['a/b']", []),
        ("paths=['x/y']", [("our-token", b"ours-a1b2c3d4")]),
        ("regexTarget='line'\nregexes=['^known']", []),
        ("regexTarget='match'\nregexes=['^known']", [("our-token", b"ours-a1b2c3d4")]),
        ("condition='AND'\nregexes=['a1b2']\npaths=['a/b']", []),
        ("condition='AND'\nregexes=['a1b2']\npaths=['x']", [("our-token", b"ours-a1b2c3d4")]),
    ],
)
def test_an_allowlist_takes_findings_away(
    allowlist: str, expected: list[tuple[str, bytes]]
) -> None:
    text = "known ours-a1b2c3d4\n"
    assert found(text, f"{RULE}\n[[rules.allowlists]]\n{allowlist}") == expected
    assert found(text, f"{RULE}\n[rules.allowlist]\n{allowlist}") == expected
    assert found(text, f"{RULE}\n[[allowlists]]\n{allowlist}") == expected


def test_an_allowlist_may_be_for_some_rules() -> None:
    other = f"{RULE}\n[[allowlists]]\ntargetRules=['another']\nstopwords=['a1b2']"
    assert found("ours-a1b2c3d4\n", other) == [("our-token", b"ours-a1b2c3d4")]
    same = other.replace("another", "Our Token")
    assert found("ours-a1b2c3d4\n", same) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[rules]]\nregex='a'", "it has no id"),
        ("[[rules]]\nid='r'", "it has no regex; rules by path alone are not supported"),
        ("[[rules]]\nid='r'\nregex='a'\nsecretGroup=3", "secretGroup is 3, and it has 0 groups"),
        ("[[rules]]\nid='r'\nregex='a'\nsecretGroup='x'", "secretGroup is not a number"),
        ("[[rules]]\nid='r'\nregex='a'\nentropy=-1", "entropy is -1, which it can't be"),
        ("[[rules]]\nid='r'\nregex='a'\nkeywords='x'", "keywords is not a list of texts"),
        ("[[rules]]\nid='r'\nregex=1", "regex is not a text"),
        ("[[rules]]\nid='r'\nregex='a'\nrequired=[]", "required is not supported"),
        ("[[rules]]\nid='r'\nregex='('", "it is not a regular expression"),
        ("[[rules]]\nid='r'\nregex='a)'", "it is not a regular expression"),
        ("[[rules]]\nid='r'\nregex='(?=a)'", "of Go: invalid perl operator: (?="),
        ("[[rules]]\nid='r'\nregex='(a)\\1'", "of Go: invalid escape sequence: \\1"),
        ("[[rules]]\nid='r'\nregex='a*'", "it matches where there is nothing"),
        ("[[rules]]\nid='r'\nregex='a'\npath='('", "it is not a regular expression"),
        ("[[rules]]\nid='r'\nregex='a'\n[rules.allowlist]\ncondition='XOR'", "condition is XOR"),
        ("[[rules]]\nid='r'\nregex='a'\n[rules.allowlist]\nregexTarget='x'", "regexTarget is x"),
    ],
)
def test_a_rule_that_cannot_be_taken_is_named_with_the_reason(text: str, reason: str) -> None:
    good = "\n[[rules]]\nid = 'good'\nregex = 'b'\n"
    read = read_rules(text + good)
    assert [rule.id for rule in read.rules] == ["good"]
    ((name, said),) = read.problems
    assert name in {"r", "rule 1"}
    assert reason in said


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("not toml", "", "the file is not TOML"),
        ("rules = 1", "", "rules is not a list of tables"),
        ("rules = [1]", "rule 1", "it is not a table"),
        ("[extend]\npath = 'x'", "extend", "extend.path is not supported"),
        ("extend = 1", "extend", "extend is not a table"),
        ("[[allowlists]]\nregexes = ['(']", "allowlist 1", "regular expression"),
        ("allowlists = [1]", "allowlist 1", "the allowlist is not a table"),
        ("#" * (MAX_BYTES + 1), "", "the file has more than"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(text: str, name: str, reason: str) -> None:
    ((said_of, said),) = problems(text)
    assert said_of == name
    assert reason in said


def test_two_rules_of_one_id_are_one_and_a_problem() -> None:
    read = read_rules(RULE + RULE)
    assert len(read.rules) == 1
    assert read.problems[0].reason == "another rule has this id"


def test_two_rules_whose_ids_are_the_same_here_are_one_and_a_problem() -> None:
    read = read_rules("[[rules]]\nid='x y'\nregex='a'\n[[rules]]\nid='X-y'\nregex='b'")
    assert [rule.id for rule in read.rules] == ["x-y"]
    assert read.problems == (("X-y", "another rule has this id"),)


def test_more_rules_than_are_read_are_told_of() -> None:
    rules = "".join(f"[[rules]]\nid='r{n}'\nregex='a'\n" for n in range(2001))
    read = read_rules(rules)
    assert len(read.rules) == 2000
    assert "only the first 2000 are used" in read.problems[0].reason


def test_the_rules_of_users_come_beside_the_products() -> None:
    engine = engine_with([read_rules(f"[extend]\ndisabledRules=['slack-token']\n{RULE}")])
    text = b"x = ours-a1b2c3d4\npassword = hb7Xk2pQ9zRt\n"
    assert [match.rule for match in engine.find(text)] == ["our-token", "generic-password"]


def test_a_rule_whose_id_another_has_is_told_of_by_its_own() -> None:
    first = """
        [[rules]]
        id = "slack-token"
        regex = "aa[0-9]"
        [[rules.allowlists]]
        regexes = ["1$"]
    """
    second = """
        [[rules]]
        id = "Slack token"
        regex = "bb[0-9]"
        [[allowlists]]
        regexes = ["2$"]
        targetRules = ["slack-token"]
    """
    engine = engine_with([read_rules(first), read_rules(second)])
    token = "xoxb-" + "826150394127-" * 2 + "Kq7ZtR2mWx9LbN4vHs6YdC8"
    text = f"aa1 aa2 bb1 bb2\n{token}1\n{token}2\n".encode()
    assert [(match.rule, match.value.reveal()) for match in engine.find(text)] == [
        ("slack-token-2", b"aa2"),
        ("slack-token-3", b"bb1"),
        ("slack-token", f"{token}1".encode()),
        ("slack-token", f"{token}2".encode()),
    ]


def test_a_rule_in_place_of_one_that_is_disabled_keeps_its_id() -> None:
    rules = """
        [extend]
        disabledRules = ["slack-token"]
        [[rules]]
        id = "slack-token"
        regex = "aa[0-9]"
    """
    (match,) = engine_with([read_rules(rules)]).find(b"aa1")
    assert match.rule == "slack-token"


def test_what_is_told_of_by_its_name_can_be_disabled() -> None:
    text = b"password = hb7Xk2pQ9zRt\nAPI_TOKEN = a8Dk3jR9sLq2Wm5XzC7vB1\n"
    disabling = '[extend]\ndisabledRules = ["Generic token"]\n'
    assert [match.rule for match in engine_with([read_rules(disabling)]).find(text)] == [
        "generic-password"
    ]
    own = f'{disabling}[[rules]]\nid = "generic-token"\nregex = "hb7X"\n'
    assert "generic-token" in {
        match.rule for match in engine_with([read_rules(own)]).find(b"say hb7X\n")
    }


REFUSED = "'(?=a)'"


def test_of_an_allowlist_the_patterns_that_can_be_taken_are() -> None:
    found = read_rules(f"[allowlist]\nregexes = [{REFUSED}, 'abc']\npaths = ['x/']\n")
    (allowlist,) = found.allowlists
    assert allowlist.allows("any", "", b"abc", b"", b"")
    assert allowlist.allows("any", "x/y", b"", b"", b"")
    assert [(problem.rule, "(?=a): it is not" in problem.reason) for problem in found.problems] == [
        ("allowlist 1", True)
    ]


def test_a_rule_is_taken_without_what_of_its_allowlist_can_not_be() -> None:
    found = read_rules("[[rules]]\nid='r'\nregex='a'\n[[rules.allowlists]]\nregexes=['(']")
    assert [rule.id for rule in found.rules] == ["r"]
    (problem,) = found.problems
    assert problem.rule == "r"
    assert "regular expression" in problem.reason


def test_an_allowlist_of_which_all_must_be_so_is_taken_whole_or_not_at_all() -> None:
    found = read_rules(f"[allowlist]\ncondition = 'AND'\nregexes = [{REFUSED}]\npaths = ['x/']\n")
    assert not found.allowlists
    assert len(found.problems) == 1


def test_no_files_are_no_rules() -> None:
    assert read_rules("") == UserRules()
