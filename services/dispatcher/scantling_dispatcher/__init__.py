"""The dispatcher service: what is scanned, when, and why not."""
