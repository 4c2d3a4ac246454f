"""Errors of the reporter.

::

    ScantlingError
    ├── PartitionUnavailable   another instance owns the partition now; try again there
    └── ReportMissing          no report to read
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class PartitionUnavailable(ScantlingError):
    """This instance does not own the partition of the image."""

    code = "partition_unavailable"


class ReportMissing(ScantlingError):
    """There is no such report."""

    code = "report_missing"
