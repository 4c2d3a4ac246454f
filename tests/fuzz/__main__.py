"""Fuzz targets for a time: ``python -m tests.fuzz [TARGET…] [--seconds N] [--corpus FOLDER]``.

Each target runs in a process of its own. The corpus grows in a folder for each target and is used
again. What is found is written beside it; make it a test.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.fuzz.runs import fuzz
from tests.fuzz.targets import targets


def main() -> int:
    """Run the targets one after the other; return 1 where one found something."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="names of targets (all)")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--corpus", type=Path, default=Path(".cache/fuzz"))
    arguments = parser.parse_args()
    known = targets()
    if unknown := sorted(set(arguments.targets).difference(known)):
        parser.error(f"no target {', '.join(unknown)}; there are: {', '.join(known)}")
    failed = False
    for name in arguments.targets or known:
        found = fuzz(name, known[name], arguments.corpus / name, arguments.seconds)
        inputs = len(list((arguments.corpus / name).iterdir()))
        print(f"{name}: {'found something' if found else 'nothing found'}, {inputs} inputs kept")  # noqa: T201  # the command's output
        if found:
            print(found)  # noqa: T201  # as above
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
