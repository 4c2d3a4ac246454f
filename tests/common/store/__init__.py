"""Tests of the store: one conformance suite for every adapter."""
