"""What keeps `scantling up` from starting.

::

    UpError
    ├── DataInUse     data_in_use     another `scantling up` has the directory
    ├── PortInUse     port_in_use     something else listens there
    └── DataUnusable  data_unusable   the directory can't be made or written
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class UpError(ScantlingError):
    """The product can't start on this machine."""

    code = "up_failed"


class DataInUse(UpError):
    """Another process uses the data directory."""

    code = "data_in_use"


class PortInUse(UpError):
    """The address to listen on can't be had."""

    code = "port_in_use"


class DataUnusable(UpError):
    """The data directory can't be used."""

    code = "data_unusable"
