"""All tests; the folders mirror the members."""
