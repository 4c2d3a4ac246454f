"""The part of the HTTP API that sync owns: projects, registries, syncs."""
