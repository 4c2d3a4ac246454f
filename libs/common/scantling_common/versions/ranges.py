"""Whether a version is in a range of an advisory (OSV schema, evaluation).

The answer is one of three: what can't be told is never a *no*.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from scantling_common.versions.keys import OPEN_ENDED, ceiling, find
from scantling_common.versions.schemes import Scheme

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from scantling_common.versions.keys import Key

EventKind = Literal["introduced", "fixed", "last_affected", "limit"]
FROM_THE_START: Final = "0"
"""As the version of ``introduced``: from the first version that there ever was."""
UNLIMITED: Final = "*"
"""As the version of ``limit``: no limit."""
_LOWEST: Final = ""
_FIRST: Final = re.compile(r"([^1-9]*)([1-9][0-9]*)?")
_NO_NUMBER: Final = ("",)
_ZEROS: Final = "v0.:!"
"""What can stand before that number, without which it is the same: an epoch of 0, a mark."""
_PLAIN: Final = ("introduced", "fixed")
_ORDER: Final = {"fixed": 0, "last_affected": 1, "introduced": 2}
"""At one version: what is both fixed and introduced there is affected, to be safe."""


class Answer(StrEnum):
    """Whether a version is affected, or what else is asked of it."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Event(NamedTuple):
    """One event of a range."""

    kind: EventKind
    version: str


class _Step(NamedTuple):
    """An event whose version has a key; ``order`` sorts events of one version."""

    key: Key
    order: int
    event: Event


class _Listed(NamedTuple):
    """Listed versions: the keys of all, and in order of those that leave out their last part."""

    keys: frozenset[Key]
    open_ended: tuple[Key, ...]


class _Walk(NamedTuple):
    """A range, ready to be walked: its steps in order, and its limits."""

    steps: tuple[_Step, ...]
    limits: tuple[Key, ...]


def affected(
    scheme: Scheme, version: str, events: tuple[Event, ...], versions: Collection[str] = ()
) -> Answer:
    """Tell if a version is in ``versions``, or in the range that ``events`` describe.

    The answer is *unknown* where the version or a bound can't be ordered, unless it does not
    depend on that: the version is listed, or all versions are affected, or there is no range.
    """
    if versions and is_listed(scheme, version, versions):
        return Answer.YES
    key = find(scheme, version)
    if key is not None and (plain := _in_plain_range(scheme, key, events)) is not None:
        return plain
    if not any(event.kind == "introduced" for event in events):
        return Answer.NO
    if all(event == ("introduced", FROM_THE_START) for event in events):
        return Answer.YES
    walk = _walk(scheme, events)
    if walk is None or key is None:
        return Answer.UNKNOWN
    return Answer.YES if _is_inside(walk, key) else Answer.NO


def is_listed(scheme: Scheme, version: str, versions: Collection[str]) -> bool:
    """Tell if a version is in a list, in the same or another form.

    A listed version that leaves out its last part stands for all that it can be (``ceiling``).
    """
    key = find(scheme, version)
    if key is None:
        return version in versions
    return _list(scheme, tuple(versions)).has(version, key)


def any_of(answers: Iterable[Answer]) -> Answer:
    """Join the answers of several ranges: one that affects is enough, one unknown is a doubt."""
    joined = Answer.NO
    for answer in answers:
        if answer is Answer.YES:
            return answer
        if answer is Answer.UNKNOWN:
            joined = answer
    return joined


def _in_plain_range(scheme: Scheme, key: Key, events: tuple[Event, ...]) -> Answer | None:
    """Tell if a key is from where it was introduced up to the one fix: most ranges are so plain.

    None is returned for every other range.
    """
    if len(events) != len(_PLAIN):
        return None
    (kind, introduced), (other, fixed) = events
    if (kind, other) != _PLAIN:
        return None
    low = _LOWEST if introduced == FROM_THE_START else find(scheme, introduced)
    high = find(scheme, fixed)
    if low is None or high is None or low >= high:
        return None
    return Answer.YES if low <= key < high else Answer.NO


class _List:
    """Listed versions by their first number that is not 0, which versions of one key share.

    To tell it is far cheaper than a key is: keys are made of those that can be the version.
    """

    __slots__ = ("_by_number", "_is_asked", "_known", "_scheme", "_versions")

    def __init__(self, scheme: Scheme, versions: tuple[str, ...]) -> None:
        self._scheme, self._versions = scheme, versions
        self._known: dict[str, _Listed] = {}
        self._is_asked = False
        self._by_number: dict[str, list[str]] | None = None

    def has(self, version: str, key: Key) -> bool:
        return any(self._has(number, key) for number in _numbers(self._scheme, version))

    def _has(self, number: str, key: Key) -> bool:
        listed = self._known.get(number)
        if listed is None:
            if self._by_number is not None and number not in self._by_number:
                return False
            listed = _listed(self._scheme, self._with(number))
            if not listed.keys:
                return False
            self._known[number] = listed
        if key in listed.keys:
            return True
        place = bisect_right(listed.open_ended, key)
        return bool(place) and key <= ceiling(self._scheme, listed.open_ended[place - 1])

    def _with(self, number: str) -> Iterable[str]:
        if self._is_asked:
            # Who asks for one more asks for many.
            if self._by_number is None:
                self._by_number = self._told_apart()
            return self._by_number.get(number, ())
        self._is_asked = True
        # Most have not even the digits somewhere.
        having = (each for each in self._versions if number in each)
        return (each for each in having if number in _numbers(self._scheme, each))

    def _told_apart(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for each in self._versions:
            for number in _numbers(self._scheme, each):
                found.setdefault(number, []).append(each)
        return found


_list = lru_cache(maxsize=4_096)(_List)


def _numbers(scheme: Scheme, version: str) -> tuple[str, ...]:
    """Return the first number that is not 0, empty without one; both where it may not count.

    That is where more than zeros stand before it: behind a plus it may only tell of a build.
    """
    found = _FIRST.match(version)
    if found is None or not found[2] or scheme is Scheme.CPAN:
        # Numbers of Perl are decimal: ``.1`` is ``v0.100``.
        return _NO_NUMBER
    return (found[2],) if not found[1].strip(_ZEROS) else ("", found[2])


def _listed(scheme: Scheme, versions: Iterable[str]) -> _Listed:
    keys = frozenset(key for each in versions if (key := find(scheme, each)) is not None)
    if scheme not in OPEN_ENDED:
        return _Listed(keys, ())
    return _Listed(keys, tuple(sorted(key for key in keys if ceiling(scheme, key) != key)))


@lru_cache(maxsize=16_384)
def _walk(scheme: Scheme, events: tuple[Event, ...]) -> _Walk | None:
    """Sort the events; None where the version of one can't be ordered."""
    steps, limits = [], []
    for event in events:
        if event.kind == "limit" and event.version == UNLIMITED:
            continue
        key: Key | None
        if event.kind == "introduced" and event.version == FROM_THE_START:
            key = _LOWEST
        else:
            key = find(scheme, event.version)
        if key is None:
            return None
        if event.kind == "limit":
            limits.append(key)
        else:
            if event.kind == "last_affected":
                key = ceiling(scheme, key)
            steps.append(_Step(key, _ORDER[event.kind], event))
    if any(event == ("limit", UNLIMITED) for event in events):
        limits.clear()
    return _Walk(tuple(sorted(steps)), tuple(limits))


def _is_inside(walk: _Walk, key: Key) -> bool:
    if walk.limits and not any(key < limit for limit in walk.limits):
        return False
    inside = False
    for step in walk.steps:
        if key < step.key:
            break
        kind = step.event.kind
        if kind == "introduced":
            inside = True
        elif kind == "fixed" or key > step.key:
            inside = False
    return inside
