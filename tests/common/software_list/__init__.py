"""Tests of the list disallowed-software."""
