"""The analyzer of settings: statuses, baselines, counts, findings."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from scantling_analyzers.checks.catalogue import baselines, items
from scantling_analyzers.contract import FactError, Settings
from scantling_analyzers.facts.models import Distribution, LocatedError
from scantling_analyzers.risks.setting.analyzer import SettingAnalyzer
from scantling_analyzers.risks.setting.applicability import baseline_of
from tests.analyzers.risks.setting.images import image

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent
    from scantling_common.outcome_settings import SettingItem
    from scantling_common.outcomes import Outcome


def judged(content: ImageContent) -> Outcome:
    return SettingAnalyzer().analyze(content, Settings(version="7"))


def items_of(outcome: Outcome) -> dict[str, SettingItem]:
    assert outcome.setting is not None
    return {item.id: item for item in outcome.setting.items}


@pytest.mark.parametrize(
    ("id_", "version", "baseline"),
    [
        ("centos", "7", "centos-7"),
        ("centos", "8", "rhel-8"),
        ("rocky", "9.3", "rhel-9"),
        ("rhel", "10.0", None),
        ("debian", "10", "debian-10"),
        ("debian", "13", "debian-13"),
        ("debian", "", None),
        ("ubuntu", "16.04", "ubuntu-16.04"),
        ("ubuntu", "22.10", "ubuntu-22.04"),
        ("ubuntu", "14.04", None),
        ("euleros", "2.0", "euleros-2"),
        ("openEuler", "22.03", "openeuler"),
        ("kylin", "V10", "kylin-10"),
        ("uos", "20", "uos-20"),
        ("sles", "12.5", "sles-12"),
        ("opensuse-leap", "15.6", "sles-15"),
        ("alpine", "3.19.1", "alpine-3"),
        ("fedora", "40", None),
    ],
)
def test_a_release_has_its_baseline(id_: str, version: str, baseline: str | None) -> None:
    known = baseline_of(
        Distribution(path="etc/os-release", id=id_, version_id=version), baselines()
    )
    assert (known.id if known else None) == baseline


def test_items_of_the_system_are_counted_in_its_baseline() -> None:
    outcome = judged(image(distribution=("debian", "12"), files={"etc/login.defs": "UMASK 022\n"}))

    item = items_of(outcome)["login-umask"]
    assert (item.baseline, item.status, item.line) == ("debian-12", "failed", 1)
    assert item.description
    assert item.remedy
    finding = next(each for each in outcome.findings if each.id == "login-umask")
    assert finding.details["baseline"] == "debian-12"
    assert (finding.details["observed"], finding.details["line"]) == ("UMASK 022", "1")
    assert (finding.path, finding.layer) == ("etc/login.defs", image().layers[0].diff_id)
    assert outcome.setting is not None
    counts = {each.id: each for each in outcome.setting.baselines}
    assert counts["debian-12"].failed >= 1
    total = sum(
        each.passed + each.failed + each.not_applicable + each.unknown for each in counts.values()
    )
    assert total == len(outcome.setting.items)


def test_items_stand_by_baseline_and_so_do_their_counts() -> None:
    outcome = judged(image(distribution=("debian", "12")))
    assert outcome.setting is not None
    groups = [name for name, _ in groupby(outcome.setting.items, key=lambda item: item.baseline)]
    assert groups == [each.id for each in outcome.setting.baselines]
    assert groups == ["debian-12", "ssh", "password-policy", "docker-image", "weak-passwords"]


def test_items_of_other_systems_are_not_there() -> None:
    debian = items_of(judged(image(distribution=("debian", "12"))))
    centos = items_of(judged(image(distribution=("centos", "7"))))
    assert "apt-unauthenticated" in debian
    assert "apt-unauthenticated" not in centos
    assert "yum-gpgcheck" in centos
    assert "yum-gpgcheck" not in debian


def test_without_a_distribution_the_configuration_is_judged() -> None:
    outcome = judged(image())
    known = items_of(outcome)
    assert known["file-passwd"].reason == "the image has no distribution"
    assert known["image-user"].status == "failed"
    assert known["ssh-root-login"].status == "not_applicable"


def test_a_distribution_without_a_baseline_is_unsupported_and_unknown() -> None:
    outcome = judged(image(distribution=("fedora", "40")))
    assert (outcome.status, outcome.code) == ("unsupported", "distribution_unsupported")
    assert outcome.reason == "there is no baseline for fedora 40"
    assert items_of(outcome)["file-passwd"].status == "unknown"
    assert items_of(outcome)["image-user"].status == "failed"


def test_what_could_not_be_read_makes_it_partial() -> None:
    content = image(distribution=("debian", "12"), files={"etc/sudoers": "a\0"})
    outcome = judged(content)
    assert outcome.status == "partial"
    assert "etc/sudoers" in {error.path for error in outcome.errors}
    assert items_of(outcome)["sudo-nopasswd"].status == "unknown"

    error = LocatedError(path="etc/sudoers", code="malformed", message="x")
    hidden = FactError(error=error, reader="configuration", layer=0, hidden_by=1)
    beneath = replace(image(distribution=("debian", "12")), errors=(hidden,))
    assert items_of(judged(beneath))["sudo-nopasswd"].status == "not_applicable"


def test_what_the_ssh_server_includes_and_nobody_read_makes_it_partial() -> None:
    files = {"etc/ssh/sshd_config": "Include /opt/server.conf\nPermitRootLogin no\n"}
    with_server = image(files=files, places={"usr/sbin/sshd": "0755 0:0"})
    outcome = judged(with_server)
    assert outcome.status == "partial"
    message = "not all of /opt/server.conf is read, which is included"
    assert message in {error.message for error in outcome.errors}
    assert items_of(outcome)["ssh-root-login"].reason == message

    without_server = judged(image(files=files, places={"etc": "d0755 0:0"}))
    assert message not in {error.message for error in without_server.errors}


def test_a_server_that_can_not_be_read_is_told_once() -> None:
    files = {"etc/ssh/sshd_config": "Include /opt/server.conf\0\n"}
    outcome = judged(image(files=files, places={"usr/sbin/sshd": "0755 0:0"}))
    assert {error.code for error in outcome.errors} == {"not_text", "fact_key_missing"}


def test_a_finding_stays_the_same_while_its_item_fails() -> None:
    def fingerprint(mask: str) -> str:
        outcome = judged(image(distribution=("debian", "12"), files={"etc/login.defs": mask}))
        return next(each.fingerprint for each in outcome.findings if each.id == "login-umask")

    assert fingerprint("UMASK 022\n") == fingerprint("\n\nUMASK 000\n")


def test_observed_values_are_redacted_and_bounded() -> None:
    env = [f"MY_PATH={'x' * 5000}", "NODE_OPTIONS=--inspect=0.0.0.0 token=abcdef123456"]
    outcome = judged(image(config={"env": env, "user": "u" * 5000}))
    known = items_of(outcome)
    assert "abcdef123456" not in known["image-debugging"].observed
    assert len(known["image-user"].observed) <= 1000


def test_outcomes_of_equal_images_are_equal_and_name_their_rules() -> None:
    content = image(distribution=("debian", "12"), files={"etc/login.defs": "UMASK 022\n"})
    outcome = judged(content)
    assert outcome == judged(content)
    assert outcome.versions.rules == SettingAnalyzer().rules
    assert outcome.versions.settings == "7"
    assert len({item.id for item in items()}) == len(items())
