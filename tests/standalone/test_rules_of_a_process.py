"""A process asks once which rules there are: what reads and what judges go by the same ones."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, cast

from scantling.cli.main import main
from scantling.hosting.adapters import make_adapters
from scantling.hosting.analysis import analyzer_part, extractor_part
from scantling.hosting.settings import AnalyzerSettings, ExtractorSettings, loaded
from scantling_analyzers.risks.catalogue import PLACES
from tests.analyzers.clamd.daemon import running
from tests.builders.malware_marker import RULE

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from scantling_analyzers.extraction.pool import WorkerPool


class Pool:
    """Stands for workers that nothing is asked of."""

    metrics: object = None


def test_parts_of_a_process_go_by_rules_that_were_read_once(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(base64.b64encode(bytes(32)))
    key.chmod(0o600)
    given = {
        "data": tmp_path / "data",
        "kafka": None,
        "mongodb": None,
        "clamd": f"unix:{tmp_path}/s",
        "fact_key_file": key,
    }
    with running(tmp_path / "s", lambda _: b"stream: OK\0") as daemon:
        settings = loaded(ExtractorSettings, credential_key_file=key, **given)
        rules = settings.read_rules()
        adapters = make_adapters(settings, "analysis")
        extractor_part(adapters, settings, cast("WorkerPool", Pool()), rules)
        for risk in PLACES:
            analyzer_part(adapters, loaded(AnalyzerSettings, **given), risk, rules)
        assert daemon.asked == 1


def test_a_process_says_which_packs_are_not_used_as_a_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rules = tmp_path / "half.yar"
    rules.write_text(RULE + "rule Bad { condition: nowhere }\n")
    data = tmp_path / "data"
    assert main(["rules", "add", str(rules), "--folder", str(data / "rules")]) == 3
    loaded(ExtractorSettings, data=data, kafka=None, mongodb=None, clamd="").read_rules()
    (record,) = [each for each in caplog.records if each.msg == "rules of a pack are left out"]
    assert (record.__dict__["pack"], record.__dict__["problems"]) == ("half", 1)
