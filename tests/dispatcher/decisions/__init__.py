"""Tests of the dispatcher's pure decisions."""
