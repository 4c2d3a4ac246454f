"""Packages in rpm's database, in each of the forms that rpm has written it."""
