"""What every reader does alike: bound a file, bound what it yields, place an error.

The codes of what can't be read, stable: ``too_large`` (a file, record or value), ``too_many``
(records, entries, errors), ``nested_too_deep``, ``malformed``, ``truncated``, ``not_text``,
``unsupported_format``, ``base_file_missing``, ``unfinished_transaction``. Each bound that is
hit becomes an error with one of them; nothing is left out in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.models import LocatedError
from scantling_common.layers.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact

MAX_FACTS: Final = 200_000
MAX_ERRORS: Final = 100
MAX_VALUE_BYTES: Final = 4096


def whole(file: LayerFile, limit: int) -> bytes:
    """Return a file's content; :class:`Unreadable` (``too_large``) over ``limit`` bytes."""
    data = file.data
    if data.nbytes > limit:
        raise too_large(data.nbytes, limit)
    return bytes(data)


def whole_text(file: LayerFile, limit: int) -> bytes:
    """Return the content of a text file; :class:`Unreadable` (``not_text``) if it holds a NUL."""
    content = whole(file, limit)
    if b"\0" in content:
        raise Unreadable("a text file was expected, this one holds NUL bytes", code="not_text")
    return content


def value(raw: bytes, what: str) -> str:
    """Return one value of a record as safe text; ``what`` names it in the error.

    Raises :class:`Unreadable` (``too_large``) over ``MAX_VALUE_BYTES``.
    """
    raw = raw.strip()
    if len(raw) > MAX_VALUE_BYTES:
        raise Unreadable(
            f"{what} has {len(raw)} bytes, {MAX_VALUE_BYTES} are read", code="too_large"
        )
    return escape(raw)


def too_large(size: int, limit: int) -> Unreadable:
    """Return the error for a file of ``size`` bytes where ``limit`` are read."""
    return Unreadable(f"the file has {size} bytes, {limit} are read", code="too_large")


def located(error: Unreadable, path: str) -> LocatedError:
    """Return an error that concerns only a part of the file at ``path``."""
    return LocatedError(path=error.where or path, code=error.reason, message=error.message)


def bounded(
    found: Iterable[AnyFact | LocatedError], path: str, *, limit: int = MAX_FACTS
) -> Iterator[AnyFact | LocatedError]:
    """Yield what was found, without exact repetitions.

    More than ``limit`` records, broken and repeated ones included, end the file with
    ``too_many``; of errors over ``MAX_ERRORS`` only that there are more is said.
    """
    seen: set[AnyFact] = set()
    errors = 0
    for count, item in enumerate(found):
        if count >= limit:
            message = f"more than {limit} records, the further ones were not read"
            yield LocatedError(path=path, code="too_many", message=message)
            return
        if isinstance(item, LocatedError):
            errors += 1
            if errors <= MAX_ERRORS:
                yield item
            elif errors == MAX_ERRORS + 1:
                message = f"more than {MAX_ERRORS} errors, the further ones are not listed"
                yield LocatedError(path=path, code="too_many", message=message)
        elif item not in seen:
            seen.add(item)
            yield item
