"""What a rule says: which files may be a program, and what in them tells its version."""

from __future__ import annotations

from typing import Final, NamedTuple

SERIES: Final = b"{series}"
"""Stands in a sign for what the group ``series`` of the file's name matched."""

V3: Final = rb"(\d{1,4}\.\d{1,4}\.\d{1,6})"
"""A version of three numbers."""
V23: Final = rb"(\d{1,4}\.\d{1,4}(?:\.\d{1,6})?)"
"""A version of two or three numbers."""


class Sign(NamedTuple):
    """Bytes that tell a version.

    ``near`` is searched for; around each place ``version`` is matched, whose first group is the
    version. ``alone``: the bytes are common enough that they count only if all places agree.
    """

    near: bytes
    version: bytes
    alone: bool = False


class Rule(NamedTuple):
    """One program. The first of its ``signs`` that is found tells the version.

    ``files`` are names, ``pattern`` is a regular expression for further ones, both of the file
    without folders; ``shared`` are names that other programs have as well: a link of that name
    promises nothing. ``identity`` must be found as well, where the signs alone say too little.
    Of rules of one ``family`` the first that fits holds: MariaDB also speaks of MySQL. ``cpe``
    are its names in the National Vulnerability Database, ``vendor:product``.
    """

    name: str
    cpe: tuple[str, ...]
    signs: tuple[Sign, ...]
    files: tuple[bytes, ...] = ()
    pattern: bytes = b""
    shared: tuple[bytes, ...] = ()
    identity: bytes = b""
    family: str = ""
