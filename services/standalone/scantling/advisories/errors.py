"""What can go wrong in the commands of advisories, beyond what the database says."""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class RecordsRefused(ScantlingError):
    """With ``--strict``: some of the sources could not be used, so nothing was built."""

    code = "advisories_refused"
