"""Tests of the engine that finds secrets."""
