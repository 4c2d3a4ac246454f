"""The analyzer of software compliance (requirement row 4.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.models import Program
from scantling_analyzers.inventory.distribution import distribution_of
from scantling_analyzers.inventory.packages import READERS, packages_of
from scantling_analyzers.inventory.support import unsupported_reason
from scantling_analyzers.risks.compliance.applied import applied, default_mark
from scantling_analyzers.risks.compliance.inspection import inspect
from scantling_analyzers.risks.compliance.subject import of_package, of_program
from scantling_analyzers.risks.omissions import omissions, status_of
from scantling_common.outcomes import Outcome, OutcomeError, Versions
from scantling_common.software_list.errors import EntryInvalid
from scantling_common.software_list.parsing import LIST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.contract import ImageContent, Settings
    from scantling_analyzers.risks.compliance.subject import Subject
    from scantling_common.risks import Risk

MAX_ERRORS: Final = 100
"""How many entries of a list that can't be understood are named."""


class ComplianceAnalyzer:
    """Holds a project's list ``disallowed-software`` against what is visible in an image.

    That are packages, and executable files that no package brought. Without a list the default
    one applies; a list of the project takes its place, and may include it.
    """

    risk: Risk = "compliance"
    version = 5
    readers = (*READERS, "program")

    @property
    def rules(self) -> str:
        """Return which default list outcomes are made with."""
        return default_mark()

    def analyze(self, image: ImageContent, settings: Settings) -> Outcome:
        """Return a finding for each piece of software that is not allowed, in a stable order.

        *Partial* where something of the image can't be read, an entry of the list can't be
        understood, or a version can't be compared with one. *Unsupported* where the packages of the
        distribution can't be told; what was found all the same is judged.
        """
        entries = settings.list(LIST)
        policy, wrong = applied(None if entries is None else tuple(entries))
        distribution = distribution_of(image)
        packages = packages_of(image, distribution)
        inspected = inspect(policy, map(of_package, packages), _programs(image))
        errors = (*_of_list(wrong), *inspected.errors, *omissions(image))
        status, code, reason = status_of(errors)
        unsupported = unsupported_reason(distribution, {each.type for each in packages})
        if unsupported:
            status, code, reason = "unsupported", "distribution_unsupported", unsupported
        return Outcome(
            risk=self.risk,
            status=status,
            code=code,
            reason=reason,
            findings=inspected.findings,
            errors=errors,
            versions=Versions(
                version=str(self.version), rules=self.rules, settings=settings.version
            ),
        )


def _programs(image: ImageContent) -> Iterator[Subject]:
    for located in image.visible():
        if isinstance(located.fact, Program):
            layer = image.layers[located.layer].diff_id
            yield of_program(located.fact, layer=layer, owner=located.owner)


def _of_list(messages: tuple[str, ...]) -> Iterator[OutcomeError]:
    for message in messages[:MAX_ERRORS]:
        yield OutcomeError(path="", layer="", code=EntryInvalid.code, message=message)
    more = len(messages) - MAX_ERRORS
    if more > 0:
        message = f"{more} more entries of {LIST} can't be understood"
        yield OutcomeError(path="", layer="", code="too_many", message=message)
