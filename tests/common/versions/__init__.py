"""Tests of versions: their orders, ranges of advisories, constraints."""
