"""Tests of hashes of passwords and of trying them."""
