"""HTML: one file for people, which loads nothing and runs nothing.

Elements are made by :mod:`scantling_reporter.formats.markup`, which escapes whatever is not
markup of this module. The policy in the document's head forbids scripts and loading, should
anything get through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_reporter.formats.html_compliance import compliance_section
from scantling_reporter.formats.html_malware import malware_section
from scantling_reporter.formats.html_secrets import secrets_section
from scantling_reporter.formats.html_sections import (
    bases_section,
    errors_section,
    files_section,
    image_section,
    packages_section,
    risks_section,
)
from scantling_reporter.formats.html_settings import settings_section
from scantling_reporter.formats.html_vulnerabilities import vulnerabilities_section
from scantling_reporter.formats.markup import Markup, document, element

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_reporter.report import Report


def render(report: Report) -> str:
    """Return a report."""
    return render_all([report])


def render_all(reports: Iterable[Report]) -> str:
    """Return several reports, one after the other."""
    reports = list(reports)
    names = ", ".join(each.image.reference or each.image.digest for each in reports)
    parts = [part for report in reports for part in _report(report)]
    return document(f"Security report of {names}", parts)


def _report(report: Report) -> Iterable[Markup]:
    image = report.image
    yield element("h1", image.reference or image.digest)
    yield from image_section(report)
    yield from risks_section(report)
    yield from vulnerabilities_section(report)
    yield from malware_section(report)
    yield from settings_section(report)
    yield from secrets_section(report)
    yield from compliance_section(report)
    yield from packages_section(report)
    yield from files_section(report)
    yield from bases_section(report)
    yield from errors_section(report)
