"""Fetching what is published: conditional, resumed, verified, into a directory of its own."""
