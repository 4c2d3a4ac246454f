"""Weak passwords of the accounts of an image."""
