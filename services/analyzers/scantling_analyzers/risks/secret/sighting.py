"""Secrets of an image, each once at each place: facts that say the same are one sighting; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scantling_analyzers.facts.models import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_analyzers.contract import ImageContent


class Sighting(NamedTuple):
    """One secret in one file of a layer, or in one part of the configuration.

    ``lines`` are those that it stands in; ``layer`` and ``hidden_by`` are diff_ids, the second one
    of the layer that hides the file, which may be its own. ``others`` says where else the same
    secret stands.
    """

    secret: Secret
    lines: tuple[int, ...]
    layer: str = ""
    hidden_by: str = ""
    others: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[str, int, str, str, str, str]:
        """Return what sightings are put in order by: the same for the same image."""
        secret = self.secret
        where = (secret.path or f"\x7f{secret.place}", self.lines[0], secret.item)
        return (*where, secret.rule, self.layer, secret.excerpt)

    @property
    def where(self) -> str:
        """Return the place for people: a path with a line, or a part of the configuration."""
        secret = self.secret
        if secret.path:
            return f"{secret.path}:{self.lines[0]}"
        return f"{secret.place}: {secret.item}" if secret.item else secret.place


_Key = tuple[int, int, str, str, str, str, str]


def sightings(image: ImageContent) -> list[Sighting]:
    """Return what was found in files and in the configuration, in a stable order.

    What a later layer hides is left out where the file that can be seen has it as well.
    """
    found: dict[_Key, list[tuple[Secret, int | None]]] = {}
    for located in image.facts:
        if isinstance(located.fact, Secret):
            key = _key(located.fact, located.layer, located.hidden_by)
            found.setdefault(key, []).append((located.fact, located.hidden_by))
    for file in image.configuration:
        for fact in file.facts:
            if isinstance(fact, Secret):
                found.setdefault(_key(fact, -1), []).append((fact, None))
    diff_ids = [layer.diff_id for layer in image.layers]
    seen = {_same(facts[0][0]) for facts in found.values() if facts[0][1] is None}
    kept: list[Sighting] = []
    for (layer, *_), facts in sorted(found.items()):
        secret, hider = facts[0]
        if hider is not None and _same(secret) in seen:
            continue
        seen.add(_same(secret))
        lines = tuple(sorted({each.line for each, _ in facts}))
        made = secret.layer if layer < 0 else layer
        of_layer = diff_ids[made] if made is not None and made < len(diff_ids) else ""
        hidden_by = diff_ids[hider] if hider is not None else ""
        kept.append(Sighting(secret, lines, of_layer, hidden_by))
    return _with_others(sorted(kept, key=lambda each: each.order))


def _key(secret: Secret, layer: int, hider: int | None = None) -> _Key:
    # What can be seen comes before what the same layer hides.
    by = -1 if hider is None else hider
    return (layer, by, secret.path, secret.place, secret.item, secret.rule, secret.fingerprint)


def _same(secret: Secret) -> tuple[str, str, str, str, str]:
    return (secret.path, secret.place, secret.item, secret.rule, secret.fingerprint)


def _with_others(ordered: Sequence[Sighting]) -> list[Sighting]:
    places: dict[str, list[str]] = {}
    for each in ordered:
        places.setdefault(each.secret.fingerprint, []).append(each.where)
    return [
        each._replace(others=_distinct(places[each.secret.fingerprint], each.where))
        for each in ordered
    ]


def _distinct(places: Iterable[str], own: str) -> tuple[str, ...]:
    return tuple(place for place in dict.fromkeys(places) if place != own)
