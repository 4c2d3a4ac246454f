"""The weights of traits, and the reasons that they stand for."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import msgspec


class Trait(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one trait adds to the logarithm of the odds, and the reason in words."""

    weight: float
    reason: str


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All traits that have a weight; ``bias`` is what a value without any has."""

    bias: float
    traits: dict[str, Trait]


@cache
def weights() -> Weights:
    """Return the weights that Scantling comes with."""
    text = files(__package__).joinpath("weights.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Weights)
