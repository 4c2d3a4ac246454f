"""Tests of the reader of accounts."""
