"""What apt is told by its configuration and its sources."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.checks.catalogue import items
from scantling_analyzers.contract import Settings
from scantling_analyzers.risks.setting.analyzer import SettingAnalyzer
from scantling_analyzers.risks.setting.judging import judge, look_at
from tests.analyzers.risks.setting.images import image

if TYPE_CHECKING:
    from scantling_analyzers.risks.setting.verdict import Verdict

UNSIGNED = "APT::Get::AllowUnauthenticated"
PART = "etc/apt/apt.conf.d/50x"
STANZA = "Types: deb\nURIs: https://deb.example/debian\nSuites: trixie\nComponents: main\n"


def judged(name: str, files: dict[str, str]) -> Verdict:
    (item,) = (each for each in items() if each.id == name)
    return judge(item, look_at(image(files=files, distribution=("debian", "12"))))


def status(name: str, files: dict[str, str]) -> str:
    return judged(name, files).status


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'/* a */ {UNSIGNED} "true";', "failed"),
        (f'/* a\n{UNSIGNED} "true";\n*/', "passed"),
        (f'// {UNSIGNED} "true";', "passed"),
        (f'# {UNSIGNED} "true";', "passed"),
        (f'APT::Architecture "a"; # {UNSIGNED} "true";', "passed"),
        ('APT { Get { AllowUnauthenticated "true"; }; };', "failed"),
        ("APT::Get { allowunauthenticated yes; };", "failed"),
        ("APT\n{\n  Get::AllowUnauthenticated\n  1;\n};", "failed"),
        (f'{UNSIGNED} "true"; {UNSIGNED} "false";', "passed"),
        (f'{UNSIGNED} "true";\n#clear {UNSIGNED};', "passed"),
        (f'{UNSIGNED} "true";\n#clear APT;', "passed"),
        (f'#clear APT;\n{UNSIGNED} "true";', "failed"),
        (f'{UNSIGNED} "perhaps";', "passed"),
        (f'{UNSIGNED}::x "true";', "passed"),
        ("Acquire::AllowWeakRepositories on;", "failed"),
        ("APT::Get::force-yes with;", "failed"),
    ],
)
def test_what_apt_takes_as_set_counts(text: str, expected: str) -> None:
    assert status("apt-unauthenticated", {PART: text}) == expected


def test_the_line_and_the_option_are_shown() -> None:
    verdict = judged("apt-unauthenticated", {PART: '/* a\n*/\n\nAPT::Get::Force-Yes "1";\n'})

    assert (verdict.path, verdict.line) == (PART, 4)
    assert verdict.observed == 'APT::Get::Force-Yes "1"'


def test_the_main_file_is_read_last_and_parts_by_name() -> None:
    on, off = f'{UNSIGNED} "true";', f'{UNSIGNED} "false";'

    assert status("apt-unauthenticated", {PART: on, "etc/apt/apt.conf": off}) == "passed"
    assert status("apt-unauthenticated", {PART: off, "etc/apt/apt.conf": on}) == "failed"
    assert status("apt-unauthenticated", {PART: off, "etc/apt/apt.conf.d/60x": on}) == "failed"


@pytest.mark.parametrize("name", ["50x.dpkg-old", ".50x", "50x~", "50x.bak"])
def test_what_apt_does_not_read_says_nothing(name: str) -> None:
    files = {f"etc/apt/apt.conf.d/{name}": f'{UNSIGNED} "true"; broken'}
    assert status("apt-unauthenticated", files) == "passed"


def test_what_is_included_counts_where_it_stands() -> None:
    files = {
        PART: f'#include /etc/apt/apt.conf;\n{UNSIGNED} "false";\n',
        "etc/apt/apt.conf": f'{UNSIGNED} "true";',
    }
    assert status("apt-unauthenticated", files) == "failed"
    files["etc/apt/apt.conf"] += "\n#clear APT;"
    assert status("apt-unauthenticated", files) == "passed"


def test_what_is_included_and_not_looked_at_is_said() -> None:
    content = image(files={PART: "#include /srv/apt/;"}, distribution=("debian", "12"))
    outcome = SettingAnalyzer().analyze(content, Settings())

    assert outcome.status == "partial"
    assert outcome.errors[0].message == "apt.conf includes /srv/apt/, which is not looked at"
    assert outcome.setting is not None
    said = {item.id: item.status for item in outcome.setting.items}
    assert (said["apt-unauthenticated"], said["apt-verify-peer"]) == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Dir::Etc::sourcelist "/srv/sources";', "unknown"),
        ('Dir { Etc { SourceParts "/srv/parts"; }; };', "unknown"),
        ('Dir "/srv";', "unknown"),
        ('Dir::Etc::sourcelist "/etc/apt/sources.list"; Dir::Etc::Parts "apt.conf.d/";', "passed"),
        ('Dir "/"; Dir::Cache "/srv/cache";', "passed"),
    ],
)
def test_where_apt_reads_other_files_that_is_said(text: str, expected: str) -> None:
    files = {PART: text, "etc/apt/sources.list": "deb http://deb.example/ stable main\n"}
    assert status("apt-trusted-sources", files) == expected
    assert status("apt-unauthenticated", files) == expected
    without = {PART: text}
    missing = "unknown" if expected == "unknown" else "not_applicable"
    assert status("apt-trusted-sources", without) == missing


def test_what_is_included_and_not_looked_at_may_name_other_sources() -> None:
    files = {PART: "#include /srv/apt/;", "etc/apt/sources.list": "deb https://deb.example x y\n"}
    assert status("apt-trusted-sources", files) == "unknown"
    assert status("apt-trusted-sources", {PART: "#include /srv/apt/;"}) == "unknown"


def test_files_that_include_each_other_end() -> None:
    files = {PART: f"#include /{PART};\n#include /etc/apt/apt.conf.d/;\n"}
    assert status("apt-unauthenticated", files) == "unknown"


def test_where_apt_gives_up_the_file_is_not_read() -> None:
    content = image(files={PART: f'{UNSIGNED} "true" x;'}, distribution=("debian", "12"))
    outcome = SettingAnalyzer().analyze(content, Settings())

    assert (outcome.errors[0].path, outcome.errors[0].code) == (PART, "malformed")
    assert status("apt-unauthenticated", {PART: f'{UNSIGNED} "true" x;'}) == "unknown"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Trusted: yes\n", "failed"),
        ("trusted : 1\n", "failed"),
        ("Trusted:\n yes\n", "failed"),
        ("Allow-Insecure: yes\n", "failed"),
        ("Allow-Weak: true\n", "failed"),
        ("Allow-Downgrade-To-Insecure: on\n", "failed"),
        ("Trusted: no\n", "passed"),
        ("Trusted: perhaps\n", "passed"),
        ("#Trusted: yes\n", "passed"),
        ("Signed-By:\n Trusted: yes\n", "passed"),
        ("Trusted: yes\nTrusted: no\n", "passed"),
        ("Trusted: no\nTrusted: yes\n", "failed"),
        ("Trusted: yes\nEnabled: no\n", "passed"),
        ("Enabled: perhaps\n# Enabled: no\nTrusted: yes\n", "failed"),
        ("Enabled: no\n# a comment ends no stanza\nTrusted: yes\n", "passed"),
        (f"Enabled: no\n\n{STANZA}Trusted: yes\n", "failed"),
    ],
)
def test_stanzas_of_sources_are_judged_as_apt_reads_them(text: str, expected: str) -> None:
    files = {"etc/apt/sources.list.d/a.sources": f"{STANZA}{text}"}
    assert status("apt-trusted-sources", files) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("[trusted=yes]", "failed"),
        ("[ arch=amd64 trusted=on ]", "failed"),
        ('[signed-by="/a]b" trusted=yes]', "failed"),
        ('["trusted"=%79es]', "failed"),
        ("[allow-insecure=yes]", "failed"),
        ("[trusted=no trusted=1]", "failed"),
        ("[trusted=yes trusted=no]", "passed"),
        # Names of options are in small letters there.
        ("[Trusted=yes]", "passed"),
        ("[trusted=perhaps]", "passed"),
        ("", "passed"),
    ],
)
def test_lines_of_sources_are_judged_as_apt_reads_them(options: str, expected: str) -> None:
    text = f"# deb [trusted=yes] x\ndeb {options} https://deb.example/ ./ # [trusted=yes]\n"
    assert status("apt-trusted-sources", {"etc/apt/sources.list": text}) == expected


def test_lists_that_are_too_old_are_an_item_of_their_own() -> None:
    line = "deb [check-valid-until=no] https://snapshot.example/ ./\n"
    files = {"etc/apt/sources.list": line}

    assert status("apt-old-lists-of-sources", files) == "failed"
    assert status("apt-trusted-sources", files) == "passed"


def test_without_apt_or_its_sources_there_is_nothing_to_judge() -> None:
    assert status("apt-trusted-sources", {}) == "not_applicable"
    assert judged("apt-verify-peer", {}).observed == "apt is not installed"
    (item,) = (each for each in items() if each.id == "apt-verify-peer")
    installed = image(packages={"apt": "2.6.1"}, distribution=("debian", "12"))
    assert judge(item, look_at(installed)).status == "passed"


@pytest.mark.parametrize("name", ["Verify-Peer", "repo.example::Verify-Host"])
def test_certificates_are_asked_for_by_host_as_well(name: str) -> None:
    assert status("apt-verify-peer", {PART: f'Acquire::https::{name} "false";'}) == "failed"
    assert status("apt-verify-peer", {PART: f'Acquire::https::{name} "true";'}) == "passed"


def test_clearing_again_and_again_takes_no_longer() -> None:
    text = "".join(f"APT::A{number} 1; #clear APT::B{number};\n" for number in range(20_000))
    started = time.process_time()
    assert status("apt-unauthenticated", {PART: f"{text}{UNSIGNED} 1;"}) == "failed"
    assert time.process_time() - started < 4


def test_a_field_of_a_hundred_thousand_lines_takes_no_longer() -> None:
    text = f"{STANZA}Signed-By:\n{' x' * 4}\n" + " y\n" * 99_000 + "Trusted: yes\n"
    started = time.process_time()
    assert status("apt-trusted-sources", {"etc/apt/sources.list.d/a.sources": text}) == "failed"
    assert time.process_time() - started < 4
