"""A blob on its way, that may come in several answers: what breaks off goes on where it was.

HTTP ranges: RFC 9110, section 14. A server may ignore them and start again; then what it sends
the second time must be what it sent the first time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_common.images.digests import new_hash
from scantling_common.images.errors import (
    DigestMismatch,
    RegistryAnswerInvalid,
    RegistryUnreachable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_common.images.digests import Digest

PARTIAL: Final = 206
"""The status of an answer with a range (RFC 9110, section 15.3.7)."""

_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15}|\*)")


class Download:
    """The state of one blob of exactly ``size`` bytes, and the rules of its answers."""

    def __init__(self, digest: Digest, size: int) -> None:
        """Begin with nothing."""
        self._digest, self._size = digest, size
        self._hash = new_hash(digest)
        self._repeated = new_hash(digest)
        self._at = 0
        self._tag = ""
        self.received = 0
        """How many bytes came, and were given on."""
        self.answers = 0
        """How many answers began."""

    @property
    def is_whole(self) -> bool:
        """Say whether every byte came."""
        return self.received == self._size

    def headers(self) -> dict[str, str]:
        """Return what the next request asks with: the rest, where there was a beginning."""
        if not self.received:
            return {}
        asked = {"Range": f"bytes={self.received}-"}
        return {**asked, "If-Range": self._tag} if self._tag else asked

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Take the head of an answer; raises :class:`RegistryAnswerInvalid` for another range."""
        self.answers += 1
        self._at, self._repeated = 0, new_hash(self._digest)
        if status == PARTIAL:
            found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
            if not self.received or found is None or int(found[1]) != self.received:
                raise RegistryAnswerInvalid(f"the blob {self._digest} comes from another place on")
            if found[3] not in {"*", str(self._size)}:
                raise RegistryAnswerInvalid(f"the blob {self._digest} has {found[3]} bytes now")
            self._at = self.received
        elif not self.received:
            tag = headers.get("ETag", "")
            # A weak tag says nothing of single bytes (RFC 9110, section 13.1.5).
            self._tag = tag if tag.startswith('"') and tag.isprintable() else ""

    def take(self, piece: bytes) -> bytes:
        """Return what is new in a piece of the answer.

        Raises :class:`RegistryAnswerInvalid` for more than ``size`` bytes, and
        :class:`DigestMismatch` where what came before is repeated with another content.
        """
        if self._at < self.received:
            again = piece[: self.received - self._at]
            self._repeated.update(again)
            self._at += len(again)
            piece = piece[len(again) :]
            if self._at == self.received and self._repeated.digest() != self._hash.digest():
                raise self._mismatch()
        self._at += len(piece)
        self.received = max(self.received, self._at)
        if self.received > self._size:
            raise RegistryAnswerInvalid(
                f"the blob {self._digest} has more than {self._size:,} bytes"
            )
        self._hash.update(piece)
        return piece

    def finish(self) -> None:
        """Raise :class:`RegistryUnreachable` if bytes lack, :class:`DigestMismatch` if they lie."""
        if not self.is_whole:
            raise RegistryUnreachable(
                f"the blob {self._digest} ended after {self.received:,} of {self._size:,} bytes"
            )
        if f"{self._hash.name}:{self._hash.hexdigest()}" != self._digest:
            raise self._mismatch()

    def _mismatch(self) -> DigestMismatch:
        return DigestMismatch(f"the registry has another content for the blob {self._digest}")
