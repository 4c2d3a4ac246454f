"""Which programs are known by their content, as data."""
