"""One worker process: what runs in it, and the handle by which its supervisor holds it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import multiprocessing
import os
import resource
import signal
import threading
from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_analyzers.extraction.freed_memory import keep_freed_memory
from scantling_analyzers.extraction.parent_death import end_with
from scantling_analyzers.extraction.work import Answer, Work, perform
from scantling_analyzers.fact_seal import FactSeal
from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkContext, ForkServerContext
    from multiprocessing.process import BaseProcess

    from scantling_analyzers.contract import Reader

MAX_MESSAGE: Final = 64 * 1024 * 1024
GRACE: Final = 5.0
ORPHAN_SECONDS: Final = 2.0
"""How long a worker may outlive its supervisor while it has nothing to do."""

_work: msgspec.msgpack.Decoder[Work] = msgspec.msgpack.Decoder(Work)
_answer: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class WorkerDied(ScantlingError):
    """A worker process ended in the middle of a work item.

    ``reader`` names the reader that ran; it is empty where none did.
    """

    code = "worker_died"

    def __init__(self, reader: str, exit_code: int | None) -> None:
        """Say which reader ran and how the process ended."""
        super().__init__(f"a worker ended with status {exit_code}")
        self.reader = reader


def load_catalogue(name: str) -> tuple[Reader, ...]:
    """Return the readers of a catalogue named ``module:attribute``.

    Of ``module:attribute?text`` the attribute is a function that is given the text.
    """
    module, _, attribute = name.partition(":")
    attribute, is_made, text = attribute.partition("?")
    found = getattr(importlib.import_module(module), attribute)
    readers: tuple[Reader, ...] = found(text) if is_made else found
    return readers


def main(
    pipe: Connection,
    marker: Any,
    catalogue: str,
    memory: int,
    keys: tuple[bytes, ...],
    supervisor: int,
) -> None:
    """Run in the child: answer work items until the pipe closes.

    ``memory`` bounds the process' data segment in bytes (RLIMIT_DATA: maps of files are free).
    ``keys`` seal what is sensitive in facts. ``supervisor`` is the process that forked this one, 0
    where a fork server did. Where it has died already, nothing is begun.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    parent = supervisor or os.getppid()
    end_with(parent)
    if not supervisor and not _is_wanted():
        os._exit(0)  # the fork server has died already, and somebody else has taken its place
    keep_freed_memory()
    readers, seal = load_catalogue(catalogue), FactSeal(keys)
    # What is here is here to stay. To look for garbage in it would copy each page of it.
    gc.freeze()

    def entering(position: int) -> None:
        marker.value = position

    with contextlib.suppress(EOFError, BrokenPipeError):
        # A forked worker holds the other end of its pipe, too, and would never see it close.
        while _has_work(pipe, parent):
            work = _work.decode(pipe.recv_bytes(MAX_MESSAGE))
            answer = perform(work, readers, entering, seal)
            pipe.send_bytes(msgspec.msgpack.encode(answer))
    os._exit(0)


def _is_wanted() -> bool:
    """Tell whether the supervisor of a worker that a fork server started is there."""
    parent = multiprocessing.parent_process()
    return parent is not None and parent.is_alive()


def _has_work(pipe: Connection, parent: int) -> bool:
    """Wait for work; False once the supervisor has died, however it did."""
    while not pipe.poll(ORPHAN_SECONDS):
        if os.getppid() != parent:
            return False
    return True


class Worker:
    """A worker process as its supervisor sees it: it does one item at a time, or dies of it."""

    def __init__(self, catalogue: str, memory: int, seal: FactSeal) -> None:
        """Start the process; the keys of ``seal`` are given to it in its memory or by a pipe."""
        context = _context()
        self._readers = tuple(reader.name for reader in load_catalogue(catalogue))
        self._pipe, child = context.Pipe()
        self._marker = context.RawValue("i", -1)
        self._process: BaseProcess = context.Process(
            target=main,
            args=(child, self._marker, catalogue, memory, seal.keys, _forking(context)),
            daemon=True,
        )
        self._process.start()
        child.close()

    async def perform(self, work: Work) -> Answer:
        """Do one item; raises :class:`WorkerDied` where the process ends before its answer."""
        self._marker.value = -1
        readable = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._pipe.fileno(), readable.set)
        try:
            self._pipe.send_bytes(msgspec.msgpack.encode(work))
            await readable.wait()
            return _answer.decode(self._pipe.recv_bytes(MAX_MESSAGE))
        except (EOFError, OSError) as error:
            self._process.join(GRACE)
            position = self._marker.value
            reader = self._readers[position] if position >= 0 else ""
            raise WorkerDied(reader, self._process.exitcode) from error
        finally:
            loop.remove_reader(self._pipe.fileno())

    def end(self) -> None:
        """Tell the process to end at once; :meth:`kill` waits until it has."""
        self._process.kill()

    def kill(self) -> None:
        """End the process at once."""
        self.end()
        self._process.join(GRACE)
        self._pipe.close()


def _forking(context: ForkContext | ForkServerContext) -> int:
    """Return the process that a worker is a child of, 0 where that is not known before."""
    return os.getpid() if context.get_start_method() == "fork" else 0


def _context() -> ForkContext | ForkServerContext:
    """Return how to start a process.

    A fork is the fastest start but only safe while there is one thread; the fork server is
    safe always.
    """
    if threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "scantling_analyzers.facts.catalogue"])
    return context
