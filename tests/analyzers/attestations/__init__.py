"""Tests of the reading of attestations."""
