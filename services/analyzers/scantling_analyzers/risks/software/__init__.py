"""Software information: the packages of an image."""
