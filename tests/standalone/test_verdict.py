"""The exit status of a scan: what counts as found, and what as not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from scantling.scan.verdict import DONE, FOUND, NOT_READ, exit_status
from tests.reporter.vulnerabilities import (
    OPENSSL,
    a_vulnerability,
    a_vulnerable_report,
    vulnerable,
)

if TYPE_CHECKING:
    from scantling_common.risks import Severity


@pytest.mark.parametrize(
    ("fail_on", "status"),
    [(None, DONE), ("critical", DONE), ("high", FOUND), ("low", FOUND)],
)
def test_findings_from_a_severity_on_are_found(fail_on: Severity | None, status: int) -> None:
    report = a_vulnerable_report(vulnerable(a_vulnerability("CVE-1", OPENSSL, severity="high")))
    assert exit_status([report], fail_on=fail_on, allow_partial=False) == status


def test_what_is_set_aside_is_not_found() -> None:
    aside = a_vulnerability("CVE-1", OPENSSL, severity="critical", suppressed="not reached")
    report = a_vulnerable_report(vulnerable(aside))
    assert exit_status([report], fail_on="high", allow_partial=False) == DONE
    opened = replace(aside, details={})
    report = a_vulnerable_report(vulnerable(opened))
    assert exit_status([report], fail_on="high", allow_partial=False) == FOUND


def test_what_was_not_judged_is_not_read_unless_that_is_allowed() -> None:
    outcome = vulnerable(status="unsupported", code="advisories-missing")
    report = a_vulnerable_report(outcome)
    assert exit_status([report], fail_on=None, allow_partial=False) == NOT_READ
    assert exit_status([report], fail_on="high", allow_partial=True) == FOUND
