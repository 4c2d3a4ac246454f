"""Servers that tests start: real ones, or a skip with the reason."""
