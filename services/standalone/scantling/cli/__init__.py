"""The command line: `scantling`."""
