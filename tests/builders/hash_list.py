"""Lists of hashes in the forms that feeds and ClamAV write."""

from __future__ import annotations

import hashlib


def md5(content: bytes) -> str:
    """Return the MD5 of content in hex."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def sha1(content: bytes) -> str:
    """Return the SHA-1 of content in hex."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def sha256(content: bytes) -> str:
    """Return the SHA-256 of content in hex."""
    return hashlib.sha256(content).hexdigest()


def clamav(content: bytes, name: str, *, size: str | None = None, digest: str = "") -> str:
    """Return a line of ClamAV for content."""
    return f"{digest or sha256(content)}:{len(content) if size is None else size}:{name}\n"
