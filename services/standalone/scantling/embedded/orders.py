"""What the supervisor tells a process at its start, as one argument."""

from __future__ import annotations

from typing import Literal

import msgspec

Name = Literal["control", "analysis", "sample"]


class SampleOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What the sample registry is filled with; ``image`` is an archive instead of our samples."""

    once: bool = False
    image: str = ""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A process' task.

    ``data`` is the data directory. ``lifeline`` is a descriptor that ends when the supervisor
    does; ``lock`` one that keeps the directory locked as long as the process lives. ``socket`` is
    the listening socket, -1 for a process without; ``url`` is where the API is reached, and
    ``analysis_url`` where the other process tells its health and metrics.
    """

    name: Name
    data: str
    url: str
    lifeline: int
    lock: int
    socket: int = -1
    analysis_url: str = ""
    sample: SampleOrder | None = None

    def encode(self) -> str:
        """Return the order as an argument."""
        return msgspec.json.encode(self).decode()


def decode_order(text: str) -> Order:
    """Return the order of an argument."""
    return msgspec.json.decode(text, type=Order)
