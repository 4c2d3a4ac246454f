"""Records of ``Key: value`` lines, as dpkg and apk write their databases."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INSTALLED: Final = b"installed"
_WITHOUT_FILES: Final = frozenset({b"not-installed", b"config-files"})
_BLANK_LINE: Final = re.compile(rb"^[ \t\r]*\n", re.MULTILINE)


class StanzaFormat:
    """The fields of a record that matter, compiled into one expression of linear time."""

    def __init__(self, *keys: bytes, ignore_case: bool = False) -> None:
        """Read only ``keys``."""
        flags = re.MULTILINE | (re.IGNORECASE if ignore_case else 0)
        self._line = re.compile(rb"^(%s):([^\n]*)$" % b"|".join(keys), flags)
        self._keys = {key.lower() if ignore_case else key: key for key in keys}
        self._ignore_case = ignore_case

    def fields(self, stanza: bytes) -> Mapping[bytes, bytes]:
        """Return the first line of each wanted field; of a repeated field the first counts."""
        found: dict[bytes, bytes] = {}
        for name, text in self._line.findall(stanza):
            found.setdefault(self._keys[name.lower() if self._ignore_case else name], text.strip())
        return found


def stanzas(content: bytes) -> Iterator[bytes]:
    """Yield the records, which lines of nothing but white space separate."""
    start = 0
    for blank in _BLANK_LINE.finditer(content):
        if start < blank.start():
            yield content[start : blank.start()]
        start = blank.end()
    if content[start:].strip():
        yield content[start:]


def installed(content: bytes, form: StanzaFormat) -> Iterator[tuple[Mapping[bytes, bytes], bytes]]:
    """Yield fields and state of each package whose files are there (dpkg(1), *package states*).

    The state is empty for an installation that is whole.
    """
    for stanza in stanzas(content):
        fields = form.fields(stanza)
        state = fields.get(b"Status", _INSTALLED).rpartition(b" ")[2].lower()
        if state not in _WITHOUT_FILES:
            yield fields, b"" if state == _INSTALLED else state


def lines(content: bytes) -> Iterator[bytes]:
    """Yield the lines that aren't empty, one after the other: never all of them at once."""
    return (line for line in (raw.rstrip(b"\r\n") for raw in io.BytesIO(content)) if line)
