"""Images that are made to hurt: the analysis of settings ends, and says what it could not tell."""

from __future__ import annotations

import time
from typing import Any

import pytest

from scantling_analyzers.contract import Settings
from scantling_analyzers.risks.setting.analyzer import SettingAnalyzer
from scantling_common.outcome_pages import PAGE_LIMIT, assemble, paginate
from tests.analyzers.risks.setting.images import image

SECONDS = 20.0
"""How long a judgement may take on a slow machine; the time of the process counts."""


def analysed(**given: Any) -> Any:
    begun = time.process_time()
    content = image(distribution=("debian", "12"), **given)
    outcome = SettingAnalyzer().analyze(content, Settings())
    assert time.process_time() - begun < SECONDS
    return outcome


@pytest.mark.parametrize(
    "given",
    [
        {"files": {"etc/profile": "PATH=" + "a:" * 2000 + "\n" + "umask " * 600 + "\n"}},
        {"files": {"etc/sudoers": ("Defaults " + "x," * 2000 + "\n") * 50}},
        {"files": {"etc/exports": ("/a *(" + "rw," * 1300 + "\n") * 50}},
        {"files": {"etc/pam.d/common-password": "password [" + "a=1 " * 250 + "] x\n" * 500}},
        {"files": {"etc/apt/sources.list": "trusted " * 500 + "\n"}},
        {"files": {f"etc/pam.d/s{n}": "@include common-auth\n" for n in range(2000)}},
        {"files": {"etc/ssh/sshd_config": "Include " + "*/" * 500 + "\n"}},
        {"places": {f"home/u{n}/.ssh/authorized_keys": "0666 0:0" for n in range(9000)}},
        {"config": {"env": ["PATH=" + ":" * 100_000], "cmd": ["sshd" * 20_000]}},
        {"history": ["RUN /bin/sh -c " + "apt update ; " * 2000] * 100},
        {"labels": {f"l{n}": "[redacted" * 100 for n in range(1000)}},
        {"packages": {f"p{n}": "1" * 1000 for n in range(20_000)}},
    ],
    ids=[
        *("profile", "sudoers", "exports", "control", "sources", "services", "includes"),
        *("places", "environment", "steps", "labels", "packages"),
    ],
)
def test_the_analysis_ends(given: dict[str, Any]) -> None:
    assert analysed(**given).setting is not None


def test_outcomes_fit_the_bus_whatever_was_observed() -> None:
    report = {
        "count": 1,
        "size": 1,
        "setuid_count": 1000,
        "setuid": ["x" * 4000 + str(n) for n in range(1000)],
    }
    outcome = analysed(report=report, config={"user": "u" * 100_000})
    pages = paginate(outcome)
    assert max(map(len, pages)) <= PAGE_LIMIT
    assert assemble(pages) == outcome


def test_names_that_a_terminal_would_act_upon_are_escaped() -> None:
    files = {"etc/passwd": "root:x:0:0::/root:/bin/sh\n\x1b[31m\u202e:x:0:0::/:/bin/sh\n"}
    observed = next(
        item.observed for item in analysed(files=files).setting.items if item.id == "account-uid-0"
    )
    assert observed.isprintable()
    assert "\\x1b" in observed
