"""Tests of the `scantling` command and of what it hosts."""
