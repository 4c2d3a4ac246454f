"""``python -m tests.oracles``: compare ours with the tools that are here; write what CI checks."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from tests.builders.versions import pairs
from tests.oracles.agreement import Agreement, agreement
from tests.oracles.oracle import ORACLES, Oracle
from tests.services.programs import Missing

WRITTEN: Final = 2_000
"""Pairs that are kept of each scheme."""
PAIRS: Final = Path(__file__).parents[1] / "common/versions/pairs"


def main() -> int:
    """Compare; return 1 where there is a difference that the tool's own answers don't explain."""
    parser = argparse.ArgumentParser(prog="tests.oracles", description=__doc__)
    parser.add_argument("schemes", nargs="*")
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    failed = False
    for oracle in ORACLES:
        if asked.schemes and oracle.scheme not in asked.schemes:
            continue
        try:
            found = agreement(oracle, pairs(oracle.scheme, asked.pairs, asked.seed))
        except Missing as reason:
            sys.stdout.write(f"{oracle.scheme}: {reason}\n")
            continue
        failed |= bool(found.differing)
        _tell(oracle, found, asked.show)
        if asked.write:
            _write(oracle, found)
    return failed


def _tell(oracle: Oracle, found: Agreement, shown: int) -> None:
    counts = ", ".join(
        f"{name} {len(getattr(found, name))}" for name in Agreement.__dataclass_fields__
    )
    sys.stdout.write(f"{oracle.scheme} ({oracle.version()}): {counts}\n")
    for name in ("differing", "refused_by_us", "contradicted"):
        for pair in getattr(found, name)[:shown]:
            sys.stdout.write(f"    {name} {pair}\n")


def _write(oracle: Oracle, found: Agreement) -> None:
    lines = [
        json.dumps([left, "<=>"[sign + 1], right], ensure_ascii=False)
        for (left, right), sign in found.agreed[:WRITTEN]
    ]
    tool = json.dumps(oracle.version())
    body = ",\n".join(lines)
    text = f'{{"tool": {tool}, "pairs": [\n{body}\n]}}\n'
    PAIRS.joinpath(f"{oracle.scheme}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
