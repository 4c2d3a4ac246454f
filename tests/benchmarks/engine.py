"""`scantling scan` against its peers and against its floor: ``make bench-engine``.

Four images (see :mod:`tests.benchmarks.engine_images`); each is scanned cold by Scantling, syft
and trivy, and the floor is taken: what it costs to read, hash, decompress and hash again all its
layers in two threads, and nothing else. Then a second scan with the cache, and a scan of an image
that shares all layers but a small one. Whole processes; medians; memory is the largest process,
with its mapped pages, and the sum of the tree as it was seen every 50 ms.

The peers are those of ``SCANTLING_SYFT`` and ``SCANTLING_TRIVY`` (``SCANTLING_TRIVY_CACHE`` is a
folder with its databases), else those on PATH.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.benchmarks.engine_images import MIB, PLANS, build, with_one_more_layer
from tests.benchmarks.floor import floor_of
from tests.benchmarks.processes import Run, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

RISKS: Final = "software,file,baseimage"


def main() -> None:
    """Build what is missing, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [plan.name for plan in PLANS]
    parser.add_argument("images", nargs="*", help=f"some of {', '.join(names)} (all)")
    parser.add_argument("--folder", type=Path, default=Path(".cache/bench"), help="for images")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    unknown = set(arguments.images).difference(names)
    if unknown:
        parser.error(f"no image {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    print(
        f"{'':8} {'':16} {'seconds':>8} {'MiB':>6} {'tree':>6} {'of floor':>9} {'of syft':>8}",
        end="",
    )
    print(f" {'of trivy':>9}")
    for plan in PLANS:
        if not arguments.images or plan.name in arguments.images:
            _bench(plan.name, build(plan, arguments.folder), arguments.runs)


def _bench(name: str, archive: Path, runs: int) -> None:
    scan = [scantling(), "scan", str(archive), "--platform", "all", "--quiet", "--risk", RISKS]
    floor = min(floor_of(archive).seconds for _ in range(runs))
    peers = {peer: measure(command, runs=1) for peer, command in peers_of(archive).items()}
    _print(name, "floor", Run(floor, 0, 0), floor, {})
    for peer, run in peers.items():
        _print(name, peer, run, floor, {})
    _print(name, "cold", measure([*scan, "--no-cache"], runs=runs), floor, peers)
    with tempfile.TemporaryDirectory() as folder:
        cached = [*scan, "--cache", folder]
        _print(name, "warm", measure(cached, runs=runs), floor, peers)
        sibling = with_one_more_layer(archive, Path(folder) / "sibling.tar")
        beside = [str(sibling) if part == str(archive) else part for part in cached]
        _print(name, "one layer more", measure(beside, runs=0), floor, peers)


def scantling() -> str:
    """Return the program of this environment."""
    return shutil.which("scantling", path=Path(sys.executable).parent) or "scantling"


def peers_of(archive: Path, *, scanners: str = "vuln") -> dict[str, list[str]]:
    """Return the commands of the peers that are here; ``scanners`` are trivy's."""
    found = {}
    if syft := os.environ.get("SCANTLING_SYFT") or shutil.which("syft"):
        found["syft"] = [syft, f"docker-archive:{archive}", "-q", "-o", "json"]
    if trivy := os.environ.get("SCANTLING_TRIVY") or shutil.which("trivy"):
        cache = os.environ.get("SCANTLING_TRIVY_CACHE")
        where = ["--cache-dir", cache] if cache else []
        # Without the first flag trivy keeps what it found, and a second run would be a warm one.
        options = "--cache-backend memory --skip-db-update --skip-java-db-update --offline-scan"
        found["trivy"] = [
            *(trivy, *where, "image", *options.split(), "--quiet", "--list-all-pkgs"),
            *("--scanners", scanners, "--format", "json", "--input", str(archive)),
        ]
    return found


def _print(name: str, what: str, run: Run, floor: float, peers: dict[str, Run]) -> None:
    ratios: Sequence[float] = [peers[peer].seconds for peer in ("syft", "trivy") if peer in peers]
    against = " ".join(f"{run.seconds / seconds:8.3f}" for seconds in ratios)
    memory = f"{run.memory / MIB:6.0f} {run.tree / MIB:6.0f}" if run.memory else f"{'':13}"
    print(
        f"{name:8} {what:16} {run.seconds:8.2f} {memory} {run.seconds / floor:9.2f} {against}",
        flush=True,
    )


if __name__ == "__main__":
    main()
