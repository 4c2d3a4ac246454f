"""The dispatcher's decisions: pure functions of (state, event, now)."""
