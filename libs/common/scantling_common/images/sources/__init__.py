"""Where images are read from: docker archives, OCI layouts, registries."""
