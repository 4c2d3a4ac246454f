"""Tests of the paths that are not searched for secrets."""
