"""Check items for settings, as data: what is examined, what is expected, and what to do."""
