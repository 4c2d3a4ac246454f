"""The reporter as a part."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from scantling.hosting.parts import Part
from scantling_analyzers.advisories.provider import FILE_NAME
from scantling_common.outcomes import VulnerabilityEntry
from scantling_common.records.fleet import KnownVulnerability, VulnerabilityBody
from scantling_reporter.service import STATUSES, build_reporter

if TYPE_CHECKING:
    from pathlib import Path

    from scantling.hosting.adapters import Adapters
    from scantling_analyzers.advisories.matching.portrait import Portrait
    from scantling_reporter.settings import ReporterSettings

logger = logging.getLogger(__name__)


async def reporter_part(adapters: Adapters, settings: ReporterSettings) -> Part:
    """Return the reporter; the first token is made before anybody can ask for anything."""
    file = settings.advisories or settings.data / FILE_NAME

    async def known(name: str) -> KnownVulnerability | None:
        return await asyncio.to_thread(look_up, file, name)

    service = build_reporter(
        store=adapters.store,
        bus=adapters.bus,
        clock=adapters.clock,
        settings=settings,
        authenticator=adapters.authenticator,
        metrics=adapters.metrics,
        known=known,
    )
    await service.prepare()
    return Part(name="reporter", run=service.run, routes=service.routes(), statuses=STATUSES)


def look_up(file: Path, name: str) -> KnownVulnerability | None:
    """Return what the database at a path knows of a vulnerability; None without a database."""
    # Only who asks for what no image has needs these.
    from scantling_analyzers.advisories.database.errors import (  # noqa: PLC0415  # as said
        AdvisoriesError,
    )
    from scantling_analyzers.advisories.database.reader import (  # noqa: PLC0415  # as said
        AdvisoryDatabase,
    )
    from scantling_analyzers.advisories.matching.portrait import (  # noqa: PLC0415  # as said
        portrait_alone,
    )

    if not file.exists():
        return None
    try:
        with AdvisoryDatabase(file) as database:
            portrait = portrait_alone(name, database)
    except AdvisoriesError as error:
        logger.warning("advisories not readable", extra={"error": str(error)})
        return None
    return _known(portrait) if portrait is not None else None


def _known(portrait: Portrait) -> KnownVulnerability:
    chosen = portrait.severities
    entry = VulnerabilityEntry(
        aliases=portrait.aliases,
        scores=chosen.entries,
        score=chosen.score,
        vector=chosen.vector,
        score_source=chosen.source,
        published=portrait.published,
        modified=portrait.modified,
        weaknesses=portrait.weaknesses,
        references=portrait.references,
        exploited_since=portrait.exploited_since,
        due=portrait.due,
        ransomware=portrait.ransomware,
        epss=portrait.epss,
        epss_percentile=portrait.epss_percentile,
    )
    body = VulnerabilityBody(title=portrait.title, description=portrait.description, known=entry)
    return KnownVulnerability(id=portrait.id, severity=chosen.severity, body=body)
