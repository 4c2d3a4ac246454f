"""What VEX documents set aside: the user's and those of the database; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.advisories.matching.products import is_image, is_package

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.advisories.matching.contract import Advisories
    from scantling_analyzers.advisories.models import Exemption
    from scantling_common.outcomes import PackageEntry

_SETS_ASIDE: Final = frozenset({"not_affected", "fixed"})
"""Statuses of OpenVEX that suppress a finding."""


class Exempted(msgspec.Struct, frozen=True):
    """What the newest statement says: ``suppressed`` why the finding is set aside, or empty.

    ``status`` and ``justification`` are the words of OpenVEX, of one that is.
    """

    suppressed: str = ""
    said: str = ""
    status: str = ""
    justification: str = ""


_NOTHING: Final = Exempted()


class Exemptions:
    """The statements of users, which outweigh those of the database."""

    def __init__(self, own: Iterable[Exemption], advisories: Advisories) -> None:
        """Sort the user's statements by the vulnerability, under the id that it goes by."""
        self._advisories = advisories
        self._own: dict[str, list[Exemption]] = {}
        for each in own:
            names = {each.vulnerability, *each.aliases}
            for name in {self._canonical(name) for name in names if name}:
                self._own.setdefault(name, []).append(each)

    def of(self, vulnerability: str, package: PackageEntry, digests: tuple[str, ...]) -> Exempted:
        """Return what is said of a vulnerability in a package of the image with these digests."""
        others = self._advisories.exemptions(vulnerability)
        if not others and not self._own:
            return _NOTHING
        for statements in (self._own.get(vulnerability, ()), others):
            fitting = [each for each in statements if _fits(each, package, digests)]
            if fitting:
                return _exempted(max(fitting, key=lambda each: each.timestamp))
        return _NOTHING

    def _canonical(self, name: str) -> str:
        known = self._advisories.vulnerability(name)
        return known.id if known is not None else name


def _fits(exemption: Exemption, package: PackageEntry, digests: tuple[str, ...]) -> bool:
    for product in exemption.products:
        if is_package(product, package):
            return True
        if is_image(product, digests):
            return not exemption.components or any(
                is_package(component, package) for component in exemption.components
            )
    return False


def _exempted(exemption: Exemption) -> Exempted:
    source = exemption.author or exemption.document or exemption.feed or "a VEX document"
    status = exemption.status.replace("_", " ")
    why = exemption.justification.replace("_", " ") or exemption.statement
    said = f"{status}{f' ({why})' if why else ''}, says {source}"
    if exemption.status not in _SETS_ASIDE:
        return Exempted(said=said)
    return Exempted(said, said, exemption.status, exemption.justification)
