"""What is fetched: where feeds are published, and how each is to be asked for.

The list can be replaced by the user's own, a TOML file with one table for each publication; see
``docs/how-to/keep-advisories-current.md``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal, get_args
from urllib.parse import quote, urlsplit

import msgspec

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["file", "repository", "mirrors", "pointer", "checked"]
"""How a publication is asked for.

*file*: one document or archive at the URL. *repository*: a repository of rpm packages; its
``repodata/repomd.xml`` says where ``updateinfo`` is, and its checksum. *mirrors*: a text that names
such repositories, one a line. *pointer*: a text that names the file beside
it, which is kept as ``file``. *checked*: a
gzipped file, beside which a ``.meta`` tells the SHA-256 of the content.
"""

MIB: Final = 1024 * 1024
DEFAULT_MIB: Final = 1024
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._+-]{0,99}")
_FOLDER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}")


class FeedsInvalid(ScantlingError):
    """The list of feeds can't be used."""

    code = "feeds_invalid"


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """One publication: ``name`` is its folder, ``file`` the name that it is kept under.

    ``stream`` is the stream of a repository whose documents don't say whose they are: it becomes
    part of the path, where readers look for it. ``most_mib`` bounds what is fetched; a host at a
    private address is only asked with ``allow_private``.
    """

    name: str
    url: str
    kind: Kind = "file"
    file: str = ""
    stream: str = ""
    most_mib: int = DEFAULT_MIB
    allow_private: bool = False

    @property
    def path(self) -> str:
        """Return the path below the directory of what is fetched."""
        return "/".join(part for part in (self.name, self.stream, self._kept_as) if part)

    @property
    def _kept_as(self) -> str:
        if self.file:
            return self.file
        if self.kind in {"repository", "mirrors"}:
            return "updateinfo.xml"
        return urlsplit(self.url).path.rpartition("/")[2] or "feed"


_OSV: Final = "https://osv-vulnerabilities.storage.googleapis.com"
_NVD: Final = "https://nvd.nist.gov/feeds/json/cve/2.0"
_FIRST_NVD_YEAR: Final = 2002

OSV_ECOSYSTEMS: Final = (
    *("Maven", "npm", "PyPI", "Go", "crates.io", "RubyGems", "Packagist", "NuGet", "Pub", "Hex"),
    *("ConanCenter", "CRAN", "Bitnami", "SwiftURL", "Hackage", "GHC", "Julia", "opam"),
    *("AlmaLinux", "Rocky Linux", "Azure Linux", "Chainguard", "Wolfi", "Mageia", "MinimOS"),
    *("Alpaquita", "BellSoft Hardened Containers", "TuxCare", "Echo", "openEuler"),
)
"""The ecosystems of OSV that are fetched; distributions with a feed of their own are not."""

ALPINE_RELEASES: Final = ("edge", *(f"v3.{minor}" for minor in range(10, 24)))


def default_publications(year: int) -> tuple[Publication, ...]:
    """Return what is fetched unless the user says otherwise; ``year`` is the current one."""
    return (
        *(_osv(ecosystem) for ecosystem in OSV_ECOSYSTEMS),
        Publication(
            name="debian-tracker",
            url="https://security-tracker.debian.org/tracker/data/json",
            file="tracker.json",
        ),
        Publication(
            name="ubuntu-osv",
            url="https://security-metadata.canonical.com/osv/osv-all.tar.xz",
        ),
        *(
            Publication(
                name=f"alpine-{release}-{repository}",
                url=f"https://secdb.alpinelinux.org/{release}/{repository}.json",
            )
            for release in ALPINE_RELEASES
            for repository in ("main", "community")
        ),
        Publication(
            name="redhat-vex",
            url="https://security.access.redhat.com/data/csaf/v2/vex/archive_latest.txt",
            kind="pointer",
            file="archive.tar.zst",
            most_mib=4 * DEFAULT_MIB,
        ),
        Publication(
            name="redhat-repositories",
            url="https://security.access.redhat.com/data/meta/v1/repository-to-cpe.json",
        ),
        Publication(
            name="suse-csaf-vex",
            url="https://ftp.suse.com/pub/projects/security/csaf-vex.tar.bz2",
            most_mib=4 * DEFAULT_MIB,
        ),
        Publication(
            name="oracle-oval",
            url="https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2",
        ),
        Publication(
            name="kev",
            url="https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
        ),
        Publication(name="epss", url="https://epss.cyentia.com/epss_scores-current.csv.gz"),
        *(
            Publication(name=f"nvd-{each}", url=f"{_NVD}/nvdcve-2.0-{each}.json.gz", kind="checked")
            for each in range(_FIRST_NVD_YEAR, year + 1)
        ),
    )


def _osv(ecosystem: str) -> Publication:
    name = re.sub(r"[^a-z0-9.]+", "-", ecosystem.lower())
    return Publication(name=f"osv-{name}", url=f"{_OSV}/{quote(ecosystem)}/all.zip")


def read_publications(data: Mapping[str, Any]) -> tuple[Publication, ...]:
    """Return the publications of a parsed TOML file, ``[feeds.NAME]`` each.

    Raises :class:`FeedsInvalid`, which names the table and the key.
    """
    unknown = sorted(set(data) - {"feeds"})
    tables = data.get("feeds")
    if unknown or not isinstance(tables, dict) or not tables:
        what = f"knows nothing of {unknown[0]!r}" if unknown else "has no table [feeds.NAME]"
        raise FeedsInvalid(f"the list of feeds {what}", hint="[feeds.NAME] with url = …")
    return tuple(_publication(name, table) for name, table in tables.items())


def _publication(name: str, table: object) -> Publication:
    if not _NAME.fullmatch(name):
        raise FeedsInvalid(
            f"[feeds.{name[:100]!r}]: a name has lower-case letters, digits and . _ + -"
        )
    if not isinstance(table, dict):
        raise FeedsInvalid(f"[feeds.{name}] is no table")
    known = set(Publication.__struct_fields__) - {"name"}
    for key in table:
        if key not in known:
            raise FeedsInvalid(
                f"[feeds.{name}] has no key {key[:100]!r}", hint=f"it may have {sorted(known)}"
            )
    try:
        made = msgspec.convert({**table, "name": name}, Publication)
    except msgspec.ValidationError as error:
        raise FeedsInvalid(f"[feeds.{name}]: {error}") from error
    _check(made)
    return made


def _check(made: Publication) -> None:
    name = made.name
    for text in (made.file, made.stream):
        if text and not _FOLDER.fullmatch(text):
            raise FeedsInvalid(f"[feeds.{name}]: {text[:100]!r} is no name of a file or a stream")
    parts = urlsplit(made.url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username is not None:
        raise FeedsInvalid(f"[feeds.{name}]: url must be http(s)://HOST/… without a user")
    if made.kind == "pointer" and not made.file:
        raise FeedsInvalid(f"[feeds.{name}]: a pointer needs file = …, the name to keep it under")
    if made.most_mib <= 0 or made.kind not in get_args(Kind):
        raise FeedsInvalid(f"[feeds.{name}]: most_mib must be above 0")
