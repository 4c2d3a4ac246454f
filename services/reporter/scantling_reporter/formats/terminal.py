"""Text on a terminal: what it may contain, how wide it is, whether it has colour."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_COLOURS: Final = {
    "critical": "1;35",
    "high": "31",
    "medium": "33",
    "low": "36",
    "failed": "31",
    "unsupported": "33",
    "partial": "33",
    "stale": "33",
    "complete": "32",
}
_GAP: Final = "  "


def safe(text: str) -> str:
    """Return text without anything that a terminal would act upon, or that changes direction.

    Content of images is escaped before it gets here; this holds for whatever was not.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def width(text: str) -> int:
    """Return how many columns printable text takes (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def fitted(text: str, columns: int) -> str:
    """Return text cut or padded to a number of columns; what is cut ends in an ellipsis."""
    if width(text) <= columns:
        return text + " " * (columns - width(text))
    kept, used = "", 0
    for character in text:
        if used + _columns(character) > columns - 1:
            break
        kept += character
        used += _columns(character)
    return f"{kept}…" + " " * (columns - used - 1)


def coloured(text: str, word: str, *, colour: bool) -> str:
    """Return text in the colour of a severity or status, where colour is wanted."""
    code = _COLOURS.get(word)
    return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text


def wants_colour(environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Tell whether to use colour: on a terminal, unless ``NO_COLOR`` is set and not empty."""
    return terminal and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def columns_of(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, total: int, colour: bool = False
) -> list[str]:
    """Return lines of a table in ``total`` columns: the widest of its columns gives way."""
    cells = [[safe(cell) for cell in row] for row in rows]
    table = [list(header), *cells]
    widths = [max(width(row[index]) for row in table) for index in range(len(header))]
    room = max(total - len(_GAP) * (len(header) - 1), 4 * len(header))
    while sum(widths) > room:
        widths[widths.index(max(widths))] -= min(
            sum(widths) - room, max(1, max(widths) - sorted(widths)[-2] if len(widths) > 1 else 1)
        )
    return [_line(row, widths, colour=colour) for row in table]


def wrapped(text: str, *, total: int, indent: str = "") -> list[str]:
    """Return text in lines of ``total`` columns, each after ``indent``; long words are cut."""
    room = max(total - len(indent), 8)
    lines: list[str] = [""]
    for word in safe(" ".join(text.split())).split(" "):
        pieces = [word] if width(word) <= room else _pieces(word, room)
        for piece in pieces:
            longer = f"{lines[-1]} {piece}" if lines[-1] else piece
            if width(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(piece)
    return [f"{indent}{line}".rstrip() for line in lines if line]


def counted(count: int, what: str, plural: str = "") -> str:
    """Return a number of things, as ``1 file`` and ``2 files``."""
    return f"{count} {what}" if count == 1 else f"{count} {plural or f'{what}s'}"


def readable_size(size: int) -> str:
    """Return a size in bytes with a binary unit (IEC 80000-13)."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:  # noqa: PLR2004 - the factor of the units
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def _pieces(word: str, room: int) -> list[str]:
    pieces, used = [""], 0
    for character in word:
        columns = _columns(character)
        if used + columns > room:
            pieces.append("")
            used = 0
        pieces[-1] += character
        used += columns
    return pieces


def _line(row: Sequence[str], widths: Sequence[int], *, colour: bool) -> str:
    parts = [fitted(cell, columns) for cell, columns in zip(row, widths, strict=True)]
    text = _GAP.join(parts).rstrip()
    if not colour:
        return text
    painted = [coloured(part, cell, colour=colour) for part, cell in zip(parts, row, strict=True)]
    return _GAP.join(painted).rstrip()


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
