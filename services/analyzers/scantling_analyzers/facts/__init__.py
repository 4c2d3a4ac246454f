"""Facts: what a layer contains, and the readers that find it out."""
