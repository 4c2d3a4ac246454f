"""Labelled judgements: a package, its version and what is said of it, and whether it is vulnerable.

One file for each family of package managers. A group is about one vulnerability: a public ``fact``,
what advisories say (as :class:`scantling_analyzers.advisories.models.Advisory`, statements written
anew from the facts), and cases, each with the reason. Where the fact says *the form only*, the
record is made up.
"""
