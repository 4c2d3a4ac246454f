"""Where a report goes: standard output, a file that appears whole or not at all, a device."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from pathlib import Path

from scantling.scan.errors import OutputUnwritable


def require_stdout() -> None:
    """Raise :class:`OutputUnwritable` where standard output is closed (``>&-``)."""
    if sys.stdout is None:
        raise OutputUnwritable("standard output is closed", hint="name a file with -o FILE")


def to_stdout(text: str, *, encoding: str | None = None) -> None:
    """Write text in the terminal's encoding, or in ``encoding``; what it lacks is escaped.

    A reader that has gone (``| head``) wants no more, which is no error. Raises
    :class:`OutputUnwritable`.
    """
    require_stdout()
    stream = sys.stdout
    try:
        stream.flush()
        stream.buffer.write(text.encode(encoding or stream.encoding, "backslashreplace"))
        stream.buffer.flush()
    except BrokenPipeError:
        _forget(stream.fileno())
    except OSError as error:
        _forget(stream.fileno())
        message = f"standard output can't be written: {error.strerror or error}"
        raise OutputUnwritable(message) from error


def to_file(target: Path, text: str) -> None:
    """Write UTF-8 text: a link's target is replaced, a device or pipe is written to.

    Raises :class:`OutputUnwritable`.
    """
    try:
        real = target.resolve()
        if real.exists() and not stat.S_ISREG(real.stat().st_mode):
            real.write_bytes(text.encode())
        else:
            _replace(real, text.encode())
    except BrokenPipeError:
        return
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise OutputUnwritable(f"{target} can't be written: {reason or error}") from error


def _replace(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".scantling-")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        draft.chmod(stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask())
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the mask of new files, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _forget(descriptor: int) -> None:
    """Send what is still buffered nowhere: Python would complain about it at exit."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
