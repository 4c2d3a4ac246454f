"""Extractor and analyzers: facts from layers, findings from facts."""
