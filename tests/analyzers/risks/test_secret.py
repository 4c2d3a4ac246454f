"""The analyzer of secrets: what is told, what is left out, and what can't be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from scantling_analyzers.contract import Settings
from scantling_analyzers.facts.models import FileFacts, LocatedError, Secret, Tally
from scantling_analyzers.risks.secret import analyzer as module
from scantling_analyzers.risks.secret.analyzer import SecretAnalyzer
from scantling_analyzers.rule_packs.configured import ConfiguredRules, LeftOut, RuleFiles
from tests.analyzers.risks.content import content

if TYPE_CHECKING:
    import pytest

    from scantling_analyzers.contract import ImageContent
    from scantling_analyzers.facts.models import AnyFact
    from scantling_common.outcomes import Outcome


def secret(path: str = "srv/.env", line: int = 3, **more: Any) -> Secret:
    given: dict[str, Any] = {
        "rule": "token",
        "title": "A token",
        "severity": "high",
        "score": 0.9,
        "reasons": ("it looks so", "it is named so"),
        "excerpt": "TOKEN=****",
        "fingerprint": "f1",
    }
    return Secret(path=path, line=line, **{**given, **more})


def judged(image: ImageContent, *unchecked: str) -> Outcome:
    lists = {"unchecked-paths": unchecked} if unchecked else {}
    return SecretAnalyzer().analyze(image, Settings(version="1", lists=lists))


def image(*facts: AnyFact, layer: int = 1) -> ImageContent:
    return content(*((fact, layer, None) for fact in facts))


def in_configuration(*facts: AnyFact, errors: tuple[LocatedError, ...] = ()) -> ImageContent:
    read = FileFacts(path="", facts=facts, errors=errors)
    return replace(content(), configuration=(read,))


def test_a_finding_says_what_stands_where_and_why() -> None:
    outcome = judged(image(secret()))

    (finding,) = outcome.findings
    assert outcome.status == "complete"
    assert (finding.id, finding.severity, finding.title) == ("token", "high", "A token")
    assert (finding.path, finding.layer) == ("srv/.env", content().layers[1].diff_id)
    assert finding.description == "In line 3: TOKEN=****"
    assert finding.details == {
        "line": "3",
        "excerpt": "TOKEN=****",
        "score": "0.90",
        "reasons": "it looks so; it is named so",
    }
    assert "Revoke it" in finding.solution


def test_no_secret_is_no_finding_and_complete() -> None:
    outcome = judged(image())
    assert (outcome.status, outcome.findings) == ("complete", ())


def test_what_a_later_layer_deletes_is_told_and_marked() -> None:
    outcome = judged(content((secret(), 0, 1)))

    (finding,) = outcome.findings
    layers = content().layers
    assert finding.layer == layers[0].diff_id
    assert finding.details["hidden_by"] == layers[1].diff_id
    assert "in a file that a later layer hides" in finding.description
    assert "delete it in a later layer does not help" in finding.solution


def test_what_the_visible_file_has_as_well_is_told_once() -> None:
    same = content((secret(line=1), 0, 1), (secret(line=2), 1, None))
    (finding,) = judged(same).findings
    assert "hidden_by" not in finding.details

    other = content((secret(fingerprint="f0"), 0, 1), (secret(), 1, None))
    hidden, visible = sorted(
        judged(other).findings, key=lambda each: each.layer != content().layers[0].diff_id
    )
    assert "hidden_by" in hidden.details
    assert hidden.fingerprint != visible.fingerprint


def test_what_a_later_entry_of_the_same_layer_replaces_is_told_and_marked() -> None:
    hidden, visible = judged(
        content((secret(fingerprint="f0", line=9), 0, 0), (secret(line=1), 0, None))
    ).findings[::-1]
    assert hidden.details["hidden_by"] == hidden.layer == content().layers[0].diff_id
    assert "in an entry of the layer that no container shows" in hidden.description
    assert "hidden_by" not in visible.details

    (once,) = judged(content((secret(line=9), 0, 0), (secret(line=1), 0, None))).findings
    assert "hidden_by" not in once.details
    assert "lines" not in once.details


def test_one_secret_in_several_lines_of_a_file_is_one_finding() -> None:
    (finding,) = judged(image(secret(line=9), secret(line=3), secret(line=3))).findings
    assert (finding.details["line"], finding.details["lines"]) == ("3", "3, 9")


def test_two_secrets_of_one_rule_in_a_file_are_two_findings_that_stay_the_same() -> None:
    both = image(secret(line=9, fingerprint="f2"), secret(line=3))
    first, second = judged(both).findings
    assert first.details["line"] == "3"
    assert first.fingerprint != second.fingerprint

    moved = image(secret(line=90, fingerprint="f2"), secret(line=30))
    assert [f.fingerprint for f in judged(moved).findings] == [
        first.fingerprint,
        second.fingerprint,
    ]


def test_the_same_secret_elsewhere_is_named() -> None:
    here, there = judged(image(secret(), secret("srv/b", line=7))).findings
    assert here.details["also_at"] == "srv/b:7"
    assert there.details["also_at"] == "srv/.env:3"

    many = image(*(secret(f"srv/{n:02}") for n in range(13)))
    said = judged(many).findings[0].details["also_at"]
    assert said.startswith("srv/01:3, srv/02:3")
    assert said.endswith(", and 2 more")


def test_the_configuration_is_told_without_a_path() -> None:
    variable = secret("", line=0, place="environment", item="TOKEN")
    outcome = judged(in_configuration(variable, secret("", 0, place="history", item="step 3")))

    environment, history = outcome.findings
    assert (environment.path, environment.layer) == ("", "")
    assert environment.description == (
        "In the configuration of the image (environment, TOKEN): TOKEN=****"
    )
    assert (environment.details["place"], environment.details["item"]) == ("environment", "TOKEN")
    assert environment.details["also_at"] == "history: step 3"
    assert environment.fingerprint != history.fingerprint
    assert "build secrets" in environment.solution


def test_a_build_step_is_told_with_the_layer_that_it_made() -> None:
    made = secret("", line=0, place="history", item="step 4", layer=1)
    (finding,) = judged(in_configuration(made)).findings
    assert finding.layer == content().layers[1].diff_id
    assert "hidden_by" not in finding.details

    none = secret("", line=0, place="history", item="step 4", layer=7)
    assert judged(in_configuration(none)).findings[0].layer == ""


def test_a_list_of_the_project_leaves_paths_out_and_counts_them() -> None:
    some = image(secret(), secret("srv/app/a"), secret("srv/app/b/c"), secret("srv/apple"))
    outcome = judged(some, "/srv/app/", "/srv/.env", "# ours")

    assert [f.path for f in outcome.findings] == ["srv/apple"]
    assert outcome.search is not None
    assert outcome.search.left_out == 3
    assert outcome.search.unchecked_paths == ("/srv/app/", "/srv/.env")
    assert outcome.status == "complete"


def test_a_list_does_not_leave_out_the_configuration() -> None:
    assert len(judged(in_configuration(secret("", 0, place="labels")), "/srv/").findings) == 1


def test_what_could_not_be_read_is_partial_even_where_it_is_hidden() -> None:
    broken = content(errors=(("srv/a", 0, 1), ("srv/b", 1, None)))
    outcome = judged(broken)
    assert (outcome.status, outcome.code) == ("partial", "left_out")
    assert [error.path for error in outcome.errors] == ["srv/a", "srv/b"]

    assert judged(broken, "/srv/").status == "complete"
    assert [error.path for error in judged(broken, "/srv/a").errors] == ["srv/b"]


def test_a_configuration_that_could_not_be_read_is_partial() -> None:
    error = LocatedError(path="", code="too_many", message="too much of it")
    outcome = judged(in_configuration(errors=(error,)), "/srv/")
    assert (outcome.status, outcome.reason) == ("partial", "too much of it")


def test_files_that_are_not_searched_are_counted_and_leave_nothing_partial() -> None:
    tallies = (
        Tally(path="", counts={"binary": 2, "checked": 5, "passed_over": 100}),
        Tally(path="", counts={"binary": 1, "checked": 1, "too_large": 1}),
    )
    outcome = judged(content((tallies[0], 0, None), (tallies[1], 1, None)))
    assert outcome.status == "complete"
    assert outcome.search is not None
    assert outcome.search.checked == 6
    assert outcome.search.unchecked == {"binary": 3, "default_path": 100, "too_large": 1}


def test_an_entry_that_can_not_be_understood_is_told_and_the_others_apply() -> None:
    outcome = judged(image(secret(), secret("srv/b")), "srv", "/srv/b")
    assert outcome.status == "partial"
    (error,) = outcome.errors
    assert error.code == "list_entry_invalid"
    assert error.message == "entry 1 of unchecked-paths: srv is no absolute path"
    assert [f.path for f in outcome.findings] == ["srv/.env"]


def test_a_twenty_first_entry_does_not_apply_and_is_told() -> None:
    entries = [f"/srv/{n}" for n in range(21)]
    outcome = judged(image(secret("srv/19"), secret("srv/20")), *entries)
    assert [f.path for f in outcome.findings] == ["srv/20"]
    assert "more than 20 entries" in outcome.reason


def test_too_many_secrets_are_not_all_told_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_FINDINGS", 2)
    outcome = judged(image(*(secret(f"srv/{n}") for n in range(5))))
    assert len(outcome.findings) == 2
    assert [(e.code, e.message) for e in outcome.errors] == [
        ("too_many", "3 more secrets are not told")
    ]


def test_what_is_less_sure_than_wanted_is_counted_and_not_told() -> None:
    some = image(secret(score=0.55), secret("srv/b", score=0.7))
    demanding = SecretAnalyzer().with_least_score(0.7)

    outcome = demanding.analyze(some, Settings())

    assert [f.path for f in outcome.findings] == ["srv/b"]
    assert outcome.search is not None
    assert outcome.search.unsure == 1
    assert outcome.status == "complete"
    assert outcome.versions.rules == f"{SecretAnalyzer().rules} score:0.7"
    assert demanding.with_rules(ConfiguredRules()).rules == demanding.rules


def test_a_fleet_can_tell_if_two_images_have_the_same_secret() -> None:
    some = image(secret(fingerprint="f" * 64))
    fleet = SecretAnalyzer().with_fingerprints()

    assert "secret" not in judged(some).findings[0].details
    for each in (fleet, fleet.with_rules(ConfiguredRules()), fleet.with_least_score(0.5)):
        (finding,) = each.analyze(some, Settings()).findings
        assert finding.details["secret"] == "f" * 32
        assert finding.fingerprint == judged(some).findings[0].fingerprint


def test_other_rules_are_another_version_of_outcomes() -> None:
    pack = RuleFiles(name="ours", kind="secrets", path="ours.toml", mark="m")
    yara = RuleFiles(name="ours", kind="yara", path="ours.yar", mark="y")
    own = SecretAnalyzer()
    assert own.with_rules(ConfiguredRules(packs=(pack,))).rules != own.rules
    assert own.with_rules(ConfiguredRules(packs=(yara,))).rules == own.rules
    assert judged(image()).versions.rules == own.rules


def test_rules_that_can_not_be_used_leave_it_partial_and_are_another_version() -> None:
    without = LeftOut(pack="ours", kind="secrets", count=3)
    others = LeftOut(pack="ours", kind="yara", count=3)
    lacking = SecretAnalyzer(ConfiguredRules(left_out=(without,)))

    assert lacking.analyze(image(), Settings()).status == "partial"
    assert lacking.rules != SecretAnalyzer().rules
    assert SecretAnalyzer(ConfiguredRules(left_out=(others,))).analyze(
        image(), Settings()
    ).status == (judged(image()).status)


def test_the_order_is_that_of_places_whatever_the_order_of_facts() -> None:
    facts = [secret("b"), secret("a", line=2, fingerprint="f2"), secret("a", line=1)]
    one, other = judged(image(*facts)), judged(image(*reversed(facts)))
    assert one.findings == other.findings
    assert [(f.path, f.details["line"]) for f in one.findings] == [
        ("a", "1"),
        ("a", "2"),
        ("b", "3"),
    ]
