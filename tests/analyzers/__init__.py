"""Tests of extractor, readers and analyzers."""
