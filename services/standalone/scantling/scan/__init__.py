"""One image, without any service: extraction, analyzers, merge and formats in one command."""
