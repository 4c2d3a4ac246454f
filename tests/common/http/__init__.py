"""Tests of what the HTTP parts share."""
