"""What can go wrong in a scan without services, beyond what images and layers say.

::

    ScanError
    ├── PlatformChoice     platform_ambiguous   several platforms, none chosen
    └── ScanOverdue        scan_overdue         --timeout is over
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class ScanError(ScantlingError):
    """The image can't be scanned."""

    code = "scan_failed"


class PlatformChoice(ScanError):
    """The image has several platforms, or not the one that is wanted."""

    code = "platform_ambiguous"


class ScanOverdue(ScanError):
    """The scan took longer than it may."""

    code = "scan_overdue"
