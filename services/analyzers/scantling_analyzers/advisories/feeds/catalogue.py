"""Every reader of a feed, one line each; the first that recognises a document reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.feeds.alma_errata import AlmaErrataFeed
from scantling_analyzers.advisories.feeds.csaf import CsafFeed
from scantling_analyzers.advisories.feeds.cvrf import CvrfFeed
from scantling_analyzers.advisories.feeds.cyclonedx_vex import CycloneDxVexFeed
from scantling_analyzers.advisories.feeds.debian_lists import DebianListsFeed
from scantling_analyzers.advisories.feeds.debian_tracker import DebianTrackerFeed
from scantling_analyzers.advisories.feeds.epss import EpssFeed
from scantling_analyzers.advisories.feeds.kev import KevFeed
from scantling_analyzers.advisories.feeds.nvd import NvdFeed
from scantling_analyzers.advisories.feeds.openvex import OpenVexFeed
from scantling_analyzers.advisories.feeds.osv import OsvFeed
from scantling_analyzers.advisories.feeds.oval import OvalFeed
from scantling_analyzers.advisories.feeds.photon import PhotonFeed
from scantling_analyzers.advisories.feeds.repository_to_cpe import RepositoryToCpeFeed
from scantling_analyzers.advisories.feeds.rocky_apollo import RockyApolloFeed
from scantling_analyzers.advisories.feeds.secdb import SecdbFeed
from scantling_analyzers.advisories.feeds.updateinfo import UpdateinfoFeed
from scantling_analyzers.advisories.feeds.vendor_table import VendorTableFeed

if TYPE_CHECKING:
    from scantling_analyzers.advisories.feeds.contract import Feed

FEEDS: Final[tuple[Feed, ...]] = (
    CsafFeed(),
    OpenVexFeed(),
    CycloneDxVexFeed(),
    RepositoryToCpeFeed(),
    CvrfFeed(),
    OvalFeed(),
    UpdateinfoFeed(),
    OsvFeed(),
    DebianTrackerFeed(),
    DebianListsFeed(),
    SecdbFeed(),
    EpssFeed(),
    KevFeed(),
    PhotonFeed(),
    NvdFeed(),
    VendorTableFeed(),
    AlmaErrataFeed(),
    RockyApolloFeed(),
)

VEX: Final[tuple[Feed, ...]] = (CsafFeed(), OpenVexFeed(), CycloneDxVexFeed(is_own=True))
"""Those that read what a user says of the image that is scanned."""
