"""Programs and libraries as they lie in an image: ELF files and what their makers left in them."""
