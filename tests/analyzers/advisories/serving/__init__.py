"""Tests of announcing new builds of the advisories."""
