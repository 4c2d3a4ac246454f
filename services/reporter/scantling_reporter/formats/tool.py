"""What documents say made them."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

TOOL: Final = "scantling"


def tool_version() -> str:
    """Return the version of the distribution that writes the document."""
    return version("scantling-reporter")
