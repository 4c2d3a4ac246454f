"""Records: what the documents of each collection hold, by writing service."""
