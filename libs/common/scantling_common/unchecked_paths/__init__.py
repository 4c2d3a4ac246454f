"""Paths that are not searched for secrets: those of every image, and those of a project's list."""
