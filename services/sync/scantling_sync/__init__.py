"""The sync service: registries, webhooks, metadata."""
