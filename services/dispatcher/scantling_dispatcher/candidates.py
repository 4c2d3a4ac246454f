"""What the filters look at, read from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.records.dispatcher import scan_id
from scantling_common.store.port import Range
from scantling_dispatcher.decisions.filters import VULNERABILITY, Analysis, Candidate, Wish
from scantling_dispatcher.decisions.scans import split

if TYPE_CHECKING:
    from scantling_common.records.dispatcher import Task, TaskBody
    from scantling_common.records.reporter import Head
    from scantling_common.records.sync import Placement
    from scantling_dispatcher.board import Board
    from scantling_dispatcher.repositories import Repositories
    from scantling_dispatcher.versions import Versions

ANEW: Final = frozenset({"manual", "request"})
"""Kinds of tasks that analyse an image again although nothing has changed."""

_HOLDS: Final = frozenset({"complete", "partial", "not_applicable", "unsupported"})
_LOOK: Final = 50


class Candidates:
    """Reads placements, registries and heads for the filters."""

    def __init__(
        self, repositories: Repositories, board: Board, versions: Versions, push_risks: str
    ) -> None:
        """Read only; ``push_risks`` are those of pushes."""
        self._pushed = frozenset(split(push_risks))
        self._repositories = repositories
        self._board = board
        self._versions = versions

    async def wish(self, task: Task, body: TaskBody) -> Wish:
        """Return what a task wants of any image, in a part of its filters."""
        version = await self._board.rules.version(task.project, task.created_at)
        return Wish(
            project=task.project,
            body=body,
            risks=tuple(self._versions.analysed(split(task.risks))),
            anew=task.kind in ANEW or task.kind == "rematch",
            current=self._versions.current(version),
            pushed=self._pushed,
        )

    async def waiting(self, project: str, image: str, registry: str, wish: Wish) -> Candidate:
        """Return an image that waited, as it stands now.

        It is seen by a placement in its registry where there is one, else by any of the project.
        """
        page = await self._repositories.placements.page(
            Range(index="image", prefix=(project, image, False)), limit=_LOOK
        )
        placements = page.records
        own = [each for each in placements if each.registry == registry]
        return await self.of(next(iter(own or placements), None), wish)

    async def of(
        self, placement: Placement | None, wish: Wish, *, latest: bool = True
    ) -> Candidate:
        """Return the image at a placement."""
        if placement is None:
            return Candidate(placement=None, registry=None)
        head = None
        if not wish.anew or wish.body.advisories:
            head = await self._repositories.heads.get(scan_id(wish.project, placement.image))
        return Candidate(
            placement=placement,
            registry=await self._board.registries.get(placement.registry),
            latest=latest,
            analyses={} if wish.anew else _analyses(head),
            matched=_matched(head),
            asked=head is not None and VULNERABILITY in head.body.risks,
        )


def _matched(head: Head | None) -> str | None:
    if head is None or not head.body.risks:
        return None
    held = head.body.risks.get(VULNERABILITY)
    return "" if held is None or held.status == "stale" else held.advisories


def _analyses(head: Head | None) -> dict[str, Analysis]:
    if head is None:
        return {}
    return {
        risk: Analysis(each.version, each.rules, each.settings)
        for risk, each in head.body.risks.items()
        if each.status in _HOLDS and each.attempt_status in _HOLDS
    }
