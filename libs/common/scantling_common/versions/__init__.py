"""Versions: how each ecosystem orders them, ranges of advisories, constraints of people."""
