"""The content scanners, each alone and all in the one walk: ``make bench-content``.

The images are those of ``make bench-engine``. Each is scanned cold: for packages alone, then with
one content scanner more, then for all eight risk types; beside it trivy with vulnerabilities and
secrets (see :mod:`tests.benchmarks.engine` for how it is found), and the floor. The search for
secrets is measured alone, too, beside trivy's alone: both pass over what stands in ``/usr``, ours
at all else that is text, trivy's at files by their names and folders. The speed of a
scanner is the plain size of the layers by the seconds that it adds to the scan for packages. Whole
processes; medians; memory is the largest process and the sum of the tree.

``--advisories`` names a database, best one of the same advisories as trivy's; without it no
vulnerabilities are looked for, which is told.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from scantling_common.risks import RISKS
from tests.benchmarks.engine import peers_of, scantling
from tests.benchmarks.engine_images import MIB, PLANS, build
from tests.benchmarks.floor import Floor, floor_of
from tests.benchmarks.processes import Run, measure

PACKAGES: Final = "software,file,baseimage"
CONTENT: Final = ("compliance", "secret", "setting", "malware")
WIDTH: Final = 24


def main() -> None:
    """Build what is missing, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [plan.name for plan in PLANS]
    parser.add_argument("images", nargs="*", help=f"some of {', '.join(names)} (all)")
    parser.add_argument("--folder", type=Path, default=Path(".cache/bench"), help="for images")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--advisories", type=Path, help="a database of advisories")
    parser.add_argument("--rules", type=Path, action="append", default=[], help="further rules")
    arguments = parser.parse_args()
    unknown = set(arguments.images).difference(names)
    if unknown:
        parser.error(f"no image {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    heads = ("seconds", "MiB", "tree", "of floor", "of trivy", "MB/s")
    print(f"{'':8} {'':{WIDTH}}" + " ".join(f"{head:>9}" for head in heads))
    for plan in PLANS:
        if not arguments.images or plan.name in arguments.images:
            _bench(plan.name, build(plan, arguments.folder), arguments)


def _bench(name: str, archive: Path, arguments: argparse.Namespace) -> None:
    runs: int = arguments.runs
    rules = [part for path in arguments.rules for part in ("--rules", str(path))]
    floor = min(floor_of(archive) for _ in range(runs))
    _print(name, "floor", Run(floor.seconds, 0, 0), floor)
    peer = peers_of(archive, scanners="vuln,secret").get("trivy")
    trivy = None if peer is None else measure(peer, runs=runs)
    if trivy is not None:
        _print(name, "trivy vuln,secret", trivy, floor, trivy)

    def scanned(risks: str, *more: str) -> Run:
        scan = [scantling(), "scan", str(archive), "--platform", "all", "--quiet", "--no-cache"]
        return measure([*scan, "--allow-partial", "--risk", risks, *rules, *more], runs=runs)

    peer = peers_of(archive, scanners="secret").get("trivy")
    if peer is not None:
        alone = measure(peer, runs=runs)
        _print(name, "trivy secret", alone, floor, alone)
        _print(name, "secret", scanned("secret"), floor, alone)
    packages = scanned(PACKAGES)
    _print(name, "packages", packages, floor, trivy)
    for risk in CONTENT:
        run = scanned(f"{PACKAGES},{risk}")
        added = max(run.seconds - packages.seconds, 1e-3)
        _print(name, f"packages, {risk}", run, floor, trivy, speed=floor.plain / added / 1e6)
    advisories = arguments.advisories
    if advisories is None:
        every = ",".join(risk for risk in RISKS if risk != "vulnerability")
        _print(name, "all but vulnerabilities", scanned(every), floor, trivy)
    else:
        run = scanned(",".join(RISKS), "--advisories", str(advisories))
        _print(name, "all eight", run, floor, trivy)


def _print(
    name: str, what: str, run: Run, floor: Floor, trivy: Run | None = None, *, speed: float = 0
) -> None:
    memory = f"{run.memory / MIB:9.0f} {run.tree / MIB:9.0f}" if run.memory else f"{'':19}"
    against = f"{run.seconds / trivy.seconds:9.2f}" if trivy is not None else f"{'':9}"
    fast = f"{speed:9.0f}" if speed else ""
    ratio = f"{run.seconds / floor.seconds:9.2f}"
    what = f"{name:8} {what:{WIDTH}}"
    print(f"{what}{run.seconds:9.2f} {memory} {ratio} {against} {fast}", flush=True)


if __name__ == "__main__":
    main()
