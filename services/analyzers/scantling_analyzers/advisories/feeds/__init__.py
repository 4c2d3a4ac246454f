"""Readers of feeds: one module for each form in which advisories are published."""
