"""In which layer a package came into an image; pure.

A package manager writes its whole database anew for each package that a build step installs, and
a step that changes owners writes every file anew. What stood in the file that was replaced, in the
same version, did not come with the layer that replaced it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.facts.models import Package

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent, LocatedFact

Identity = tuple[str, str, str, str, str, str, str]


class Origins:
    """The first layer of each package that has been at its path ever since."""

    def __init__(self, image: ImageContent) -> None:
        """Note what the files listed that a later layer replaced."""
        self._before: dict[tuple[Identity, int], int] = {
            (_identity(located.fact), located.hidden_by): located.layer
            for located in image.facts
            if located.hidden_by is not None and isinstance(located.fact, Package)
        }

    def layer_of(self, located: LocatedFact) -> int:
        """Return the index of the layer in which a package first stood where it stands.

        One that was removed in between came with the layer that brought it again.
        """
        layer = located.layer
        if self._before and isinstance(located.fact, Package):
            identity = _identity(located.fact)
            while (earlier := self._before.get((identity, layer))) is not None:
                layer = earlier
        return layer


def _identity(package: Package) -> Identity:
    return (
        *(package.path, package.type, package.name, package.version),
        *(package.arch, package.module, package.sha1),
    )
