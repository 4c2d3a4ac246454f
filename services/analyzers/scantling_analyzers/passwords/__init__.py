"""Hashes of passwords, and what tells whether a password is one that anybody would try."""
