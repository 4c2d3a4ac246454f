"""Check items about the value of a key; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.risks.setting.values import values
from scantling_analyzers.risks.setting.verdict import Verdict, failed, not_applicable, passed

if TYPE_CHECKING:
    from scantling_analyzers.checks.expectation import Expectation
    from scantling_analyzers.checks.models import SettingExamined
    from scantling_analyzers.risks.setting.system import Config, System


def judge_setting(system: System, examined: SettingExamined, expect: Expectation) -> Verdict:
    """Judge the value that counts."""
    files = list(system.files(examined.files))
    if not files:
        named = ", ".join("/" + name for name in examined.files)
        return not_applicable(f"none of {named} is there")
    found = list(values(files, examined.key, examined.section))
    if not found:
        return _judge_unset(examined, expect, files)
    value = found[-1]
    judge = passed if expect.holds(value.value) else failed
    return judge(value.observed, value.path, value.line, value.layer)


def _judge_unset(examined: SettingExamined, expect: Expectation, files: list[Config]) -> Verdict:
    path, layer = files[-1].path, files[-1].layer
    if examined.unset is None:
        return failed(f"{examined.key} is not set", path, 0, layer)
    judge = passed if expect.holds(examined.unset) else failed
    said = f"{examined.key} is not set: {examined.unset or 'none'}"
    return judge(said, path, 0, layer)
