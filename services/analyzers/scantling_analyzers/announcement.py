"""What extractor and analyzers say at their start: which versions of an analyzer are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.contract import kind_of
from scantling_analyzers.extraction.readers import INDEX_READER
from scantling_common.bus.port import Outgoing
from scantling_common.events.models import AnalyzerVersions
from scantling_common.events.topics import ANALYZER_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_analyzers.contract import Analyzer


def announcement(
    analyzer: Analyzer, reader_versions: Mapping[str, int], rules: str | None = ""
) -> Outgoing:
    """Return the event that tells an analyzer's version and those of the readers it needs.

    ``rules`` are what else its outcomes are made with, None where the role does not know. Beside
    that both roles of one release say the same.
    """
    needed = [
        name for reader in analyzer.readers for name in reader_versions if kind_of(name) == reader
    ]
    readers = INDEX_READER | {name: reader_versions[name] for name in needed}
    return Outgoing(
        topic=ANALYZER_VERSIONS,
        event=AnalyzerVersions(
            project="",
            risk=analyzer.risk,
            version=analyzer.version,
            rules_version=rules or "",
            rules_known=rules is not None,
            readers=readers,
        ),
        id=f"{analyzer.risk}/{analyzer.version}/{rules}/{sorted(readers.items())}",
    )
