"""The file information of an image for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import UnsetType

from scantling_reporter.formats.layers import layer_numbers
from scantling_reporter.formats.terminal import columns_of, counted, readable_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_common.outcomes import CapabilityEntry
    from scantling_reporter.report import Report, ReportOutcome

_LISTED: Final = 10


def files_block(report: Report, total: int) -> list[str]:
    """Return how many files there are, the largest, what is wasted, and what stands out."""
    outcome = report.outcomes.get("file")
    if outcome is None or isinstance(outcome.count, UnsetType):
        return []
    lines = [f"{counted(outcome.count, 'file')}, {readable_size(_number(outcome.size))}"]
    lines += _largest(outcome, total)
    lines += _per_layer(report, outcome, total)
    lines += _wasted(report, outcome, total)
    lines += _duplicates(outcome, total)
    return [*lines, *_standing_out(outcome, total)]


def _number(value: int | UnsetType) -> int:
    return 0 if isinstance(value, UnsetType) else value


def _largest(outcome: ReportOutcome, total: int) -> list[str]:
    largest = () if isinstance(outcome.largest, UnsetType) else outcome.largest[:_LISTED]
    rows = [(readable_size(each.size), each.mode, each.owner, each.path) for each in largest]
    return columns_of(("SIZE", "MODE", "OWNER", "LARGEST FILES"), rows, total=total)


def _per_layer(report: Report, outcome: ReportOutcome, total: int) -> list[str]:
    if isinstance(outcome.layers, UnsetType) or len(outcome.layers) < 2:  # noqa: PLR2004 - several
        return []
    steps = {layer.diff_id: layer.created_by for layer in report.image.layers}
    rows = [
        (
            str(number),
            str(each.count),
            readable_size(each.size),
            readable_size(each.visible_size),
            readable_size(each.overwritten),
            readable_size(each.deleted),
            steps.get(each.layer, ""),
        )
        for number, each in enumerate(outcome.layers, start=1)
    ]
    header = ("LAYER", "FILES", "SIZE", "VISIBLE", "OVERWRITTEN", "DELETED", "BUILD STEP")
    return ["", *columns_of(header, rows, total=total)]


def _wasted(report: Report, outcome: ReportOutcome, total: int) -> list[str]:
    if isinstance(outcome.wasted_files, UnsetType) or not outcome.wasted_files:
        return []
    numbers = layer_numbers(report)
    rows = [
        (
            readable_size(each.size),
            numbers.get(each.layer, each.layer),
            f"{each.how} by {numbers.get(each.hidden_by, each.hidden_by)}",
            each.path,
        )
        for each in outcome.wasted_files[:_LISTED]
    ]
    said = f"{readable_size(_number(outcome.wasted))} of layers can't be seen"
    return ["", said, *columns_of(("SIZE", "LAYER", "HOW", "WASTED FILES"), rows, total=total)]


def _duplicates(outcome: ReportOutcome, total: int) -> list[str]:
    if isinstance(outcome.duplicates, UnsetType) or not outcome.duplicates:
        return []
    rows = [
        (readable_size(each.saved), str(each.count), each.files[0].path if each.files else "")
        for each in outcome.duplicates[:_LISTED]
    ]
    said = f"{readable_size(_number(outcome.duplicate_size))} are copies of other files"
    return ["", said, *columns_of(("COST", "COPIES", "FIRST COPY"), rows, total=total)]


def _standing_out(outcome: ReportOutcome, total: int) -> list[str]:
    rows = [
        (what, str(count), ", ".join(paths[:_LISTED]))
        for what, count, paths in _kinds(outcome)
        if count
    ]
    return ["", *columns_of(("STANDS OUT", "COUNT", "FIRST"), rows, total=total)] if rows else []


def _kinds(outcome: ReportOutcome) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    known = () if isinstance(outcome.capabilities, UnsetType) else outcome.capabilities
    capabilities = tuple(map(_capability, known))
    for what, count, paths in (
        ("setuid", outcome.setuid_count, outcome.setuid),
        ("setgid", outcome.setgid_count, outcome.setgid),
        ("capabilities", outcome.capability_count, capabilities),
        ("world-writable", outcome.world_writable_count, outcome.world_writable),
        ("open directory", outcome.open_directory_count, outcome.open_directories),
        ("device", outcome.device_count, outcome.devices),
        ("link above root", outcome.links_above_root_count, outcome.links_above_root),
        ("not addressable", outcome.hostile_count, ()),
    ):
        yield what, _number(count), () if isinstance(paths, UnsetType) else paths


def _capability(file: CapabilityEntry) -> str:
    names = ",".join(file.permitted or file.inheritable) or "unreadable"
    return f"{file.path} ({names})"
