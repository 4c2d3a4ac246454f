"""Who publishes OVAL, and how each tells for which release a definition is; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.codenames import UBUNTU
from scantling_analyzers.advisories.feeds.csaf_places import Place, place_of
from scantling_analyzers.advisories.feeds.updateinfo_streams import apart, by_tag
from scantling_analyzers.advisories.streams import of_suse

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_analyzers.advisories.feeds.hardened_xml import Element

_RED_HAT: Final = re.compile(r"Red Hat Enterprise Linux(?: Server| Client| Workstation)? (\d{1,2})")
_ORACLE: Final = re.compile(r"Oracle Linux (\d{1,2})")
_CODENAME: Final = re.compile(r"oval:com\.ubuntu\.([a-z]{2,20}):")
_AZURE_PATH: Final = re.compile(r"(azurelinux|mariner)-(\d)\.0[^/]{0,60}$")
_ESM: Final = re.compile(r"[+~.]esm\d")
_FIPS: Final = re.compile(r"[+~.]fips", re.IGNORECASE)


class Publisher(NamedTuple):
    """A publisher.

    ``ids`` is how its definitions' ids begin, ``products`` matches a comment that names a release
    which must be installed; ``ignored`` products are left out without a word. ``of_sources`` says
    that packages are called by the names of their sources.
    """

    name: str
    ids: str
    products: re.Pattern[str] | None
    stream: Callable[[str], str | None]
    places: Callable[[Element, str, str, str], tuple[Place, ...]]
    ignored: re.Pattern[str] | None = None
    of_sources: bool = False

    def product(self, comment: str) -> str | None:
        """Return the product that a criterion's comment says must be installed."""
        found = self.products.fullmatch(comment) if self.products is not None else None
        return found[1].strip() if found is not None else None

    def is_ignored(self, product: str) -> bool:
        """Say whether a product is known to be none of ours."""
        return self.ignored is not None and self.ignored.match(product) is not None


def _no_stream(_: str) -> None:
    return None


def _red_hat_stream(product: str) -> str | None:
    found = _RED_HAT.fullmatch(product)
    return f"rhel:{found[1]}" if found is not None else None


def _oracle_stream(product: str) -> str | None:
    found = _ORACLE.fullmatch(product)
    return f"ol:{found[1]}" if found is not None else None


def _red_hat_places(definition: Element, stream: str, version: str, path: str) -> tuple[Place, ...]:
    """Return where a definition applies by the CPE names that it lists.

    Its criteria say only which release it is built on, also where it is of extended support or of
    another product.
    """
    del path
    cpes = {
        each.text for each in definition.every("metadata", "advisory", "affected_cpe_list", "cpe")
    }
    found = {place for cpe in cpes if (place := place_of("redhat", "", cpe, version)) is not None}
    if major := stream.partition(":")[2]:
        found = {place for place in found if _major(place.stream) == major}
    whole = {place.stream for place in found if not place.repositories}
    # Where a release as a whole is meant, its products add nothing.
    kept = {place for place in found if not place.repositories or place.stream not in whole}
    return tuple(sorted(kept)) or ((Place(stream),) if stream and not cpes else ())


def _major(stream: str) -> str:
    return stream.partition(":")[2].partition(".")[0]


def _given_place(definition: Element, stream: str, version: str, path: str) -> tuple[Place, ...]:
    del definition, path
    return (Place(apart(stream, version)),) if stream else ()


def _ubuntu_places(definition: Element, stream: str, version: str, path: str) -> tuple[Place, ...]:
    del stream, path
    found = _CODENAME.match(definition.get("id"))
    release = UBUNTU.get(found[1]) if found is not None else None
    if release is None:
        return ()
    if _FIPS.search(version):
        return (Place(f"ubuntu-fips:{release}"),)
    if _ESM.search(version):
        return (Place(f"ubuntu-pro:{release}"), Place(f"ubuntu:{release}"))
    return (Place(f"ubuntu:{release}"),)


def _azure_places(definition: Element, stream: str, version: str, path: str) -> tuple[Place, ...]:
    del definition, stream
    if tagged := by_tag(version):
        return (Place(tagged),)
    found = _AZURE_PATH.search(path[-200:])
    return (Place(f"{found[1]}:{found[2]}.0"),) if found is not None else ()


PUBLISHERS: Final = (
    Publisher(
        name="redhat",
        ids="oval:com.redhat.",
        products=re.compile(r"(Red Hat .{1,200}?) (?:is|must be) installed"),
        stream=_red_hat_stream,
        places=_red_hat_places,
        # What is installed on no image, and ``must be installed``, which holds where nothing is.
        ignored=re.compile(r"Red Hat (?:CoreOS|Enterprise Linux$)"),
    ),
    Publisher(
        name="suse",
        ids="oval:org.opensuse.security:",
        products=re.compile(r"((?:SUSE|openSUSE) .{1,200}?) is installed"),
        stream=of_suse,
        places=_given_place,
    ),
    Publisher(
        name="oracle",
        ids="oval:com.oracle.elsa:",
        products=re.compile(r"(Oracle Linux .{1,100}?) is installed"),
        stream=_oracle_stream,
        places=_given_place,
    ),
    Publisher(
        name="ubuntu",
        ids="oval:com.ubuntu.",
        products=None,
        stream=_no_stream,
        places=_ubuntu_places,
    ),
    Publisher(
        name="azurelinux",
        ids="oval:com.microsoft.",
        products=None,
        stream=_no_stream,
        places=_azure_places,
        of_sources=True,
    ),
)


def publisher_of(definition_id: str) -> Publisher | None:
    """Return the publisher of a definition by its id."""
    return next((each for each in PUBLISHERS if definition_id.startswith(each.ids)), None)
