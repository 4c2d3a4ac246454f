"""Images: references, documents, and where they are read from."""
