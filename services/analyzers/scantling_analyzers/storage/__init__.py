"""What the extractor stores and analyzers read: facts, bindings, visibility, chains."""
