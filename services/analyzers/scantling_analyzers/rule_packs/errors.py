"""What can be wrong with rule packs.

ScantlingError
├── RulesUnusable       rules that a user names can't be used, or the directory of packs can't
└── EngineUnavailable   an engine for malware does not answer
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class RulesUnusable(ScantlingError):
    """The rules can't be used."""

    code = "rules_unusable"


class EngineUnavailable(ScantlingError):
    """An engine for malware does not answer: what it would have found is not known."""

    code = "engine_unavailable"
