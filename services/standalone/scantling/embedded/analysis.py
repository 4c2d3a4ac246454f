"""The process *analysis*: the extractor with its workers, and all analyzers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling.embedded.data_directory import CREDENTIAL_KEY, FACT_KEY
from scantling.embedded.lifeline import stop_with
from scantling.embedded.listening import serve_order
from scantling.hosting.adapters import make_adapters
from scantling.hosting.advisories import advisories_part
from scantling.hosting.analysis import analyzer_part, extractor_part
from scantling.hosting.host import Host
from scantling.hosting.process import run_process
from scantling.hosting.settings import (
    MIB,
    AdvisoriesRoleSettings,
    AnalyzerSettings,
    ExtractorSettings,
    loaded,
)
from scantling.sample.advisories import FILE, build_sample
from scantling_analyzers.advisories.provider import AdvisoryFile
from scantling_analyzers.extraction.pool import WorkerPool, catalogue_with
from scantling_analyzers.fact_seal import FactSeal
from scantling_analyzers.limits_file import read_limits
from scantling_analyzers.risks.catalogue import ANALYZERS

if TYPE_CHECKING:
    from scantling.embedded.orders import Order
    from scantling.hosting.parts import Part

INSTANCE: Final = "up"


def run_analysis(order: Order) -> int:
    """Run until asked to stop; return the exit status."""
    data = Path(order.data)
    given = {"data": data, "kafka": None, "mongodb": None, "instance": INSTANCE}
    credentials, facts = data / CREDENTIAL_KEY, data / FACT_KEY
    settings = loaded(
        ExtractorSettings, credential_key_file=credentials, fact_key_file=facts, **given
    )
    limits, rules = read_limits(settings.limits), settings.read_rules()
    pool = WorkerPool(
        settings.worker_count,
        memory=settings.worker_memory_mib * MIB,
        seal=FactSeal.from_file(facts),
        catalogue=catalogue_with(rules),
    )
    # Before anything starts a thread, for a fork is only safe while there is none.
    pool.start()

    async def main() -> None:
        stop_with(order.lifeline)
        adapters = make_adapters(settings, "analysis")
        analyzers = loaded(AnalyzerSettings, fact_key_file=facts, **given)

        sample = _sample(data) if order.sample is not None else None

        async def build() -> list[Part]:
            return [
                extractor_part(adapters, settings, pool, rules, limits),
                *(
                    analyzer_part(adapters, analyzers, each.risk, rules, sample=sample)
                    for each in ANALYZERS
                ),
                advisories_part(adapters, loaded(AdvisoriesRoleSettings, **given)),
            ]

        await Host(adapters, build, lambda app: serve_order(app, order)).run()

    return run_process("analysis", settings, main)


def _sample(data: Path) -> AdvisoryFile:
    """Return the sample advisories, built anew: another release has other ones."""
    file = data / FILE
    build_sample(file)
    return AdvisoryFile(file)
