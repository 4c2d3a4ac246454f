"""Settings of the reporter."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # settings are made of it

from pydantic import Field, SecretStr

from scantling_common.settings import ServiceSettings


class ReporterSettings(ServiceSettings):
    """What the reporter needs beside what every service needs."""

    admin_token: SecretStr | None = Field(
        None, description="the first token: admin of all projects; best given by its file"
    )
    results_in_flight: int = Field(
        64, ge=1, le=1000, description="pages of outcomes that are handled at once"
    )
    keep_hidden_days: int = Field(
        30,
        ge=1,
        le=3650,
        description="days for which the report of an image is kept after its last tag went",
    )

    advisories: Path | None = Field(
        None,
        description="advisory database in which vulnerabilities are looked up that no image has; "
        "without it `advisories.db` in the data directory",
    )

    @property
    def keep_hidden_ms(self) -> int:
        """Return how long the outcomes of a hidden head are kept, in milliseconds."""
        return self.keep_hidden_days * 24 * 3_600_000
