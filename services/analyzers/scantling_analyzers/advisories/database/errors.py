"""What can be wrong with an advisory database.

::

    AdvisoriesError             advisories_error
    ├── AdvisoriesUnusable      advisories_unusable          damaged, foreign, or not there
    ├── AdvisoriesNewer         advisories_version_unknown   of a schema that is not known
    ├── BuildEmpty              advisories_empty             nothing could be used
    └── BuildUnwritable         advisories_unwritable        no room, no right to write
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class AdvisoriesError(ScantlingError):
    """The advisory database can't be built or read."""

    code = "advisories_error"


class AdvisoriesUnusable(AdvisoriesError):
    """The file is not an advisory database, or is damaged."""

    code = "advisories_unusable"


class AdvisoriesNewer(AdvisoriesError):
    """The advisory database has a schema that this release does not read."""

    code = "advisories_version_unknown"


class BuildEmpty(AdvisoriesError):
    """Nothing of the sources could be used, so there is no advisory database."""

    code = "advisories_empty"


class BuildUnwritable(AdvisoriesError):
    """The advisory database can't be written."""

    code = "advisories_unwritable"
