"""Java archives: what is in them, and in the archives within them."""
