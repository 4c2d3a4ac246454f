"""Check items about all files of an image, by what its file information counts; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.setting.verdict import Verdict, failed, not_applicable, passed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scantling_analyzers.checks.models import ContainerRule
    from scantling_analyzers.risks.setting.system import System
    from scantling_common.outcomes import FileReport

_NAMED: Final = 5
_SUDO: Final = ("sudo", "sudo-rs", "sudo-ldap", "opendoas", "doas")
_PROGRAM: Final = re.compile(r"(?:^|/)s?bin/")


def _counted(count: int, paths: Sequence[str], what: str) -> Verdict:
    if not count:
        return passed(f"no {what}")
    named = ", ".join(f"/{path}" for path in paths[:_NAMED])
    more = f" and {count - _NAMED} more" if count > _NAMED else ""
    return failed(f"{count} {what}: {named}{more}", paths[0] if paths else "")


def _files(rule: Callable[[FileReport], Verdict]) -> Callable[[System], Verdict]:
    def judge(system: System) -> Verdict:
        files = system.image.files
        return not_applicable("nothing is known of the files") if files is None else rule(files)

    return judge


def _setuid(files: FileReport) -> Verdict:
    count, paths = files.setuid_count + files.setgid_count, (*files.setuid, *files.setgid)
    return _counted(count, tuple(dict.fromkeys(paths)), "files with setuid or setgid")


def _capabilities(files: FileReport) -> Verdict:
    paths = [each.path for each in files.capabilities]
    return _counted(files.capability_count, paths, "files with capabilities")


def _world_writable(files: FileReport) -> Verdict:
    return _counted(files.world_writable_count, files.world_writable, "world-writable files")


def _open_directories(files: FileReport) -> Verdict:
    count, paths = files.open_directory_count, files.open_directories
    return _counted(count, paths, "directories that everybody may write to, without a sticky bit")


def _devices(files: FileReport) -> Verdict:
    return _counted(files.device_count, files.devices, "devices")


def _programs(files: FileReport) -> Verdict:
    """Judge programs that everybody may change; the first thousand files are looked at."""
    found = [path for path in files.world_writable if _PROGRAM.search(path)]
    return _counted(len(found), found, "programs that everybody may change")


def _sudo(system: System) -> Verdict:
    found = next((system.packages[n] for n in _SUDO if n in system.packages), None)
    if found is not None:
        return failed(f"{found.name} {found.version} is installed", found.path, 0, found.layer)
    return passed("neither sudo nor doas is installed")


FILE_RULES: Final[Mapping[ContainerRule, Callable[[System], Verdict]]] = {
    "no_setuid_files": _files(_setuid),
    "no_file_capabilities": _files(_capabilities),
    "no_world_writable_files": _files(_world_writable),
    "no_open_directories": _files(_open_directories),
    "no_devices": _files(_devices),
    "program_is_not_writable": _files(_programs),
    "no_sudo": _sudo,
}
