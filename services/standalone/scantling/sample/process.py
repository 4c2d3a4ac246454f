"""The process *sample*: the sample registry, and the tour with its images."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling.client.api import Api
from scantling.embedded.data_directory import ADMIN_TOKEN
from scantling.embedded.lifeline import stop_with
from scantling.hosting.process import run_process
from scantling.hosting.settings import loaded
from scantling.sample.notifications import Notifications
from scantling.sample.registration import webhook_secret
from scantling.sample.registry import SampleRegistry
from scantling.sample.shelf import Shelf
from scantling.sample.tour import Tour
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.errors import ScantlingError
from scantling_common.http.app import serve
from scantling_common.settings import ServiceSettings
from scantling_common.supervision import run_all
from scantling_reporter.tokens import token_of_file

if TYPE_CHECKING:
    from scantling.embedded.orders import Order, SampleOrder

logger = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
PORT: Final = 8687
FOLDER: Final = "sample-registry"
_SECONDS: Final = 10.0


IMAGE_FAILED: Final = 3
"""The exit status where an image could not be read, or not reported: that of `scan`."""


class _Over(Exception):
    """The tour is over, and nothing else is wanted."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


def run_sample(order: Order) -> int:
    """Run until asked to stop, or until the tour is over where it is wanted once."""
    data = Path(order.data)
    settings = loaded(ServiceSettings, data=data)
    statuses = [0]

    async def main() -> None:
        stop_with(order.lifeline)
        try:
            await _run(order, data)
        except _Over as over:
            statuses.append(over.status)

    return run_process("sample", settings, main) or statuses[-1]


async def _run(order: Order, data: Path) -> None:
    clock, randomness = SystemClock(), SystemRandomness()
    folder = data / FOLDER
    shelf = Shelf(folder)
    notifications = Notifications(clock, randomness)
    registry = SampleRegistry(shelf, notifications, randomness)
    sock = _socket(folder / "port")
    host, port = sock.getsockname()
    tour = Tour(
        Api(order.url, token_of_file(data / ADMIN_TOKEN), seconds=_SECONDS),
        registry=f"{host}:{port}",
        secret=webhook_secret(folder / "webhook-secret"),
        notifications=notifications,
        clock=clock,
        image=order.sample.image if order.sample else "",
    )
    await run_all(
        serve(registry.app(), host, port, sock=sock),
        notifications.run(),
        _lead(tour, order.sample, f"{host}:{port}"),
    )


async def _lead(tour: Tour, sample: SampleOrder | None, registry: str) -> None:
    try:
        status = 0 if await tour.run() else IMAGE_FAILED
    except ScantlingError as error:
        _say(f"{error} [{error.code}]")
        status = IMAGE_FAILED
    if sample is not None and sample.once:
        raise _Over(status)
    _say(f"push more images to {registry}; Ctrl-C stops everything")
    await asyncio.Event().wait()


def _socket(memory: Path) -> socket.socket:
    """Listen where the last start did, so that references stay good; else where there is room."""
    ports = [PORT, 0]
    if memory.exists() and (text := memory.read_text(encoding="ascii")).isdecimal():
        ports.insert(0, int(text))
    for port in ports:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, port))
            sock.listen()
        except OSError:
            sock.close()
            continue
        memory.write_text(str(sock.getsockname()[1]), encoding="ascii")
        return sock
    raise ScantlingError(f"no port of {HOST} can be had")


def _say(text: str) -> None:
    sys.stderr.write(f"scantling: {text}\n")
    sys.stderr.flush()
