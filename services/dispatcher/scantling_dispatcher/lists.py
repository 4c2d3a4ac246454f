"""A project's lists: immutable, by hash; the settings version names those that apply."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec.structs import replace

from scantling_common.errors import ScantlingError
from scantling_common.password_list import LIST as PASSWORDS
from scantling_common.password_list import first_error as first_wrong_password
from scantling_common.records.dispatcher import (
    ListBody,
    ListRecord,
    SettingsBody,
    SettingsRecord,
)
from scantling_common.software_list.lines import MAX_LINES, first_error
from scantling_common.software_list.parsing import LIST as DISALLOWED
from scantling_common.unchecked_paths.entries import LIST as UNCHECKED
from scantling_common.unchecked_paths.entries import first_error as first_wrong_path
from scantling_dispatcher.errors import Contended
from scantling_dispatcher.rule_book import current_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scantling_common.clock import Clock
    from scantling_common.store.repository import Repository
    from scantling_dispatcher.repositories import Repositories

R = TypeVar("R", ListRecord, SettingsRecord)

NAMES: Final = ("weak-passwords", "unchecked-paths", "disallowed-software", "approved-bases")
"""The lists there are."""

MAX_ENTRIES: Final = MAX_LINES
_COMMENTED: Final = frozenset({DISALLOWED, UNCHECKED, PASSWORDS})
"""The lists whose comments are no entries."""
MAX_LENGTH: Final = 1024

_ATTEMPTS: Final = 32
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class ListInvalid(ScantlingError):
    """The entries can't be those of this list."""

    code = "list_invalid"


class ListUnknown(ScantlingError):
    """There is no list of that name."""

    code = "list_unknown"


class Lists:
    """Reads, replaces and removes lists."""

    def __init__(self, repositories: Repositories, clock: Clock) -> None:
        """Write ``lists`` and ``rules``."""
        self._lists = repositories.lists
        self._settings = repositories.settings
        self._clock = clock

    async def get(self, project: str, name: str) -> tuple[ListRecord | None, str]:
        """Return the list that applies, None where none was set, and the settings version."""
        check_name(name)
        current = await self._settings.get(current_id(project))
        if current is None or name not in current.body.lists:
            return None, "" if current is None else current.version
        hash_ = current.body.lists[name]
        return await self._lists.get(f"{project}/{name}/{hash_}"), current.version

    async def put(
        self, project: str, name: str, entries: Sequence[str], created_by: str
    ) -> tuple[ListRecord, str]:
        """Replace a list and return it with the new settings version.

        An empty list is a list; it stays set. Raises :class:`ListInvalid`, :class:`ListUnknown`.
        """
        record = self._record(project, name, entries, created_by)
        await _keep(self._lists, record)
        stored = await self._lists.get(record.id) or record
        for _ in range(_ATTEMPTS):
            current = await self._settings.get(current_id(project))
            lists = {**_lists_of(current), name: record.hash}
            version = await self._write(project, current, lists, created_by)
            if version:
                return stored, version
        raise Contended(f"the lists of {project}")

    async def remove(self, project: str, name: str, removed_by: str) -> str:
        """Have no list of that name apply; return the new settings version, empty without one.

        Raises :class:`ListUnknown`. A list that was not set stays so.
        """
        check_name(name)
        for _ in range(_ATTEMPTS):
            current = await self._settings.get(current_id(project))
            lists = _lists_of(current)
            if current is None or lists.pop(name, None) is None:
                return "" if current is None else current.version
            version = await self._write(project, current, lists, removed_by)
            if version:
                return version
        raise Contended(f"the lists of {project}")

    async def _write(
        self,
        project: str,
        current: SettingsRecord | None,
        lists: dict[str, str],
        created_by: str,
    ) -> str:
        """Write the settings version, then have it apply; empty where another was faster."""
        version = version_of(lists)
        settings = SettingsRecord(
            id=f"{project}/{version}",
            project=project,
            version=version,
            created_at=self._clock.now_ms(),
            created_by=created_by,
            used_at=self._clock.now_ms(),
            body=SettingsBody(lists=lists),
        )
        await _keep(self._settings, settings)
        applies = replace(settings, id=current_id(project))
        if current is None:
            return version if await self._settings.insert(applies) else ""
        # Scans may begin under it for as long as it is remembered (see rule_book).
        before = f"{project}/{current.version}"
        await self._settings.set_fields(before, {"used_at": self._clock.now_ms()})
        won = await self._settings.replace(replace(applies, rev=current.rev))
        return version if won else ""

    def _record(
        self, project: str, name: str, entries: Sequence[str], created_by: str
    ) -> ListRecord:
        kept = checked(name, entries)
        hash_ = hashlib.sha256("\n".join(kept).encode()).hexdigest()[:32]
        return ListRecord(
            id=f"{project}/{name}/{hash_}",
            project=project,
            name=name,
            hash=hash_,
            created_at=self._clock.now_ms(),
            created_by=created_by,
            used_at=self._clock.now_ms(),
            body=ListBody(entries=kept),
        )


async def _keep(repository: Repository[R], record: R) -> None:
    """Have a record in the store that no sweep takes: one that was there is used anew.

    That changes its revision, so that a sweep which saw it unused does not delete it.
    """
    for _ in range(_ATTEMPTS):
        if await repository.insert(record):
            return
        if await repository.set_fields(record.id, {"used_at": record.used_at}):
            return
    raise Contended(f"{repository.collection.name} {record.id}")


def _lists_of(settings: SettingsRecord | None) -> dict[str, str]:
    return dict(settings.body.lists) if settings else {}


def check_name(name: str) -> None:
    """Raise :class:`ListUnknown` for a name that is no list's."""
    if name not in NAMES:
        raise ListUnknown(f"there is no list {name[:64]!r}", hint=f"one of {', '.join(NAMES)}")


def checked(name: str, entries: Sequence[str]) -> tuple[str, ...]:
    """Return entries as they are kept: without surrounding space, each once, in their order.

    Raises :class:`ListInvalid` or :class:`ListUnknown`.
    """
    check_name(name)
    if name == DISALLOWED:
        _check_software(entries)
    if name == UNCHECKED:
        _check_paths(entries)
    if name == PASSWORDS:
        _check_passwords(entries)
    stripped = (entry.strip() for entry in entries)
    wanted = (each for each in stripped if each and not (name in _COMMENTED and each[0] == "#"))
    kept = tuple(dict.fromkeys(wanted))
    if len(kept) > MAX_ENTRIES:
        raise ListInvalid(f"{name} has {len(kept)} entries; at most {MAX_ENTRIES} are kept")
    for number, entry in enumerate(kept, 1):
        if len(entry) > MAX_LENGTH or _CONTROL.search(entry) or not _encodes(entry):
            raise ListInvalid(
                f"entry {number} of {name} is over {MAX_LENGTH} characters or no plain text"
            )
    return kept


def _check_software(entries: Sequence[str]) -> None:
    """Raise :class:`ListInvalid` for entries of which one can't be understood."""
    if len(entries) > MAX_ENTRIES:
        message = f"{DISALLOWED} has {len(entries)} entries; at most {MAX_ENTRIES} are kept"
        raise ListInvalid(message)
    error = first_error(entries, "entry")
    if error is not None:
        raise ListInvalid(f"{DISALLOWED}: {error.message}", hint=error.hint)


def _check_paths(entries: Sequence[str]) -> None:
    """Raise :class:`ListInvalid` for entries of which one is no path, or the twenty-first."""
    error = first_wrong_path(entries, "entry")
    if error is not None:
        raise ListInvalid(f"{UNCHECKED}: {error.message}", hint=error.hint)


def _check_passwords(entries: Sequence[str]) -> None:
    """Raise :class:`ListInvalid` for entries of which one is no password, or one too many."""
    error = first_wrong_password(entries, "entry")
    if error is not None:
        raise ListInvalid(f"{PASSWORDS}: {error.message}", hint=error.hint)


def version_of(lists: Mapping[str, str]) -> str:
    """Return the settings version of lists by hash; the same lists give the same version."""
    text = "\n".join(f"{name}={hash_}" for name, hash_ in sorted(lists.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _encodes(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
