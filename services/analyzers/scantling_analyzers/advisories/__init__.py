"""Advisories: from the feeds that publish them to one database that is matched against."""
