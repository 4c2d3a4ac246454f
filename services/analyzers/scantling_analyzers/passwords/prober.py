"""The process that tries passwords: asked on its standard input, it answers on its output.

It is a process of its own so that it can be ended: a call of the library can't be. It reads no
file, and neither a hash nor a password is ever written anywhere but to the pipe.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from scantling_analyzers.passwords.digests import FITS
from scantling_analyzers.passwords.library import load_library
from scantling_analyzers.passwords.trials import (
    FOUND,
    HEAD_BYTES,
    NONE,
    UNSUPPORTED,
    Answer,
    Order,
    Trial,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def main() -> None:
    """Answer one order."""
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (order.memory, order.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (order.seconds, order.seconds + 1))
    parent = os.getppid()
    with contextlib.suppress(BrokenPipeError):
        for answer in answers(order):
            _write(sys.stdout.buffer, answer)
            if os.getppid() != parent:
                return


def answers(order: Order) -> Iterator[Answer]:
    """Yield the answer to each trial, in their order."""
    library = load_library()
    for number, trial in enumerate(order.trials):
        fits = FITS.get(trial.scheme) or (library.fits if library is not None else _never)
        yield _answer(number, trial, order.shared, fits)


def _answer(
    number: int,
    trial: Trial,
    shared: Sequence[bytes],
    fits: Callable[[bytes, bytes], bool | None],
) -> Answer:
    passwords = (*trial.own, *shared[: trial.shared])
    for position, password in enumerate(passwords):
        fitting = fits(password, trial.hash)
        if fitting is None:
            return Answer(number, UNSUPPORTED)
        if fitting:
            return Answer(number, FOUND, position, position + 1)
    return Answer(number, NONE, tried=len(passwords))


def _never(_password: bytes, _hash: bytes) -> None:
    """Tell that there is no library."""


def _write(output: BinaryIO, answer: Answer) -> None:
    packed = msgspec.msgpack.encode(answer)
    output.write(len(packed).to_bytes(HEAD_BYTES, "big") + packed)
    output.flush()


if __name__ == "__main__":
    main()
