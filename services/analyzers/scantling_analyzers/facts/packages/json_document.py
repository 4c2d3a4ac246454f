"""JSON that an image holds: decoded into a declared shape, its texts made safe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.reading import value

if TYPE_CHECKING:
    from collections.abc import Iterator

Shape = TypeVar("Shape")

MAX_LICENSES: Final = 100

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def decode(decoder: msgspec.json.Decoder[Shape], content: memoryview) -> Shape:
    """Return the document in the decoder's shape, a byte order mark before it passed over.

    Raises :class:`Unreadable` (``malformed``, ``nested_too_deep``).
    """
    if bytes(content[:3]) == _BYTE_ORDER_MARK:
        content = content[3:]
    try:
        return decoder.decode(content)
    except RecursionError:
        raise Unreadable("the JSON is nested too deep", code="nested_too_deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(
            f"not the expected JSON: {type(error).__name__}", code="malformed"
        ) from None


def text(given: object, what: str = "a value") -> str:
    """Return safe text, empty for what is no string. Raises :class:`Unreadable`."""
    if not isinstance(given, str):
        return ""
    return value(given.encode("utf-8", "surrogatepass"), what)


def licenses(given: object) -> tuple[str, ...]:
    """Return the licences of a field in any of the forms that ecosystems allow, each once.

    Those are text, ``{"type": …}`` or ``{"name": …}``, and a list of either. Raises
    :class:`Unreadable` (``too_many``, ``too_large``).
    """
    return tuple(dict.fromkeys(_licenses(given)))


def _licenses(given: object) -> Iterator[str]:
    items = given if isinstance(given, list) else [given]
    if len(items) > MAX_LICENSES:
        raise Unreadable(f"the package names more than {MAX_LICENSES} licences", code="too_many")
    for item in items:
        found = text(item.get("type", item.get("name")) if isinstance(item, dict) else item)
        if found:
            yield found
