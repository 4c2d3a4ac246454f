"""``python -m tests.oracles.openscap ROOT DATASTREAM``: compare check items with OpenSCAP's rules.

ROOT is the root of an unpacked system (debootstrap makes one), DATASTREAM a file of the SCAP
Security Guide (Debian's packages ``ssg-debian`` and ``ssg-debderived``; ``oscap`` is in
``openscap-scanner``). The same files are judged by both: by ``oscap`` in place, with
``OSCAP_PROBE_ROOT``, and by ours as an image of one layer. Newer guides hold most rules for not
applicable there; then ``oscap xccdf eval --profile '(all)' --results`` is run within a copy of the
system that has an entry of the package ``linux-base``, and its file is given with ``--results``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from xml.etree import ElementTree as ET

from scantling_analyzers.checks.documents import read_document
from tests.builders.image import BuiltImage, BuiltLayer, docker_archive
from tests.services.programs import Missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RULES: Final = Path(__file__).with_name("openscap_rules.yaml")
_NAMESPACE: Final = "{http://checklists.nist.gov/xccdf/1.2}"
_NOT_PACKED: Final = frozenset({"dev", "proc", "sys"})
JUDGED: Final = frozenset({"pass", "fail"})
_WORDS: Final = {"passed": "pass", "failed": "fail", "not_applicable": "n/a", "unknown": "unknown"}
_SECONDS: Final = 600


class Compared(NamedTuple):
    """One item, what ours says of it, what each rule says, and what ours has seen."""

    item: str
    ours: str
    rules: dict[str, str]
    seen: str

    @property
    def theirs(self) -> str:
        """Return what the rules say together: one that fails decides."""
        said = set(self.rules.values())
        return "fail" if "fail" in said else "pass" if "pass" in said else "not judged"


def main() -> int:
    """Compare and write a table; return 1 where the tool is not there."""
    parser = argparse.ArgumentParser(prog="tests.oracles.openscap", description=__doc__)
    parser.add_argument("root", type=Path)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("datastream", type=Path, nargs="?")
    given.add_argument("--results", type=Path)
    asked = parser.parse_args()
    try:
        theirs = (
            read_results(asked.results)
            if asked.results
            else results_of_oscap(asked.root, asked.datastream)
        )
    except Missing as reason:
        sys.stdout.write(f"{reason}\n")
        return 1
    found = list(compare(items_of_ours(asked.root), theirs))
    both = [each for each in found if each.theirs in JUDGED and each.ours in JUDGED]
    same = [each for each in both if each.ours == each.theirs]
    for each in sorted(found):
        mark = " " if each in same else "*" if each in both else "-"
        rules = ", ".join(f"{name} {result}" for name, result in each.rules.items())
        sys.stdout.write(f"{mark} {each.item}: {each.ours} ({each.seen}); {rules}\n")
    sys.stdout.write(
        f"{len(found)} items have rules; {len(both)} were judged by both, {len(same)} alike\n"
    )
    return 0


def compare(ours: Mapping[str, dict[str, Any]], theirs: Mapping[str, str]) -> Iterator[Compared]:
    """Yield every item that has a rule in the data stream."""
    known = read_document(RULES.read_text(encoding="utf-8"), RULES.name).data
    for name, rules in known.items():
        results = {rule: theirs[rule] for rule in rules if rule in theirs}
        if results and name in ours:
            item = ours[name]
            seen = item.get("observed") or item.get("reason", "")
            yield Compared(name, _WORDS[item["status"]], results, seen)


def results_of_oscap(root: Path, datastream: Path) -> dict[str, str]:
    """Return the result of every rule. Raises :class:`Missing` where there is no ``oscap``."""
    program = shutil.which("oscap")
    if program is None:
        message = "oscap is not installed"
        raise Missing(message)
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        subprocess.run(
            [program, "xccdf", "eval", "--profile", "(all)", "--results", results, datastream],
            check=False,  # 2 says that some rules failed
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OSCAP_PROBE_ROOT": str(root.resolve())},
            timeout=_SECONDS,
        )
        return read_results(results)


def read_results(path: Path) -> dict[str, str]:
    """Return the result of every rule, as the tool wrote them."""
    tree = ET.parse(path)  # noqa: S314 - a developer's own tool wrote it
    return {
        entry.get("idref", "").partition("_rule_")[2]: entry.findtext(f"{_NAMESPACE}result", "")
        for entry in tree.iter(f"{_NAMESPACE}rule-result")
    }


def items_of_ours(root: Path) -> dict[str, dict[str, Any]]:
    """Return every check item of the system, scanned as an image of one layer."""
    with tempfile.TemporaryDirectory() as folder:
        layer = Path(folder) / "layer.tar"
        with tarfile.open(layer, "w", format=tarfile.PAX_FORMAT) as archive:
            for path in sorted(root.iterdir()):
                if path.name not in _NOT_PACKED:
                    archive.add(path, arcname=path.name)
        built = BuiltImage(layers=(BuiltLayer(plain=layer.read_bytes(), compression="plain"),))
        image = docker_archive(Path(folder) / "image.tar", {"system:1": built})
        command = Path(sys.executable).with_name("scantling")
        ended = subprocess.run(
            [command, "scan", "--no-cache", "--risk", "setting", "--format", "json", image],
            check=False,
            capture_output=True,
            timeout=_SECONDS,
        )
    items = json.loads(ended.stdout)["outcomes"]["setting"]["items"]
    return {item["id"]: item for item in items}


if __name__ == "__main__":
    sys.exit(main())
