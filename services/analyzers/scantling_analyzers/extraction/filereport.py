"""From the statistics of an image's files to the file information that reports show."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from scantling_common.layers.file_capabilities import decode_capabilities
from scantling_common.outcomes import (
    CapabilityEntry,
    DuplicateEntry,
    DuplicatePlace,
    FileEntry,
    FileReport,
    LayerFiles,
    WastedEntry,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.layers import statistics
    from scantling_common.layers.waste import WastedFile


def file_report(found: statistics.FileStatistics, diff_ids: Sequence[str]) -> FileReport:
    """Return the statistics of an image's files as reports show them."""
    layers = tuple(
        _layer(diff_id, files) for diff_id, files in zip(diff_ids, found.layers, strict=True)
    )
    overwritten = sum(layer.overwritten for layer in layers)
    deleted = sum(layer.deleted for layer in layers)
    return FileReport(
        count=found.count,
        size=found.size,
        largest=tuple(_entry(file, diff_ids) for file in found.largest),
        layers=layers,
        wasted=overwritten + deleted,
        overwritten=overwritten,
        deleted=deleted,
        wasted_files=tuple(_wasted(file, diff_ids) for file in found.wasted),
        setuid_count=found.setuid.count,
        setgid_count=found.setgid.count,
        world_writable_count=found.world_writable.count,
        open_directory_count=found.open_directories.count,
        capability_count=found.capable_count,
        device_count=found.devices.count,
        symlink_count=found.symlink_count,
        links_above_root_count=found.leaving.count,
        hostile_count=sum(layer.hostile_count for layer in layers),
        setuid=_paths(found.setuid),
        setgid=_paths(found.setgid),
        world_writable=_paths(found.world_writable),
        open_directories=_paths(found.open_directories),
        capabilities=tuple(_capabilities(file, diff_ids) for file in found.capable),
        devices=_paths(found.devices),
        links_above_root=_paths(found.leaving),
        duplicate_groups=found.duplicate_groups,
        duplicate_size=found.duplicate_size,
        duplicates=tuple(_duplicate(group, diff_ids) for group in found.duplicates),
    )


def _layer(diff_id: str, files: statistics.LayerFiles) -> LayerFiles:
    return LayerFiles(
        layer=diff_id,
        count=files.count,
        size=files.size,
        visible_count=files.visible_count,
        visible_size=files.visible_size,
        overwritten=files.waste.overwritten,
        deleted=files.waste.deleted,
        hostile_count=files.hostile_count,
    )


def _paths(marked: statistics.Marked) -> tuple[str, ...]:
    return tuple(file.path for file in marked.files)


def _entry(file: statistics.VisibleFile, diff_ids: Sequence[str]) -> FileEntry:
    return FileEntry(
        path=file.path,
        size=file.size,
        mode=stat.filemode(stat.S_IFREG | file.mode),
        owner=f"{file.uid}:{file.gid}",
        layer=diff_ids[file.layer],
        modified=file.mtime,
    )


def _wasted(file: WastedFile, diff_ids: Sequence[str]) -> WastedEntry:
    return WastedEntry(
        path=file.path,
        size=file.size,
        layer=diff_ids[file.layer],
        hidden_by=diff_ids[file.hidden_by],
        how="deleted" if file.deleted else "overwritten",
    )


def _duplicate(group: statistics.DuplicateFiles, diff_ids: Sequence[str]) -> DuplicateEntry:
    return DuplicateEntry(
        size=group.size,
        count=group.count,
        saved=group.saved,
        files=tuple(
            DuplicatePlace(path=path, layer=diff_ids[layer]) for path, layer in group.files
        ),
    )


def _capabilities(file: statistics.Capable, diff_ids: Sequence[str]) -> CapabilityEntry:
    found = decode_capabilities(file.raw)
    if found is None:
        return CapabilityEntry(path=file.path, layer=diff_ids[file.layer], revision=0)
    return CapabilityEntry(
        path=file.path,
        layer=diff_ids[file.layer],
        revision=found.revision,
        permitted=found.permitted,
        inheritable=found.inheritable,
        effective=found.effective,
        root_uid=found.root_uid,
    )
