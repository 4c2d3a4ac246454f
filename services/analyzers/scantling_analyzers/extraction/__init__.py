"""The extractor: every layer is read once, by all readers, in supervised workers."""
