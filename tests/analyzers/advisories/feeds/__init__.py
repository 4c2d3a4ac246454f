"""Tests of the readers of feeds."""
