"""By what an archive was identified: the words that ``Package.found_by`` has for Maven packages.

A *record* was written by Maven itself and names the artifact. All else is a *guess*: it is
overruled where an index of published archives knows the archive by its SHA-1.
"""

from __future__ import annotations

from typing import Final

POM_PROPERTIES: Final = "pom.properties"
POM_XML: Final = "pom.xml"
MANIFEST: Final = "manifest"
FILE_NAME: Final = "file-name"
SHA1: Final = "sha1"
"""An index of published archives named it."""
UNKNOWN: Final = "archive"
"""Nothing names it: it is listed under its file's name, so that nobody takes it for absent."""

SHADED: Final = "shaded:"
"""Stands before the word where the artifact has no archive of its own: it was merged into one."""

GUESSES: Final = frozenset({MANIFEST, FILE_NAME, UNKNOWN})
