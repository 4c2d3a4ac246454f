"""Settings of the dispatcher."""

from __future__ import annotations

from typing import Final

from pydantic import Field, field_validator

from scantling_common.risks import ALWAYS, RISKS
from scantling_common.settings import ServiceSettings

MAX_CONCURRENT: Final = 1000
"""The most scans in flight."""


PUSHED: Final = frozenset({*ALWAYS, "vulnerability"})
"""What a push is looked for unless that is set."""


class DispatcherSettings(ServiceSettings):
    """What the dispatcher needs."""

    concurrent_scans: int = Field(
        16, ge=1, le=MAX_CONCURRENT, description="most scans in flight at once (scan tasks)"
    )
    push_risks: str = Field(
        ",".join(risk for risk in RISKS if risk in PUSHED),
        description="risk types of a scan that a push starts, comma-separated; with "
        "`vulnerability`, images that were scanned before anybody analysed vulnerabilities are "
        "matched, too",
    )
    requests_per_minute: int = Field(
        600, ge=1, description="most scans that one project's other systems may request in a minute"
    )
    keep_tasks_days: int = Field(
        30, ge=1, le=3650, description="days for which a task that has ended can be looked at"
    )

    @field_validator("push_risks")
    @classmethod
    def _check_risks(cls, text: str) -> str:
        named = [risk.strip() for risk in text.split(",") if risk.strip()]
        unknown = [risk for risk in named if risk not in RISKS]
        if unknown:
            message = f"unknown risk types: {', '.join(unknown)}"
            raise ValueError(message)
        return ",".join(risk for risk in RISKS if risk in {*named, *ALWAYS})
