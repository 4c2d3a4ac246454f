"""What an outcome of risk type ``setting`` has beyond others: check items and their counts."""

from __future__ import annotations

import msgspec

from scantling_common.risks import Severity


class SettingItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One check item and what was seen of it, as ``outcomes.setting.items[]``.

    ``status`` is *passed*, *failed*, *not_applicable* or *unknown* (a file can't be read, or the
    distribution has no baseline), of the last two with a ``reason``. ``observed`` is redacted;
    ``path`` and ``line`` say where it stands, 0 for no line. ``references`` are numbers in the
    documents of others.
    """

    id: str
    baseline: str
    title: str
    severity: Severity
    status: str
    reason: str = ""
    observed: str = ""
    expected: str = ""
    path: str = ""
    line: int = 0
    description: str = ""
    remedy: str = ""
    references: tuple[str, ...] = ()


class BaselineCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many items of one baseline passed, failed, do not apply, or can't be told."""

    id: str
    title: str
    passed: int
    failed: int
    not_applicable: int
    unknown: int


class SettingReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The check items of an image, and their counts by baseline."""

    baselines: tuple[BaselineCount, ...] = ()
    items: tuple[SettingItem, ...] = ()
