"""The reference documents that are generated from code."""
