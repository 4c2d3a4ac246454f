"""``metrics.md``: every metric that ``/metrics`` shows."""

from __future__ import annotations

from typing import Final

from scantling_common.telemetry.metrics import DEFINITIONS
from scantling_common.telemetry.prometheus import NAMESPACE

_INTRODUCTION: Final = """\
# Metrics

Generated from the code by `make docs`. Each process shows all of them, in the Prometheus text
format, at `/metrics`; those of other services stay at zero.

| metric | kind | labels | what |
|---|---|---|---|
"""


def metrics() -> str:
    """Return the document."""
    rows = []
    for name, definition in sorted(DEFINITIONS.items()):
        labels = ", ".join(f"`{label}`" for label in definition.labels)
        rows.append(f"| `{NAMESPACE}_{name}` | {definition.kind} | {labels} | {definition.help} |")
    return _INTRODUCTION + "\n".join(rows) + "\n"
