"""The smallest version of a package that clears all of its findings; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.advisories.matching.claims import answer_of, fix_of
from scantling_common.versions.keys import find
from scantling_common.versions.ranges import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_analyzers.advisories.database.schema import Claim
    from scantling_analyzers.advisories.matching.subject import Question
    from scantling_common.versions.schemes import Scheme

MAX_STEPS: Final = 100
"""How often a version that mends one claim may be affected by another one."""

Asked = tuple["Claim", "Question"]


def upgrade_of(claims: Sequence[Asked], scheme: Scheme, version: str) -> str:
    """Return the smallest version that none of the claims holds for, empty where none is known.

    It is looked for among the versions that the claims name as fixes, in the branch of the
    installed version as far as they tell branches: each claim that holds affects everything up to
    its own next fix, so nothing below the highest of these can do; from there it is asked again.
    """
    reached = version
    for _ in range(MAX_STEPS):
        fixes = set()
        moved: dict[Question, Question] = {}
        for claim, question in claims:
            at = moved.get(question)
            if at is None:
                at = question if reached == version else replace(question, version=reached)
                moved[question] = at
            answer = answer_of(claim, at, scheme)
            if answer is Answer.UNKNOWN:
                return ""
            if answer is Answer.YES:
                fixes.add(fix_of(claim, at, scheme))
        if not fixes:
            return "" if reached == version else reached
        if "" in fixes:
            return ""
        reached = max(fixes, key=lambda fix: find(scheme, fix) or "")
    return ""
