"""JSON documents as text: indented, and without anything that a terminal would act upon."""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import Any, Final

import msgspec

from scantling_common.layers.escape import escape_text

_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")


def text_of(document: Any) -> str:
    """Return a document as JSON, ending in a newline.

    Control and format characters, which no text of an image should have any more, are written
    as JSON escapes.
    """
    text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    return f"{text if text.isascii() else _NOT_ASCII.sub(_harmless, text)}\n"


def part_of(part: dict[str, Any]) -> msgspec.Raw:
    """Return one of many parts of a document, written already.

    A document of many thousand packages is mostly small dictionaries: kept until the end they
    cost the garbage collector more than all else.
    """
    return msgspec.Raw(msgspec.json.encode(part))


def urn_of(digest: str, *parts: Any) -> str:
    """Return the UUID (RFC 9562, version 5) of a document about an image, as a URN.

    Another image or another content have another one, the same have the same.
    """
    data = hashlib.sha256(msgspec.json.encode([digest, *parts])).hexdigest()
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, data)}"


def _harmless(match: re.Match[str]) -> str:
    text = match[0]
    if escape_text(text) == text:
        return text
    return "".join(each if escape_text(each) == each else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
