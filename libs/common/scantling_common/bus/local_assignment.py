"""Which member of a group reads which partition: balanced, and moving as few as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def assign(
    queues: Sequence[int], members: Sequence[str], current: Mapping[int, str]
) -> dict[int, str]:
    """Return the member of each queue; the numbers of queues differ by one at most.

    ``members`` are in an order that survives restarts; who has more queues than its share gives
    up the last of them.
    """
    if not members:
        return {}
    share, more = divmod(len(queues), len(members))
    held: dict[str, list[int]] = {member: [] for member in members}
    loose: list[int] = []
    for queue in queues:
        owner = current.get(queue, "")
        held.get(owner, loose).append(queue)
    quotas = _quotas(held, share, more)
    for member, mine in held.items():
        loose.extend(mine[quotas[member] :])
        del mine[quotas[member] :]
    for member, mine in held.items():
        while len(mine) < quotas[member]:
            mine.append(loose.pop(0))
    return {queue: member for member, mine in held.items() for queue in mine}


def _quotas(held: Mapping[str, Sequence[int]], share: int, more: int) -> dict[str, int]:
    """Return each member's number of queues; who holds most keeps the odd ones."""
    ranked = sorted(held, key=lambda member: -len(held[member]))
    return {member: share + (rank < more) for rank, member in enumerate(ranked)}
