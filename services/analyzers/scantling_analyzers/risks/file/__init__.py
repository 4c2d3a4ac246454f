"""File information: how many files, how large, and which ones stand out."""
