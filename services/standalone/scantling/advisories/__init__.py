"""The commands that build and show advisory databases."""
