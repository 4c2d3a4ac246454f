"""All benchmarks, one after the other: ``make bench``, or some by name."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

ALL: Final = (
    "bus",
    "store",
    "dispatch",
    "scan",
    "pipeline",
    "versions",
    "passwords",
    "malware",
    "secrets",
)


def main() -> int:
    """Run each benchmark in a process of its own; return 1 where one failed."""
    wanted = sys.argv[1:] or ALL
    unknown = sorted(set(wanted).difference(ALL))
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(ALL)}", file=sys.stderr)
        return 2
    failed = []
    for name in wanted:
        print(f"\n== {name}", flush=True)
        if subprocess.run(
            [sys.executable, "-m", f"tests.benchmarks.{name}"], check=False
        ).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
