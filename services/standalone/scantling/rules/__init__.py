"""Rule packs on the command line."""
