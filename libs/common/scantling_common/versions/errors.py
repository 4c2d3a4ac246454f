"""What can be wrong with a version or with what is asked of versions.

The tree::

    VersionError               version_error
    ├── NotAVersion            version_invalid
    └── ConstraintInvalid      constraint_invalid
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class VersionError(ScantlingError):
    """Something about a version can't be told."""

    code = "version_error"


class NotAVersion(VersionError):
    """The text is no version that its ecosystem can order."""

    code = "version_invalid"


class ConstraintInvalid(VersionError):
    """The text is no constraint on versions."""

    code = "constraint_invalid"
