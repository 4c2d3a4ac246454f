"""The lines of a list: one entry each, ``#`` begins a comment line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.password_list import LIST as PASSWORDS
from scantling_common.password_list import first_error as first_wrong_password
from scantling_common.software_list.lines import MAX_LINES, first_error
from scantling_common.software_list.parsing import LIST as DISALLOWED
from scantling_common.unchecked_paths.entries import LIST as UNCHECKED
from scantling_common.unchecked_paths.entries import first_error as first_wrong_path

if TYPE_CHECKING:
    from scantling_common.errors import ScantlingError


def entries_of(name: str, text: str, refused: type[ScantlingError], where: str) -> tuple[str, ...]:
    """Return the entries of the list ``name``, whose text is that of ``where``.

    Raises ``refused`` for a list of software, of unchecked paths or of passwords in which a line
    can't be understood, with its number.
    """
    lines = text.splitlines()
    stripped = (line.strip() for line in lines)
    entries = tuple(line for line in stripped if line and not line.startswith("#"))
    if name == UNCHECKED:
        wrong = first_wrong_path(lines, "line")
        if wrong is not None:
            raise refused(f"{where}, {wrong.message}", hint=wrong.hint)
    if name == PASSWORDS:
        bad = first_wrong_password(lines, "line")
        if bad is not None:
            raise refused(f"{where}, {bad.message}", hint=bad.hint)
    if name != DISALLOWED:
        return entries
    if len(entries) > MAX_LINES:
        raise refused(f"{where} has {len(entries)} entries; at most {MAX_LINES} are kept")
    error = first_error(lines, "line")
    if error is not None:
        raise refused(f"{where}, {error.message}", hint=error.hint)
    return entries
