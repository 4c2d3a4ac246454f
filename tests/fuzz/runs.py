"""One run of a target under atheris (libFuzzer), in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fuzz.targets import Target

HANG_SECONDS: Final = 5
MEMORY_MIB: Final = 1024
LONGEST: Final = 64 * 1024
LONGEST_REPORT: Final = 10_000
TARGET: Final = "SCANTLING_FUZZ_TARGET"
"""The variable of the environment that names the target to the process."""


def fuzz(name: str, target: Target, corpus: Path, seconds: int) -> str:
    """Fuzz from and into a corpus; return what was found, empty where nothing was.

    A crash, a hang of five seconds and more memory than a worker may have are findings; the
    input lies beside the corpus.
    """
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = {
        "max_total_time": seconds,
        "timeout": HANG_SECONDS,
        "rss_limit_mb": MEMORY_MIB,
        "max_len": LONGEST,
        "artifact_prefix": f"{corpus}-",
        "verbosity": 0,
    }
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.fuzz.child"),
            *(f"-{key}={value}" for key, value in options.items()),
            str(corpus),
        ],
        env={**os.environ, TARGET: name},
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
    )
    lines = f"{done.stdout}{done.stderr}".splitlines(keepends=True)
    said = "".join(line for line in lines if not line.startswith("INFO:"))
    return said[-LONGEST_REPORT:] if done.returncode else ""
