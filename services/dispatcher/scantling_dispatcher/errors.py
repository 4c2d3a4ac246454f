"""Errors of the dispatcher.

::

    ScantlingError
    ├── decisions.tasks.TaskStateConflict   the task is past that
    ├── Contended                           a document changes faster than it can be changed
    ├── NotLeader                           another dispatcher is active
    └── RiskUnavailable                     nobody analyses that risk type
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class Contended(ScantlingError):
    """A document was changed by others at every attempt to change it."""

    code = "contended_unavailable"


class NotLeader(ScantlingError):
    """Another dispatcher is the active one."""

    code = "not_leader"


class RiskUnavailable(ScantlingError):
    """No analyzer of this installation looks for that risk type."""

    code = "risk_unavailable"
