"""Layers: archives, verification, the index, and what can be seen."""
