"""Check items about permissions and owners; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.setting.verdict import Verdict, failed, not_applicable, passed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.checks.models import ModeExamined
    from scantling_analyzers.facts.models import Place
    from scantling_analyzers.risks.setting.accounts import Accounts
    from scantling_analyzers.risks.setting.system import System

_STICKY: Final = 0o1000
_NAMED: Final = 10
"""How many paths are named."""


def judge_mode(system: System, accounts: Accounts, examined: ModeExamined) -> Verdict:
    """Judge all that stands at the paths; the first that is wrong is where it is seen."""
    found = list(dict(system.entries(examined.paths)).items())
    if not found:
        named = ", ".join("/" + name for name in examined.paths)
        return not_applicable(f"nothing stands at {named}")
    groups = {"root": 0, **accounts.group_ids}
    allowed = {groups[name] for name in examined.groups if name in groups}
    wrong = [
        (path, place, "; ".join(problems))
        for path, place in found
        if (problems := list(_problems(place, examined, allowed)))
    ]
    if not wrong:
        path, place = found[0]
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        return passed(f"/{path} is {written(place)}{more}", path, 0, place.layer)
    said = ", ".join(f"/{path} is {written(place)}" for path, place, _ in wrong[:_NAMED])
    more = f", and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
    path, place, why = wrong[0]
    return failed(f"{said}{more} ({why})", path, 0, place.layer)


def _problems(place: Place, examined: ModeExamined, groups: set[int]) -> Iterator[str]:
    over = place.mode & ~int(examined.most, 8)
    if over:
        yield f"{over:04o} too much"
    if examined.owned and place.uid != 0:
        yield f"its owner is {place.uid}"
    if examined.groups and place.gid not in groups:
        yield f"its group is {place.gid}"
    if examined.sticky and not place.mode & _STICKY:
        yield "it has no sticky bit"


def written(place: Place) -> str:
    """Return mode, owner and group as numbers."""
    return f"{place.mode:04o} {place.uid}:{place.gid}"
