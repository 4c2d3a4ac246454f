"""``python -m tests.oracles.openscap_roots FOLDER``: compare with OpenSCAP on made file systems.

FOLDER has data streams of the SCAP Security Guide (Debian's packages ``ssg-nondebian`` and
``ssg-debderived``). The root file systems are those of :mod:`tests.builders.roots`. They have no
database of packages that ``oscap`` could read, so in a copy of each data stream every rule is made
to apply, and what asks whether an OpenSSH server is installed to say that it is where it is.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scantling_analyzers.contract import Settings
from scantling_analyzers.risks.setting.analyzer import SettingAnalyzer
from tests.analyzers.risks.setting.images import image
from tests.builders.roots import debian, euler, red_hat, suse
from tests.oracles.openscap import JUDGED, compare, results_of_oscap
from tests.services.programs import Missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.builders.roots.root import Root

_SERVER: Final = "usr/sbin/sshd"
_PLATFORM: Final = re.compile(r"<(?:xccdf-1\.2:)?platform [^>]*/>")
_INSTALLED: Final = re.compile(
    r'(<linux:(?:rpm|dpkg)info_test check="all" check_existence=")(all_exist|none_exist)'
    r'("[^>]*package_openssh(?:-server)?_)'
)
_OTHER: Final = {"all_exist": "none_exist", "none_exist": "all_exist"}


def main() -> int:
    """Compare and write a table for each; return 1 where the tool is not there."""
    parser = argparse.ArgumentParser(prog="tests.oracles.openscap_roots", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for product, root in _roots():
        stream = folder / f"ssg-{product}-ds.xml"
        if not stream.exists():
            sys.stdout.write(f"{product}: {stream.name} is not there\n")
            continue
        try:
            _compare(product, root, stream)
        except Missing as reason:
            sys.stdout.write(f"{reason}\n")
            return 1
    return 0


def _roots() -> Iterator[tuple[str, Root]]:
    yield from (("rhel7", red_hat.centos_7()), ("rhel8", red_hat.red_hat_8()))
    yield from (("rhel9", red_hat.red_hat_9()), ("uos20", euler.uos_of_rpm()))
    yield from (("sle12", suse.suse_12()), ("sle15", suse.suse_15()))
    yield "debian10", debian.debian_10()
    for version in ("16.04", "18.04", "20.04", "22.04"):
        yield f"ubuntu{version.replace('.', '')}", debian.ubuntu(version)


def _compare(product: str, root: Root, stream: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        system, bare = Path(folder) / "root", Path(folder) / "ds.xml"
        _write(root, system)
        text = _PLATFORM.sub("", stream.read_text(encoding="utf-8"))
        if _SERVER in root.places:
            text = _INSTALLED.sub(_turned, text)
        bare.write_text(text, encoding="utf-8")
        theirs = results_of_oscap(system, bare)
    found = list(compare(_items(root), theirs))
    both = [each for each in found if each.theirs in JUDGED and each.ours in JUDGED]
    other = [each for each in both if each.ours != each.theirs]
    for each in other:
        rules = ", ".join(f"{name} {result}" for name, result in each.rules.items())
        sys.stdout.write(f"* {each.item}: {each.ours} ({each.seen}); {rules}\n")
    sys.stdout.write(
        f"{product}: {len(found)} items have rules; {len(both)} were judged by both, "
        f"{len(both) - len(other)} alike\n"
    )


def _turned(match: re.Match[str]) -> str:
    return match[1] + _OTHER[match[2]] + match[3]


def _items(root: Root) -> dict[str, dict[str, Any]]:
    outcome = SettingAnalyzer().analyze(image(**root.given), Settings())
    items = outcome.setting.items if outcome.setting is not None else ()
    return {
        item.id: {"status": item.status, "observed": item.observed, "reason": item.reason}
        for item in items
    }


def _write(root: Root, folder: Path) -> None:
    """Write a root file system; links are made relative, so that they stay within."""
    for name, text in root.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name, entry in root.places.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.startswith("l "):
            target = entry.removeprefix("l ")
            inside = folder / target.lstrip("/")
            relative = os.path.relpath(inside, path.parent) if target.startswith("/") else target
            path.symlink_to(relative)
        elif entry.startswith("d"):
            path.mkdir(mode=int(entry[1:5], 8), exist_ok=True)
        else:
            path.touch()
            path.chmod(int(entry[:4], 8))


if __name__ == "__main__":
    sys.exit(main())
