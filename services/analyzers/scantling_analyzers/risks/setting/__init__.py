"""Unsafe settings: check items held against what an image configures."""
