"""Kinds of registries, one file each, behind one port."""
