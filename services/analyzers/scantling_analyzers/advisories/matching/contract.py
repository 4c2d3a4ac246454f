"""What matching asks of an advisory database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from scantling_analyzers.advisories.database.schema import Claim, Vulnerability
    from scantling_analyzers.advisories.models import Advisory, Exemption


class Advisories(Protocol):
    """An advisory database; its content never changes while it is asked."""

    @property
    def build(self) -> str:
        """Return the build's id, by which outcomes say what they were matched with."""

    @property
    def newest(self) -> str:
        """Return the latest time that a record names: what is known is known until then."""

    @property
    def streams(self) -> AbstractSet[str]:
        """Return the streams that some feed speaks for."""

    @property
    def incomplete(self) -> Mapping[str, str]:
        """Return which parts are missing of streams that no feed speaks for fully."""

    def statements(self, stream: str, name: str) -> tuple[Claim, ...]:
        """Return all that is said of a package in a stream, by its normalised name."""

    def advisory(self, number: int) -> Advisory:
        """Return an advisory by its number in claims."""

    def vulnerabilities_of(self, number: int) -> tuple[str, ...]:
        """Return the canonical ids of what an advisory is about."""

    def vulnerability(self, name: str) -> Vulnerability | None:
        """Return what is known of a vulnerability by its canonical id."""

    def exemptions(self, vulnerability: str) -> tuple[Exemption, ...]:
        """Return what VEX documents say of a vulnerability, by its canonical id."""

    def repositories(self, content_set: str) -> tuple[str, ...]:
        """Return the CPE names of the products that a repository is of."""
