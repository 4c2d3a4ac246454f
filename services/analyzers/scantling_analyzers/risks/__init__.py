"""Analyzers: one folder per risk type. They read facts, never layers."""
