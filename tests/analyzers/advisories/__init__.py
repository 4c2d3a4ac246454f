"""Advisories: what feeds say, how it is kept, and what it means for an image."""
