"""The merge: from the runs of scans to generations of heads, and what those changed. Pure."""
