"""The analyzer of unsafe settings (requirement row 4.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.checks.catalogue import baselines, items, mark
from scantling_analyzers.checks.models import OS
from scantling_analyzers.inventory.distribution import distribution_of
from scantling_analyzers.risks.omissions import omissions, status_of
from scantling_analyzers.risks.setting.applicability import applies, baseline_of
from scantling_analyzers.risks.setting.apt import MAIN as APT
from scantling_analyzers.risks.setting.judging import judge, look_at
from scantling_analyzers.risks.setting.passwords.judgement import rules_mark
from scantling_analyzers.risks.setting.passwords.section import password_section
from scantling_analyzers.risks.setting.sections import (
    Judged,
    counts_of,
    entry_of,
    finding_of,
    in_order,
)
from scantling_analyzers.risks.setting.sshd_configuration import PATHS as SSHD
from scantling_analyzers.risks.setting.sudoers import PATHS as SUDOERS
from scantling_analyzers.risks.setting.verdict import Verdict, not_applicable
from scantling_common.outcome_settings import SettingReport
from scantling_common.outcomes import DistributionEntry, Outcome, OutcomeError, Versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.checks.models import Baseline
    from scantling_analyzers.contract import ImageContent, Settings
    from scantling_analyzers.fact_seal import FactSeal
    from scantling_analyzers.facts.models import Distribution
    from scantling_analyzers.risks.setting.judging import Looked
    from scantling_common.risks import Risk, Status

NO_DISTRIBUTION: Final = "the image has no distribution"
UNSUPPORTED: Final = "distribution_unsupported"


class SettingAnalyzer:
    """Holds check items against what an image configures.

    Those of its distribution's baseline, of the OpenSSH server, of the password policy, and of
    the image's own configuration.
    """

    risk: Risk = "setting"
    version = 4
    readers = ("files", "os-release", "dpkg", "apk", "rpm", "configuration", "account")

    def __init__(self, seal: FactSeal | None = None) -> None:
        """Take the key that opens passwords; without it they can't be judged."""
        self._seal = seal

    def with_seal(self, seal: FactSeal) -> SettingAnalyzer:
        """Return the same analyzer with the key."""
        return SettingAnalyzer(seal)

    @property
    def rules(self) -> str:
        """Return which items, and which common passwords, outcomes are made with."""
        return f"{mark()} {rules_mark()}"

    def analyze(self, image: ImageContent, settings: Settings) -> Outcome:
        """Return every item with what was seen, and a finding for each that failed.

        *Partial* where something of the image can't be read, or a password can't be tried.
        *Unsupported* where its distribution has no baseline: what holds for all images is judged
        all the same. An image without a distribution is judged by its configuration.
        """
        distribution = distribution_of(image)
        baseline = baseline_of(distribution, baselines()) if distribution is not None else None
        looked = look_at(image)
        judged = list(_judged(looked, distribution, baseline))
        passwords = password_section(image, settings, self._seal)
        entries = in_order((*map(entry_of, judged), *passwords.items), baselines())
        layers = [layer.diff_id for layer in image.layers]
        failed = (each for each in judged if each.verdict.status == "failed")
        errors = (*omissions(image), *_not_followed(looked), *passwords.errors)
        status, code, reason = _status(status_of(errors), distribution, baseline)
        return Outcome(
            risk=self.risk,
            status=status,
            code=code,
            reason=reason,
            findings=(*(finding_of(each, layers) for each in failed), *passwords.findings),
            errors=errors,
            versions=Versions(
                version=str(self.version), rules=self.rules, settings=settings.version
            ),
            distribution=_entry(distribution) if distribution is not None else None,
            setting=SettingReport(baselines=tuple(counts_of(entries, baselines())), items=entries),
        )


def _not_followed(looked: Looked) -> Iterator[OutcomeError]:
    """Yield what a program includes and nobody read: items are *unknown*."""
    for path, problems in (
        (APT, looked.apt.problems),
        (SSHD[0], looked.sshd.problems),
        (SUDOERS[0], looked.sudoers.problems),
    ):
        for problem in problems:
            yield OutcomeError(path=path, layer="", code="left_out", message=problem)


def _judged(
    looked: Looked, distribution: Distribution | None, baseline: Baseline | None
) -> Iterator[Judged]:
    for item in items():
        if baseline is None and item.applies:
            yield Judged(item, item.baseline, _without_baseline(distribution))
        elif applies(item, baseline):
            name = baseline.id if item.baseline == OS and baseline else item.baseline
            yield Judged(item, name, judge(item, looked))


def _without_baseline(distribution: Distribution | None) -> Verdict:
    """Return the verdict of what asks for a distribution, where there is none that is known."""
    if distribution is None:
        return not_applicable(NO_DISTRIBUTION)
    return Verdict("unknown", _unsupported(distribution))


def _entry(distribution: Distribution) -> DistributionEntry:
    return DistributionEntry(
        id=distribution.id,
        version_id=distribution.version_id,
        name=distribution.pretty_name or distribution.name,
        service_pack=distribution.service_pack,
        edition=distribution.edition,
    )


def _unsupported(distribution: Distribution) -> str:
    named = " ".join(filter(None, (distribution.id, distribution.version_id)))
    return f"there is no baseline for {named}"


def _status(
    known: tuple[Status, str, str], distribution: Distribution | None, baseline: Baseline | None
) -> tuple[Status, str, str]:
    if distribution is not None and baseline is None:
        return "unsupported", UNSUPPORTED, _unsupported(distribution)
    return known
