"""Images: references, digests, platforms, manifests, and the sources they are read from."""
