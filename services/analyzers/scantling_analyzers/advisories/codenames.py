"""Releases of Debian and Ubuntu by their code names, as both publish them."""

from __future__ import annotations

from typing import Final

UNSTABLE: Final = "sid"
DEBIAN: Final = {
    "woody": "3.0",
    "sarge": "3.1",
    "etch": "4",
    "lenny": "5",
    "squeeze": "6",
    "wheezy": "7",
    "jessie": "8",
    "stretch": "9",
    "buster": "10",
    "bullseye": "11",
    "bookworm": "12",
    "trixie": "13",
    "forky": "14",
    "duke": "15",
    UNSTABLE: UNSTABLE,
}
"""Code name and number of Debian's releases (wiki, DebianReleases)."""

UBUNTU: Final = {
    "trusty": "14.04",
    "xenial": "16.04",
    "bionic": "18.04",
    "focal": "20.04",
    "jammy": "22.04",
    "kinetic": "22.10",
    "lunar": "23.04",
    "mantic": "23.10",
    "noble": "24.04",
    "oracular": "24.10",
    "plucky": "25.04",
    "questing": "25.10",
    "resolute": "26.04",
}
"""The same of Ubuntu, those of which OVAL is or was published."""
