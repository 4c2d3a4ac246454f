"""Base images: on what an image is built, and whether that is approved."""
