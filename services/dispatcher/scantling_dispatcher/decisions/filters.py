"""Why an image is not scanned: a list of named pure predicates.

The first that holds is the reason. ``recorded`` ones become *skipped* items of the task; an
image outside of its project or scope is no image of the task at all. An operating system that
can't be scanned is no filter: its scan says *unsupported*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Final

import msgspec

from scantling_common.records.dispatcher import ANY_BUILD, TaskBody
from scantling_common.records.sync import Placement, Registry

VULNERABILITY: Final = "vulnerability"


class Analysis(msgspec.Struct, frozen=True):
    """What an analysis was, or would be, made with."""

    version: str
    rules: str
    settings: str


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a task wants of any image.

    ``current`` is what an analysis made now would be made with, by risk; it lacks a risk whose
    analyzer is not known yet. ``anew`` tells that an analysis with the same versions is wanted
    all the same (a manual scan). ``pushed`` are the risks that every push is looked for.
    """

    project: str
    body: TaskBody
    risks: tuple[str, ...]
    anew: bool
    pushed: frozenset[str] = frozenset()
    current: Mapping[str, Analysis] = {}


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An image that may be scanned, by the placement that shows it; None where none does.

    ``latest`` tells whether it shows the newest tag of its repository; ``analyses`` are those
    that hold in the image's head, without failed and stale ones. ``matched`` is the build of the
    advisories that its vulnerabilities were matched with, None where it was never analysed;
    ``asked`` whether it ever was looked for vulnerabilities.
    """

    placement: Placement | None
    registry: Registry | None
    latest: bool = True
    analyses: Mapping[str, Analysis] = {}
    matched: str | None = None
    asked: bool = False


class Filter(msgspec.Struct, frozen=True):
    """A predicate: the name is the reason of the skip."""

    name: str
    skips: Callable[[Placement, Candidate, Wish], bool]
    recorded: bool = True


def _moved(placement: Placement, _: Candidate, __: Wish) -> bool:
    return placement.gone


def _other_project(placement: Placement, _: Candidate, wish: Wish) -> bool:
    return placement.project != wish.project


def _out_of_scope(placement: Placement, _: Candidate, wish: Wish) -> bool:
    scope = wish.body.scope
    if wish.body.images and placement.image not in wish.body.images:
        return True
    if scope.get("placement", placement.id) != placement.id:
        return True
    if scope.get("registry", placement.registry) != placement.registry:
        return True
    return not (
        fnmatchcase(placement.repository, scope.get("repository", "*"))
        and fnmatchcase(placement.tag, scope.get("tag", "*"))
    )


def _registry_gone(_: Placement, candidate: Candidate, __: Wish) -> bool:
    return candidate.registry is None or candidate.registry.deleting


def _repository_kind(_: Placement, candidate: Candidate, wish: Wish) -> bool:
    wanted = wish.body.scope.get("repository_kind", "")
    registry = candidate.registry
    return bool(wanted) and (registry is None or registry.repository_kind != wanted)


def _platform(placement: Placement, _: Candidate, wish: Wish) -> bool:
    return bool(wish.body.platforms) and placement.platform not in wish.body.platforms


def _update_time_unknown(placement: Placement, _: Candidate, wish: Wish) -> bool:
    bounded = bool(wish.body.updated_after or wish.body.updated_before)
    return bounded and not placement.updated_at and not wish.body.unknown_updated


def _update_time(placement: Placement, _: Candidate, wish: Wish) -> bool:
    at, body = placement.updated_at, wish.body
    if not at:
        return False
    return at < body.updated_after or bool(body.updated_before and at >= body.updated_before)


def _not_latest(_: Placement, candidate: Candidate, wish: Wish) -> bool:
    return wish.body.latest_only and not candidate.latest


def _already_analysed(_: Placement, candidate: Candidate, wish: Wish) -> bool:
    if wish.anew:
        return False
    return all(
        risk in wish.current and candidate.analyses.get(risk) == wish.current[risk]
        for risk in wish.risks
    )


def _never_analysed(_: Placement, candidate: Candidate, wish: Wish) -> bool:
    return bool(wish.body.advisories) and candidate.matched is None


def _never_asked(_: Placement, candidate: Candidate, wish: Wish) -> bool:
    """Tell whether nobody wants to know the vulnerabilities of an image."""
    return bool(wish.body.advisories) and not candidate.asked and VULNERABILITY not in wish.pushed


def _matched_at_all(_: Placement, candidate: Candidate, wish: Wish) -> bool:
    return wish.body.advisories == ANY_BUILD and bool(candidate.matched)


def _already_matched(_: Placement, candidate: Candidate, wish: Wish) -> bool:
    return bool(wish.body.advisories) and candidate.matched == wish.body.advisories


MOVED: Final = Filter("moved", _moved)
"""No placement of the project shows the image any more."""

_MATCHED: Final = Filter("already_matched", _already_matched)

FILTERS: Final = (
    MOVED,
    Filter("other_project", _other_project, recorded=False),
    Filter("out_of_scope", _out_of_scope, recorded=False),
    Filter("registry_gone", _registry_gone),
    Filter("repository_kind", _repository_kind),
    Filter("platform", _platform),
    Filter("update_time_unknown", _update_time_unknown),
    Filter("update_time", _update_time),
    Filter("not_latest", _not_latest),
    Filter("already_analysed", _already_analysed),
    Filter("never_analysed", _never_analysed, recorded=False),
    Filter("never_asked", _never_asked, recorded=False),
    Filter("matched_at_all", _matched_at_all, recorded=False),
    _MATCHED,
)


def skipped_by(candidate: Candidate, wish: Wish) -> Filter | None:
    """Return the first filter that holds, None for an image that is to be scanned."""
    placement = candidate.placement
    if placement is None:
        return MOVED
    return next((each for each in FILTERS if each.skips(placement, candidate, wish)), None)


def matched_by(candidate: Candidate, wish: Wish) -> Filter | None:
    """Return the filter of what was matched with a build already, where it holds."""
    placement = candidate.placement
    if placement is None or not _MATCHED.skips(placement, candidate, wish):
        return None
    return _MATCHED
