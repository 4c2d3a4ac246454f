"""Kafka's default partitioner: which partition holds a key, the same on both buses."""

from __future__ import annotations

import struct
from typing import Final

_MASK: Final = 0xFFFFFFFF
_SEED: Final = 0x9747B28C
_FACTOR: Final = 0x5BD1E995


def murmur2(data: bytes) -> int:
    """Return Kafka's MurmurHash2 of bytes, as an unsigned 32-bit number."""
    length = len(data)
    whole = length & ~3
    state = _SEED ^ length
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        mixed = (word * _FACTOR) & _MASK
        mixed = ((mixed ^ (mixed >> 24)) * _FACTOR) & _MASK
        state = ((state * _FACTOR) & _MASK) ^ mixed
    if length > whole:
        state = ((state ^ int.from_bytes(data[whole:], "little")) * _FACTOR) & _MASK
    state = ((state ^ (state >> 13)) * _FACTOR) & _MASK
    return state ^ (state >> 15)


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key among ``partitions`` of them."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
