"""`scantling scan` against syft on the same archives: ``python -m tests.benchmarks.scan``.

Prints seconds and memory of whole processes, cold (no cache) and warm (facts are stored), and
the ratio to syft in the same run, and how
the package lists differ. syft is the peer where it is found: ``SCANTLING_SYFT``, else
on PATH. The archives: one built here (``--entries``), and those of ``SCANTLING_SAMPLE_DATA``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.benchmarks.processes import Run, measure
from tests.builders import dpkg
from tests.builders.image import docker_archive, image

MIB: Final = 1024 * 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=60_000, help="files of the built image")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--build", type=Path, help="only write the built archive, there")
    arguments = parser.parse_args()
    if arguments.build is not None:
        _build(arguments.build, arguments.entries)
        return
    scantling = shutil.which("scantling", path=Path(sys.executable).parent) or "scantling"
    syft = os.environ.get("SCANTLING_SYFT") or shutil.which("syft")
    start = measure([scantling, "--help"], runs=arguments.runs)
    print(f"scantling --help: {start.seconds:.3f} s, {start.memory / MIB:.0f} MiB")
    if syft is None:
        print("syft is not here: no ratio (set SCANTLING_SYFT)")
    print(f"{'archive':28} {'':6} {'seconds':>8} {'MiB':>6} {'of syft':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for archive in _archives(Path(folder), arguments.entries):
            peer = None
            scan = [scantling, "scan", str(archive), "--platform", "all", "--quiet"]
            if syft is not None:
                command = [syft, f"docker-archive:{archive}", "-q", "-o", "json"]
                peer = measure(command, runs=arguments.runs)
                _print(archive, "syft", peer, peer)
                _compare(_ours([*scan, "--no-cache", "--format", "json"]), _theirs(command))
            cold = measure([*scan, "--no-cache"], runs=arguments.runs)
            _print(archive, "cold", cold, peer)
            warm = measure([*scan, "--cache", f"{folder}/cache"], runs=arguments.runs)
            _print(archive, "warm", warm, peer)


def _ours(command: list[str]) -> set[str]:
    reports = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    packages = (p for report in reports for p in report["outcomes"]["software"]["packages"])
    return {package["purl"].partition("?")[0] for package in packages}


def _theirs(command: list[str]) -> set[str]:
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {artifact["purl"].partition("?")[0] for artifact in found["artifacts"]}


def _compare(ours: set[str], theirs: set[str]) -> None:
    """Print packages by purl without qualifiers: what is the same, and what only one has."""
    print(f"  packages: {len(ours & theirs)} the same")
    for purl in sorted(ours - theirs):
        print(f"  only here: {purl}")
    for purl in sorted(theirs - ours):
        print(f"  only syft: {purl}")


def _archives(folder: Path, entries: int) -> list[Path]:
    samples = Path(os.environ.get("SCANTLING_SAMPLE_DATA", "../shared/data")) / "images"
    built = folder / "built.tar"
    # In a process of its own: a child's memory is counted from what its parent has.
    command = [sys.executable, "-m", "tests.benchmarks.scan", f"--entries={entries}"]
    subprocess.run([*command, f"--build={built}"], check=True)
    return [built, *sorted(samples.glob("*.tar"))]


def _build(path: Path, entries: int) -> None:
    """Write an image of three layers: a system with packages, many small files, a few large."""
    chance = random.Random(1)  # noqa: S311  # the same image each time
    system = {
        "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
        "var/lib/dpkg/status": dpkg.generated(500),
    }
    small = {
        f"usr/share/app/{n % 997:03}/{n:06}.txt": chance.randbytes(chance.randrange(2000))
        for n in range(entries)
    }
    large = {f"opt/data/{n}.bin": chance.randbytes(8 * MIB) for n in range(16)}
    docker_archive(path, {"bench/built:1": image(system, small, large)})


def _print(archive: Path, what: str, run: Run, peer: Run | None) -> None:
    ratio = f"{run.seconds / peer.seconds:8.2f}" if peer is not None else ""
    print(f"{archive.name:28} {what:6} {run.seconds:8.3f} {run.memory / MIB:6.0f} {ratio}")


if __name__ == "__main__":
    main()
