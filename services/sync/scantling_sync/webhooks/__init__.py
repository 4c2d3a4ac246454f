"""Push webhooks: one file for each kind of registry, and the door they come in by."""
