"""What can go wrong in a scan without services, beyond what images and layers say.

::

    ScanError
    ├── ImageChoice        image_ambiguous      several images of one platform
    ├── MachineUnfit       machine_unfit        a directory or a process that can't be had
    ├── NotAnImageThere    not_an_image         a chart, a signature, another artifact
    ├── OutputUnwritable   output_unwritable    the report can't be written
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


class ImageChoice(ScanError):
    """The source holds several images for the same platform."""

    code = "image_ambiguous"


class MachineUnfit(ScanError):
    """The machine refuses what a scan needs."""

    code = "machine_unfit"


class NotAnImageThere(ScanError):
    """What is there is not an image."""

    code = "not_an_image"


class OutputUnwritable(ScanError):
    """The report can't be written."""

    code = "output_unwritable"


class ScanOverdue(ScanError):
    """The scan took longer than it may."""

    code = "scan_overdue"
