"""Sensitive information: secrets in files and in the configuration of an image."""
