"""The ecosystems' own tools, asked how they order versions."""
