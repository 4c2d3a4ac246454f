"""Compare-and-set with another look where somebody else was faster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec.structs import replace

from scantling_common.records.record import Record
from scantling_dispatcher.errors import Contended

if TYPE_CHECKING:
    from scantling_common.store.repository import Repository

R = TypeVar("R", bound=Record)

Step = Callable[[R], R | None]
"""From a record to what it becomes; None where it stays as it is."""

_ATTEMPTS: Final = 32


async def change(repository: Repository[R], id_: str, step: Step[R]) -> R | None:
    """Return the record as changed; None where it is not there or stays as it is.

    Raises :class:`Contended`.
    """
    for _ in range(_ATTEMPTS):
        record = await repository.get(id_)
        changed = None if record is None else step(record)
        if changed is None:
            return None
        if await repository.replace(changed):
            return replace(changed, rev=changed.rev + 1)
    raise Contended(f"{repository.collection.name} {id_}")


async def change_all(repository: Repository[R], ids: Iterable[str], step: Step[R]) -> list[R]:
    """Return those records that were changed; in bulk. Raises :class:`Contended`."""
    left: Sequence[str] = list(dict.fromkeys(ids))
    done: list[R] = []
    for _ in range(_ATTEMPTS):
        if not left:
            return done
        changed = [after for record in await repository.get_many(left) if (after := step(record))]
        answers = await repository.bulk([repository.replacing(each) for each in changed])
        left = [each.id for each, won in zip(changed, answers, strict=True) if not won]
        done += [
            replace(each, rev=each.rev + 1)
            for each, won in zip(changed, answers, strict=True)
            if won
        ]
    raise Contended(f"{repository.collection.name} {left[0]} and {len(left) - 1} more")
