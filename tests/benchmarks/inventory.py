"""What Scantling, syft and trivy find in an archive: ``python -m tests.benchmarks.inventory``.

Prints, for each archive and type of package, how many packages each finds, and how many of them
only one does, by package URL without qualifiers; with ``--differences`` these, too. The peers are
found as :mod:`tests.benchmarks.engine` finds them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.engine import peers_of, scantling

OURS: Final = "scantling"
SHOWN: Final = 40


def main() -> None:
    """Ask everyone, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archives", nargs="+", type=Path)
    parser.add_argument("--differences", action="store_true", help="list what only one finds")
    arguments = parser.parse_args()
    for archive in arguments.archives:
        print(f"\n{archive.name}")
        _compare(found_in(archive), differences=arguments.differences)


def found_in(archive: Path) -> dict[str, set[str]]:
    """Return the package URLs that each tool finds, without qualifiers."""
    scan = [scantling(), "scan", str(archive), "--platform", "all", "--no-cache", "--quiet"]
    found = {OURS: _ours(_run([*scan, "--risk", "software", "--format", "json"]))}
    for name, command in peers_of(archive).items():
        found[name] = _syft(_run(command)) if name == "syft" else _trivy(_run(command))
    return found


def _run(command: list[str]) -> Any:
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def _ours(reports: Any) -> set[str]:
    reports = reports if isinstance(reports, list) else [reports]
    packages = (p for each in reports for p in each["outcomes"]["software"]["packages"])
    return {_plain(package["purl"]) for package in packages}


def _syft(document: Any) -> set[str]:
    return {_plain(each["purl"]) for each in document["artifacts"] if each.get("purl")}


def _trivy(document: Any) -> set[str]:
    packages = (p for each in document.get("Results", ()) for p in each.get("Packages", ()))
    purls = (each.get("Identifier", {}).get("PURL", "") for each in packages)
    return {_plain(purl) for purl in purls if purl}


def _plain(purl: str) -> str:
    return purl.partition("?")[0].partition("#")[0]


def _compare(found: dict[str, set[str]], *, differences: bool) -> None:
    kinds = sorted({_type(purl) for purls in found.values() for purl in purls})
    print(f"{'type':10}" + "".join(f"{name:>11}{'only there':>12}" for name in found))
    for kind in kinds:
        row = f"{kind:10}"
        for name, purls in found.items():
            own = {purl for purl in purls if _type(purl) == kind}
            others = set().union(*(each for other, each in found.items() if other != name))
            row += f"{len(own):11}{len(own - others):12}"
        print(row)
    if differences:
        for name, purls in found.items():
            others = set().union(*(each for other, each in found.items() if other != name))
            for kind, number in sorted(Counter(map(_type, purls - others)).items()):
                print(f"\nonly {name}: {number} {kind}")
                only = sorted(purl for purl in purls - others if _type(purl) == kind)
                print("\n".join(f"  {purl}" for purl in only[:SHOWN]))


def _type(purl: str) -> str:
    return purl.removeprefix("pkg:").partition("/")[0]


if __name__ == "__main__":
    main()
