"""How much each test does: every number that its time depends on."""

from __future__ import annotations

from typing import Final

ANSWER_SECONDS: Final = 60.0
"""How long anything is waited for before a test fails; nothing takes that long."""

BACK_SECONDS: Final = 10.0
"""How long a killed process may be away: the bound that is promised."""

KILLED_SCANS: Final = 200
"""Images in analysis while processes are killed."""

CHAOS_IMAGES: Final = 28
CHAOS_SEEDS: Final = (1, 2)

STORM_VALID: Final = 2000
STORM_REPEATED: Final = 500
STORM_BAD: Final = 500
STORM_IMAGES: Final = 100
"""How many images the valid requests of the storm are about."""

STORM_TAGS: Final = 4
"""Under how many tags each of them stands; each tag is told of several times."""

STORM_MEMORY: Final = 192 * 1024 * 1024
"""By how many bytes the process that takes the storm may grow."""

FAULT_LANES: Final = 4
"""New worlds that begin side by side, each with roles that die."""

IDLE_SECONDS: Final = 15.0
"""How long a role that has nothing to do takes to go through all that it does all the same."""

HUGE_MANIFEST: Final = 100 * 1024 * 1024
"""The size of a manifest that nobody needs, in bytes."""

CROWD_SECONDS: Final = 90.0
"""How long a crowd of images is waited for."""
