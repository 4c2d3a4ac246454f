"""Attestations: what was published beside an image about it. Claims, to be compared."""
