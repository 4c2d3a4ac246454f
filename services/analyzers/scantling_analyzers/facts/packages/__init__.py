"""Readers of package databases and of packages that stand by themselves."""
