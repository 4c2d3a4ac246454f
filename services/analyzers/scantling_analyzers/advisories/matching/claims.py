"""What one claim of an advisory means for one package; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.advisories.matching.rebuilds import compared
from scantling_common.versions.keys import find
from scantling_common.versions.ranges import Answer, affected, any_of, is_listed

if TYPE_CHECKING:
    from scantling_analyzers.advisories.database.schema import Claim
    from scantling_analyzers.advisories.matching.subject import Question, Subject
    from scantling_common.versions.ranges import Event
    from scantling_common.versions.schemes import Scheme

Ranges = tuple[tuple["Event", ...], ...]

_ALL_ARCHITECTURES: Final = frozenset({"", "all", "any", "noarch"})
"""What packages say that are for every architecture."""
_MODULE_BUILDS: Final = (".module+", ".module_")
"""What the release of an rpm package says that was built in a module."""


def applies(claim: Claim, question: Question, subject: Subject) -> bool:
    """Tell whether a claim speaks of the package, whatever its version.

    A claim about a module stream is about packages of that stream only, and one about none is not
    about packages of a module.
    """
    if question.name_of and claim.name_of != question.name_of:
        return False
    if claim.arches and subject.arch not in _ALL_ARCHITECTURES and subject.arch not in claim.arches:
        return False
    if claim.repositories and not set(claim.repositories).intersection(subject.repositories):
        return False
    return claim.module == subject.module or _is_of_some_module(claim, subject)


def answer_of(claim: Claim, question: Question, scheme: Scheme) -> Answer:
    """Return whether the version of a question is in the ranges, or among the versions, of a claim.

    A claim with neither holds for every version.
    """
    if not claim.ranges and not claim.versions:
        return Answer.YES
    version = compared(question.form, question.version)
    ranges = ranges_of(claim, question)
    if len(ranges) == 1:
        answer = affected(scheme, version, ranges[0])
    else:
        answer = any_of(affected(scheme, version, each) for each in ranges)
    if answer is not Answer.YES and claim.versions and is_listed(scheme, version, claim.versions):
        return Answer.YES
    return answer


def fix_of(claim: Claim, question: Question, scheme: Scheme) -> str:
    """Return the lowest version that mends what a claim says, empty where it names none.

    Where one range is fixed another one, or the list of versions, may still hold.
    """
    here = find(scheme, compared(question.form, question.version))
    if here is None:
        return ""
    # By what is compared, as the publisher writes it.
    named = {
        seen.version: event.version
        for events, compared in zip(claim.ranges, ranges_of(claim, question), strict=True)
        for event, seen in zip(events, compared, strict=True)
        if seen.kind == "fixed"
    }
    keyed = ((find(scheme, fix), fix) for fix in named)
    for _, fix in sorted((key, fix) for key, fix in keyed if key is not None and key > here):
        there = replace(question, version=fix)
        if answer_of(claim, there, scheme) is Answer.NO:
            return named[fix]
    return ""


def ranges_of(claim: Claim, question: Question) -> Ranges:
    """Return the ranges of a claim, as they can be compared with the version of a question."""
    if question.epochs and not question.form:
        return claim.ranges
    return tuple(
        tuple(event._replace(version=_seen(event.version, question)) for event in events)
        for events in claim.ranges
    )


def _seen(bound: str, question: Question) -> str:
    """Return what stands for a bound where it is compared with the version of a question."""
    return compared(question.form, bound if question.epochs else _bare(bound))


def _bare(version: str) -> str:
    epoch, colon, rest = version.partition(":")
    return rest if colon and epoch.isascii() and epoch.isdecimal() else version


def _is_of_some_module(claim: Claim, subject: Subject) -> bool:
    """Say whether a claim about an unnamed module may be about the module of the package.

    Feeds that don't tell modules show by the build that it is of one. Streams of a module are
    lines of versions: a claim about another line is not about this package.
    """
    if claim.module or not subject.module:
        return False
    bounds = [event.version for events in claim.ranges for event in events if event.kind == "fixed"]
    line = _line(subject.version)
    return any(
        mark in bound and _line(bound) == line for bound in bounds for mark in _MODULE_BUILDS
    )


def _line(version: str) -> str:
    return _bare(version).partition(".")[0]
