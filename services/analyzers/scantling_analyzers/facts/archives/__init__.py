"""Archives in a layer: what is in them, within limits, however they nest."""
