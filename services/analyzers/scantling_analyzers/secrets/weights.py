"""The weights of traits."""
from __future__ import annotations

BIAS = 0.0
WEIGHTS: dict[str, float] = {}
