"""The inventory of an image: its distribution and its packages, the same for every risk type."""
