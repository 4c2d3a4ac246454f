"""The advisory database: building, reading, comparing."""
