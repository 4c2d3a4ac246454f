"""Settings of the roles that bring no settings of their own."""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path  # noqa: TC003 - pydantic reads annotations at run time
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import Field

from scantling_analyzers.advisories.provider import FILE_NAME
from scantling_analyzers.clamd.engine import with_daemon
from scantling_analyzers.rule_packs.directory import RULES, RuleDirectory
from scantling_common.settings import ServiceSettings, load

if TYPE_CHECKING:
    from scantling_analyzers.rule_packs.configured import ConfiguredRules

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=ServiceSettings)

MIB: Final = 1024 * 1024
FACT_KEY_FILE: Final = (
    "key file that password hashes in facts are sealed with, and that tells secrets apart, the "
    "same for all extractors and the analyzer of `setting`; `up` makes its own"
)
MAX_WORKERS: Final = 4
"""How many workers there are by default, at most."""


class RulesSettings(ServiceSettings):
    """Where rule packs are."""

    rules: Path | None = Field(
        None,
        description="directory of rule packs for malware and secrets, which `scantling rules` "
        "fills: the same for the extractor and the analyzers of `malware` and `secret`; without it "
        "`rules` in the data directory",
    )

    clamd: str = Field(
        "",
        description="where a daemon of ClamAV listens, as `unix:/run/clamav/clamd.ctl` or "
        "`tcp:HOST:3310`: a second engine for malware; the same for the extractor and the analyzer "
        "of `malware`",
    )

    def read_rules(self) -> ConfiguredRules:
        """Return the rules of all packs and the daemon's, as they are now.

        A process asks once: names of readers and facts follow from it, and have to fit together.
        Raises :class:`~scantling_analyzers.rule_packs.errors.RulesUnusable`.
        """
        directory = RuleDirectory(self.rules or self.data / RULES)
        for pack in directory.packs():
            if pack.problems:
                # Whoever added it was told then; images are not searched by what it left out.
                told = {"pack": pack.name, "problems": len(pack.problems)}
                logger.warning("rules of a pack are left out", extra=told)
        return with_daemon(directory.configured(), self.clamd)


class ExtractorSettings(RulesSettings):
    """What the extractor needs."""

    credential_key_file: Path | None = Field(
        None, description="key file that registry credentials are sealed with; `up` makes its own"
    )
    fact_key_file: Path | None = Field(None, description=FACT_KEY_FILE)
    workers: int = Field(
        0, ge=0, le=256, description="worker processes; 0: one for each processor, at most 4"
    )
    worker_memory_mib: int = Field(
        1024, ge=128, description="most memory that one worker may allocate, in MiB"
    )
    images_in_flight: int = Field(4, ge=1, le=256, description="images that are read at once")
    downloads_in_flight: int = Field(4, ge=1, le=64, description="layers downloaded at once")
    limits: Path | None = Field(
        None, description="TOML file of limits on what is read of layers and archives, see below"
    )
    blob_cache: Path | None = Field(
        None, description="directory of compressed layers; without it `blobs` in the data directory"
    )
    blob_cache_mib: int = Field(
        10 * 1024, ge=0, description="most compressed layers that are kept, in MiB"
    )
    referrers: bool = Field(
        default=False,
        description="ask registries for SBOMs and provenance that no index names: three requests "
        "or more for each scan",
    )

    @property
    def worker_count(self) -> int:
        """Return how many workers there are."""
        return self.workers or max(1, min(MAX_WORKERS, available_processors()))


class AdvisoriesSettings(ServiceSettings):
    """Where the advisories are, and where they come from."""

    advisories: Path | None = Field(
        None, description="advisory database; without it `advisories.db` in the data directory"
    )
    advisories_from: str = Field(
        "",
        description="reference of an advisory database in an OCI registry, fetched when it changes",
    )
    advisories_plain_http: bool = Field(
        default=False, description="the registry of the advisory database speaks http"
    )

    @property
    def advisories_file(self) -> Path:
        """Return the path of the database."""
        return self.advisories or self.data / FILE_NAME


class AdvisoriesRoleSettings(AdvisoriesSettings):
    """What keeping the advisories needs."""

    advisories_update_hours: int = Field(
        0, ge=0, le=720, description="how often the feeds are fetched and built, in hours; 0: never"
    )
    advisories_feeds: Path | None = Field(
        None, description="TOML file of the feeds to fetch, instead of those of the product"
    )
    advisories_to: str = Field(
        "", description="reference in an OCI registry that each new build is pushed to"
    )


class AnalyzerSettings(AdvisoriesSettings, RulesSettings):
    """What an analyzer needs."""

    secret_score: float = Field(
        0.5,
        ge=0.5,
        le=1,
        description="from which score on the analyzer of `secret` tells a secret, 0.5 (where "
        "nothing is said) to 1",
    )
    fact_key_file: Path | None = Field(None, description=FACT_KEY_FILE)
    jobs_in_flight: int = Field(8, ge=1, le=256, description="jobs that are analysed at once")
    java_index: Path | None = Field(
        None,
        description="file that names Java archives by SHA-1, in the schema of trivy-java-db; "
        "without it what Maven itself did not name is guessed",
    )


def available_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def loaded(kind: type[S], **given: object) -> S:
    """Return the settings of a service, with the host's name as the instance where none is set.

    Raises :class:`~scantling_common.settings.SettingsInvalid`.
    """
    settings = load(kind, **given)
    if settings.instance:
        return settings
    return settings.model_copy(update={"instance": socket.gethostname()})
