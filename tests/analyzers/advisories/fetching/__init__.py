"""Tests of fetching what is published."""
