"""Which passwords are tried for which hashes within a budget, and which are not; pure.

The budget counts what tries should cost, not time: the same image is tried alike everywhere, and
nothing that an image contains makes it more. What is likely comes first for all, then the
project's list for all, then the common passwords.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.passwords.candidates import as_bytes, likely, plain_name
from scantling_analyzers.passwords.trials import Trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_analyzers.passwords.candidates import Lists
    from scantling_analyzers.passwords.schemes import Recognised
    from scantling_analyzers.risks.setting.passwords.subject import Subject

LEAST: Final = 25
"""How many of the likely passwords are tried for a hash, however slow it is, or none are."""
LIKELY_MICROSECONDS: Final = 5_000_000
"""What the likely ones may cost for one hash if they are more: all for yescrypt and bcrypt 9."""
ACCOUNT_MICROSECONDS: Final = 2_000_000
"""What the common passwords may cost for one hash: 120 of them for yescrypt, 1,100 for SHA-512."""
IMAGE_MICROSECONDS: Final = 60_000_000
"""What all tries of one image may cost, and so of one job."""
MAX_NAMES: Final = 10
"""Of how many names passwords are made, where accounts share one hash."""
MAX_SECONDS: Final = 180.0
"""How long one job may try, whatever it should cost: then it is ended."""
_SLOWER: Final = 4.0
"""How many times slower than expected a machine may be before the work is ended."""
_START_SECONDS: Final = 15.0


@dataclass(slots=True)
class Hash:
    """One hash with the accounts that have it. ``own`` and ``shared`` are what is tried.

    ``left_out`` is how many less likely passwords there is no room for. It ``is_whole`` where the
    likely ones, and all of the project's list, are tried.
    """

    hash: bytes
    known: Recognised
    subjects: list[Subject] = field(default_factory=list)
    own: tuple[str, ...] = ()
    shared: int = 0
    left_out: int = 0
    is_whole: bool = False

    @property
    def cost(self) -> float:
        """Return what one try costs, in microseconds."""
        return max(self.known.cost.microseconds, 1.0)


class Plan(NamedTuple):
    """What is tried: hashes in order, and how long that may take at most, in seconds."""

    hashes: list[Hash]
    seconds: float

    def trials(self) -> list[Trial]:
        """Return the trials of all hashes of which any password is tried, in their order."""
        return [
            Trial(
                each.hash,
                each.known.scheme.name,
                tuple(map(as_bytes, each.own)),
                each.shared,
            )
            for each in self.tried
        ]

    @property
    def tried(self) -> list[Hash]:
        """Return the hashes of which any password is tried."""
        return [each for each in self.hashes if each.own]


def planned(
    hashes: Iterable[Hash],
    lists: Lists,
    *,
    image: float = IMAGE_MICROSECONDS,
    likely_for: float = LIKELY_MICROSECONDS,
    account: float = ACCOUNT_MICROSECONDS,
) -> Plan:
    """Return what is tried of which hash, for these budgets in microseconds."""
    hashes = list(hashes)
    left = image
    for each in hashes:
        if left < LEAST * each.cost:
            continue
        own = _own(each.subjects, lists)
        most = min(max(LEAST, int(likely_for / each.cost)), int(left / each.cost))
        each.own, each.left_out = own[:most], max(0, len(own) - most)
        left -= len(each.own) * each.cost
    for each in hashes:
        cost = len(lists.project) * each.cost
        if each.own and cost <= left:
            each.shared, left = len(lists.project), left - cost
            each.is_whole = True
    for each in hashes:
        if each.is_whole:
            room = min(left, account) // each.cost
            more = min(len(lists.shared) - each.shared, int(room))
            each.shared += more
            each.left_out += len(lists.shared) - each.shared
            left -= more * each.cost
    seconds = (image - left) / 1_000_000
    return Plan(hashes, min(MAX_SECONDS, seconds * _SLOWER + _START_SECONDS))


def _own(subjects: Sequence[Subject], lists: Lists) -> tuple[str, ...]:
    accounts = (subject.account for subject in subjects)
    names = dict.fromkeys((account.name, account.system) for account in accounts)
    made = (likely(plain_name(name), system, lists) for name, system in islice(names, MAX_NAMES))
    return tuple(dict.fromkeys(chain.from_iterable(made)))
