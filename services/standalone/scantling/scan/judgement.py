"""What is said of an image once its layers are read: outcomes of the analyzers, and its report."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from scantling_analyzers.analysis.bases import BaseFinder
from scantling_analyzers.analysis.content import ContentLoader, FactsMissing, LayerAddress
from scantling_analyzers.analysis.origin import with_origin
from scantling_analyzers.contract import Unsealing
from scantling_analyzers.passwords.stopping import in_thread
from scantling_analyzers.risks.catalogue import analyzer_of
from scantling_common.outcomes import Outcome
from scantling_reporter.report import (
    Report,
    ReportImage,
    ReportLayer,
    organization_of,
    report_of,
    timestamp,
)
from scantling_sync.images import platform_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scantling_analyzers.advisories.provider import Provider
    from scantling_analyzers.analysis.archive_index import ArchiveIndex
    from scantling_analyzers.contract import Settings
    from scantling_analyzers.extraction.image import Extracted
    from scantling_analyzers.fact_seal import FactSeal
    from scantling_analyzers.rule_packs.configured import ConfiguredRules
    from scantling_common.clock import Clock
    from scantling_common.images.reference import Reference
    from scantling_common.records.sync import Image
    from scantling_common.risks import Risk
    from scantling_common.store.port import Store


class Judge:
    """Judges images by the facts in a store, and reports of them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        project: str,
        *,
        settings: Settings,
        archives: ArchiveIndex | None,
        advisories: Provider | None,
        seal: FactSeal,
        rules: ConfiguredRules,
        least_score: float | None = None,
    ) -> None:
        """Bind everything; secrets are told from ``least_score`` on."""
        self._content, self._bases = ContentLoader(store, archives), BaseFinder(store)
        self._clock, self._project = clock, project
        self._settings, self._advisories, self._seal = settings, advisories, seal
        self._rules, self._least_score = rules, least_score

    async def outcomes(
        self,
        risks: Sequence[Risk],
        image: Image,
        readers: dict[str, int],
        extracted: Extracted,
        configuration: Mapping[str, int],
        indexes: tuple[str, ...] = (),
    ) -> list[Outcome]:
        """Return what the analyzers say of an image whose layers are read.

        ``configuration`` are the readers that looked at its configuration, with versions;
        ``indexes`` the digests of the indexes that it was found through.
        """
        layers = [
            LayerAddress(digest=layer.digest, identity=read.identity, readers=readers)
            for layer, read in zip(image.body.layers, extracted.layers, strict=True)
        ]
        view = extracted.visibility
        return [
            await self._outcome(risk, image, layers, view, configuration, indexes) for risk in risks
        ]

    async def _outcome(
        self,
        risk: Risk,
        image: Image,
        layers: Sequence[LayerAddress],
        visibility: str,
        configuration: Mapping[str, int],
        indexes: tuple[str, ...],
    ) -> Outcome:
        analyzer = analyzer_of(risk, self._advisories, self._seal, self._rules, self._least_score)
        if analyzer is None:
            reason = "this version has no analyzer of that risk type"
            return Outcome(risk=risk, status="unsupported", code="no_analyzer", reason=reason)
        bases = await self._bases.bases(self._project, [layer.identity for layer in layers])
        content = await self._content.load(
            self._project, image, layers, visibility, analyzer.readers, bases, configuration
        )
        if isinstance(content, FactsMissing):
            return Outcome(risk=risk, status="failed", code="facts_missing", reason=content.key)
        content = replace(content, indexes=indexes)
        begun = time.perf_counter()
        if isinstance(analyzer, Unsealing):
            # To try passwords takes a while, in which a scan can be interrupted.
            analyzed = await in_thread(analyzer.analyze, content, self._settings)
        else:
            analyzed = analyzer.analyze(content, self._settings)
        outcome = with_origin(analyzed, content)
        return replace(outcome, seconds=round(time.perf_counter() - begun, 6))

    def report(
        self,
        image: Image,
        reference: Reference | None,
        outcomes: Sequence[Outcome],
        sizes: Mapping[str, int],
    ) -> Report:
        """Return the report; ``sizes`` are those of the layers that are unpacked, by identity."""
        layers = tuple(
            ReportLayer(
                digest=layer.digest,
                diff_id=layer.claimed_diff_id,
                size=layer.size,
                uncompressed_size=sizes.get(layer.claimed_diff_id),
                created_by=layer.created_by,
            )
            for layer in image.body.layers
        )
        described = ReportImage(
            project=self._project,
            registry=reference.registry if reference else "",
            organization=organization_of(reference.repository) if reference else "",
            repository=reference.repository if reference else "",
            tags=(reference.tag,) if reference and reference.tag else (),
            reference=str(reference) if reference else "",
            digest=image.id,
            platform=platform_of(image),
            created=timestamp(image.image_created_at),
            size=image.size,
            layers=layers,
        )
        return report_of(described, outcomes, scanned_at=self._clock.now_ms())


def same_of_all(risks: Sequence[Risk], status: str, code: str, reason: str) -> list[Outcome]:
    """Return one outcome for all risk types."""
    return [
        msgspec.convert({"risk": risk, "status": status, "code": code, "reason": reason}, Outcome)
        for risk in risks
    ]
