"""The default list: it can be read, has no entry twice, and is kind to what images need."""

from __future__ import annotations

from collections import Counter

import pytest

from scantling_analyzers.contract import Settings, rules_of
from scantling_analyzers.facts.models import Package, Program
from scantling_analyzers.risks.compliance.analyzer import ComplianceAnalyzer
from scantling_analyzers.risks.compliance.applied import default_rules, default_text
from scantling_analyzers.risks.file.analyzer import FileAnalyzer
from scantling_common.software_list.lines import first_error
from tests.analyzers.risks.content import content

GROUPS = {
    *("miner", "remote-shell", "tunnel", "sniffer", "network-scanner", "attack-tool"),
    *("debugger", "compiler", "package-manager"),
}


def group_of(name: str, type_: str) -> str:
    """Return the group of what the default list says of a piece of software, empty for nothing."""
    fact: Package | Program = Package(path="db", name=name, version="1", type=type_)
    if type_ == "program":
        fact = Program(path=f"opt/{name}")
    outcome = ComplianceAnalyzer().analyze(content((fact, 0, None)), Settings())
    return next((finding.id for finding in outcome.findings), "")


def test_every_line_can_be_read() -> None:
    assert first_error(default_text().splitlines(), "line") is None
    assert len(default_rules()) > 150


def test_every_entry_has_a_reason_and_a_group_and_says_which_types_it_means() -> None:
    for rule in default_rules():
        assert rule.entry.reason, rule.entry.text
        assert rule.entry.types, rule.entry.text
    assert {rule.entry.id for rule in default_rules()} == GROUPS


def test_no_entry_is_there_twice() -> None:
    names = Counter(
        (rule.entry.name, type_) for rule in default_rules() for type_ in rule.entry.types
    )
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    ("name", "type_", "group"),
    [
        ("xmrig", "program", "miner"),
        ("netcat-openbsd", "deb", "remote-shell"),
        ("nmap-ncat", "rpm", "remote-shell"),
        ("openssh-server", "deb", "remote-shell"),
        ("github.com/fatedier/frp", "golang", "tunnel"),
        ("tcpdump", "apk", "sniffer"),
        ("nmap", "apk", "network-scanner"),
        ("github.com/projectdiscovery/nuclei/v3", "golang", "attack-tool"),
        ("gdb", "rpm", "debugger"),
        ("gcc-12", "deb", "compiler"),
        ("golang-1.22-go", "deb", "compiler"),
        ("apt", "deb", "package-manager"),
        ("apk-tools", "apk", "package-manager"),
        ("npm", "npm", "package-manager"),
        ("pip", "pypi", "package-manager"),
    ],
)
def test_each_group_finds_what_it_is_for(name: str, type_: str, group: str) -> None:
    assert group_of(name, type_) == group


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("gcc-12-base", "deb"),
        ("libgcc", "apk"),
        ("libgcc-s1", "deb"),
        ("busybox", "apk"),
        ("libapt-pkg6.0", "deb"),
        ("rpm-libs", "rpm"),
        ("make", "npm"),
        ("nc", "npm"),
        ("rust", "program"),
        ("openssh-client", "deb"),
        ("curl", "deb"),
        ("tornado", "pypi"),
        ("tor", "npm"),
        ("python3", "program"),
        ("apk", "npm"),
    ],
)
def test_what_has_a_like_name_is_left_alone(name: str, type_: str) -> None:
    assert group_of(name, type_) == ""


def test_the_list_is_a_part_of_what_outcomes_are_made_with() -> None:
    assert rules_of(ComplianceAnalyzer()).startswith("software-list:")
    assert rules_of(FileAnalyzer()) == ""
