"""The advisory database: built from what feeds say, read by whoever matches against it."""
