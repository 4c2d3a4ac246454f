"""Digests (OCI image specification, descriptor.md) and chain ids (config.md)."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, NewType

from scantling_common.images.errors import DigestInvalid, DigestMismatch

if TYPE_CHECKING:
    from collections.abc import Iterable
    from hashlib import _Hash

Digest = NewType("Digest", str)
"""``sha256:`` or ``sha512:`` and lower-case hex: what a blob or manifest hashes to."""

DiffId = NewType("DiffId", str)
"""The digest of a layer's uncompressed tar."""

ChainId = NewType("ChainId", str)
"""The digest of a layer together with all layers below it, by their diff ids."""

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


def is_digest(text: str) -> bool:
    """Say whether ``text`` is a digest of a supported algorithm."""
    return _DIGEST.fullmatch(text) is not None


def parse_digest(text: str) -> Digest:
    """Return ``text`` as a digest, or raise :class:`DigestInvalid`."""
    if not is_digest(text):
        raise DigestInvalid(f"{text[:150]!r} is not a digest (sha256:… or sha512:…, lower case)")
    return Digest(text)


def new_hash(digest: Digest) -> _Hash:
    """Return a fresh hash of the digest's algorithm."""
    return hashlib.new(digest.partition(":")[0], usedforsecurity=True)


def digest_of(data: bytes) -> Digest:
    """Return the SHA-256 digest of ``data``."""
    return Digest(f"sha256:{hashlib.sha256(data).hexdigest()}")


def verify_digest(data: bytes, expected: Digest, what: str) -> None:
    """Raise :class:`DigestMismatch` unless ``data``, which ``what`` names, has the digest."""
    digest = new_hash(parse_digest(expected))
    digest.update(data)
    actual = f"{digest.name}:{digest.hexdigest()}"
    if actual != expected:
        raise DigestMismatch(f"{what} {expected} has the content of {actual}")


def chain_ids(diff_ids: Iterable[DiffId]) -> list[ChainId]:
    """Return the chain id of each layer, bottom first.

    The lowest layer's is its diff id; every other one's is the SHA-256 of the chain id below it,
    a space and its own diff id.
    """
    chain: list[ChainId] = []
    for diff_id in diff_ids:
        text = f"{chain[-1]} {diff_id}" if chain else ""
        chain.append(ChainId(digest_of(text.encode()) if text else diff_id))
    return chain
