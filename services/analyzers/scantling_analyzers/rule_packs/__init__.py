"""Rule packs of the user: which there are, where they are, and what their content hashes to."""
