"""What one line of the list says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from scantling_common.versions.schemes import BY_TYPE

if TYPE_CHECKING:
    from scantling_common.risks import Severity
    from scantling_common.versions.constraints import Constraint

Action = Literal["deny", "allow"]

PROGRAM: Final = "program"
"""The type of an executable file, which is known by its name and its content only."""
UNPACKAGED: Final = "unpackaged"
"""Stands for executable files that no package of the operating system brought."""
SYSTEM: Final = "system"
"""Stands for all types of packages of operating systems."""
SYSTEM_TYPES: Final = frozenset({"alpm", "apk", "deb", "ebuild", "opkg", "rpm"})
"""What ``system`` stands for."""
TYPES: Final = frozenset({*BY_TYPE, PROGRAM, UNPACKAGED})
"""The types that an entry may name, beside ``system``."""

HASHES: Final = {"sha1": 40, "sha256": 64}
"""The hashes that an entry may name, and how many hexadecimal digits each has."""

DEFAULT_ID: Final = "disallowed-software"
DEFAULT_SEVERITY: Final[Severity] = "medium"
INCLUDE_DEFAULT: Final = "include default"
"""The line that stands for all lines of the default list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftwareEntry:
    """A line that denies or allows software; what it leaves empty it does not ask for.

    ``name``, ``path`` and ``license`` are patterns (:mod:`scantling_common.software_list.glob`),
    ``hash`` is ``sha1:…`` or ``sha256:…``. ``id`` groups findings. ``text`` is the line; it and
    ``reason`` are escaped.
    """

    action: Action
    text: str
    name: str = ""
    types: frozenset[str] = frozenset()
    version: Constraint | None = None
    path: str = ""
    license: str = ""
    hash: str = ""
    id: str = DEFAULT_ID
    severity: Severity = DEFAULT_SEVERITY
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IncludeDefault:
    """The line ``include default``."""


Line = SoftwareEntry | IncludeDefault
