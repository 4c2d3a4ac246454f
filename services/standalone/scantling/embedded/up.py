"""`scantling up`: everything on this machine, supervised."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling.embedded.data_directory import DataDirectory, data_directory
from scantling.embedded.listening import listening
from scantling.embedded.orders import Order, SampleOrder
from scantling.embedded.supervisor import Program, Supervisor
from scantling_common.clock import SystemClock
from scantling_common.settings import Listen
from scantling_common.telemetry.logs import Form, configure_logs

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from scantling_common.clock import Clock

LOG_LEVEL: Final = "SCANTLING_LOG_LEVEL"
_LOOK_AGAIN: Final = 0.2
_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # what is asked for


class UpOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What `scantling up` is asked for."""

    data: Path
    listen: Listen
    log_level: str
    log_form: Form = "auto"
    sample: SampleOrder | None = None


def run_up(options: UpOptions) -> int:
    """Run until asked to stop; return the exit status.

    Raises :class:`~scantling.embedded.errors.UpError`.
    """
    configure_logs("up", level=options.log_level, form=options.log_form)
    # The processes it starts log alike.
    os.environ[LOG_LEVEL] = options.log_level
    with (
        data_directory(options.data.absolute()) as data,
        listening(options.listen) as sock,
        listening(Listen("127.0.0.1", 0)) as inner,
    ):
        has_lost_key = data.has_lost_key
        is_new = data.make_secrets()
        if has_lost_key:
            _warn_of_lost_key(data)
        url = _url(options.listen.host, sock.getsockname()[1])
        _say(f"data directory  {data.path}")
        _say(f"admin token     {data.admin_token_file}{' (new)' if is_new else ''}")
        with _lifeline() as lifeline:
            programs = _programs(options, data, url, lifeline, (sock, inner))
            return asyncio.run(_supervise(programs, url))


async def _supervise(programs: list[Program], url: str) -> int:
    clock = SystemClock()
    greeting = asyncio.create_task(_greet(url, clock))
    try:
        return await Supervisor(programs, clock).run()
    finally:
        greeting.cancel()


def _programs(
    options: UpOptions,
    data: DataDirectory,
    url: str,
    lifeline: int,
    sockets: tuple[socket.socket, socket.socket],
) -> list[Program]:
    common = Order(name="analysis", data=str(data.path), url=url, lifeline=lifeline, lock=data.lock)
    outer, inner = sockets
    analysis_url = _url(*inner.getsockname()[:2])
    control = msgspec.structs.replace(
        common, name="control", socket=outer.fileno(), analysis_url=analysis_url
    )
    analysis = msgspec.structs.replace(common, socket=inner.fileno(), sample=options.sample)
    programs = [Program(control), Program(analysis)]
    if options.sample is not None:
        sample = msgspec.structs.replace(common, name="sample", sample=options.sample)
        programs.append(Program(sample, decides=options.sample.once))
    return programs


@contextlib.contextmanager
def _lifeline() -> Iterator[int]:
    """Give the end of a pipe that is closed when this process ends, however it does."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


async def _greet(url: str, clock: Clock) -> None:
    """Say where the API is once it answers."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    while not await _is_ready(host.strip("[]"), int(port)):
        await clock.sleep(_LOOK_AGAIN)
    _say(f"API             {url}/api/v1/")


async def _is_ready(host: str, port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    try:
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        status = await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()
    return b" 200 " in status


def _url(host: str, port: int) -> str:
    reached = _ANY_ADDRESS.get(host, host)
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"


def _warn_of_lost_key(data: DataDirectory) -> None:
    _say(
        f"warning: {data.credential_key_file} was missing, and a new key was made. What was stored "
        "under the old one can't be read: give each registry its credential and webhook secret "
        "again, or add the old key to the file as its second line"
    )


def _say(text: str) -> None:
    sys.stderr.write(f"scantling: {text}\n")
    sys.stderr.flush()
