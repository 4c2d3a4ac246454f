"""Builders of real fixtures: what tests stand on instead of opaque binaries."""
