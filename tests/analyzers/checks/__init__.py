"""Tests of the analyzers member."""
