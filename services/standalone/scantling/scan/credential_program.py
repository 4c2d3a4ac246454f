"""Docker's credential helpers: programs that keep logins, asked through standard input.

The protocol is that of docker-credential-helpers: ``docker-credential-NAME get`` reads the
registry's address and answers JSON. The program is one of this machine, named by the user's own
configuration; nothing of an image or a registry reaches its arguments.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
from typing import IO, TYPE_CHECKING, Final, cast

import msgspec

from scantling.scan.login import Login
from scantling_common.errors import ScantlingError
from scantling_common.images.sources.endpoint import TOKEN_USER
from scantling_common.layers.escape import escape_text

if TYPE_CHECKING:
    from collections.abc import Mapping

HELPER_SECONDS: Final = 30.0
"""How long a helper may take: it may wait for a key store that asks its user."""

MAX_ANSWER: Final = 256 * 1024
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NOTHING_KNOWN: Final = "credentials not found in native keychain"
_LONGEST_REASON: Final = 200


class CredentialHelperFailed(ScantlingError):
    """A credential helper can't be asked, or gives no login."""

    code = "credential_helper_failed"


class CredentialHelperMissing(CredentialHelperFailed):
    """A credential helper is not installed."""


class _Answer(msgspec.Struct, rename="pascal"):
    username: str = ""
    secret: str = ""


def ask_helper(
    name: str,
    server: str,
    environment: Mapping[str, str] = os.environ,
    seconds: float = HELPER_SECONDS,
) -> Login | None:
    """Return the login that the helper ``name`` has for a server, None where it has none.

    Raises :class:`CredentialHelperFailed`; what a helper prints is a secret, except where it
    says that it failed.
    """
    if _NAME.fullmatch(name) is None:
        raise CredentialHelperFailed(f"{name[:100]!r} is not the name of a credential helper")
    called = f"docker-credential-{name}"
    program = shutil.which(called, path=environment.get("PATH"))
    if program is None:
        raise CredentialHelperMissing(
            f"the credential helper {called} is not installed",
            hint="install it, or log in again without it",
        )
    status, output = _run([program, "get"], server, environment, called, seconds)
    if status != 0:
        said = output.decode(errors="replace").strip()
        if said == _NOTHING_KNOWN:
            return None
        reason = escape_text(said.partition("\n")[0][:_LONGEST_REASON])
        raise CredentialHelperFailed(
            f"{called} failed for {server} (status {status}): {reason or 'it does not say why'}",
            hint=f"try: echo {server} | {called} get",
        )
    return _login(output, called, server)


def _login(output: bytes, called: str, server: str) -> Login | None:
    try:
        answer = msgspec.json.decode(output, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # What the decoder says may hold a part of the secret.
        raise CredentialHelperFailed(f"{called} gives no login for {server}") from error
    if not answer.secret:
        return None
    if answer.username == TOKEN_USER:
        return Login(identity_token=answer.secret)
    return Login(answer.username, answer.secret)


def _run(
    command: list[str], text: str, environment: Mapping[str, str], called: str, seconds: float
) -> tuple[int, bytes]:
    """Run a program with ``text`` on standard input; return its status and what it printed."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            start_new_session=True,
        )
    except OSError as error:
        raise CredentialHelperFailed(f"{called} can't be run: {error.strerror}") from error
    timer = threading.Timer(seconds, _kill, [process])
    timer.start()
    with process:
        try:
            output = _talk(process, text)
        except BaseException:
            _kill(process)
            raise
        finally:
            timer.cancel()
    if len(output) > MAX_ANSWER:
        raise CredentialHelperFailed(f"{called} answers with more than {MAX_ANSWER:,} bytes")
    if process.returncode == -signal.SIGKILL:
        raise CredentialHelperFailed(f"{called} was ended, it may take {seconds:g} s")
    return process.returncode, output


def _talk(process: subprocess.Popen[bytes], text: str) -> bytes:
    """Write to a program and read what it prints, up to a byte too many, which ends it."""
    question, answer = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    with contextlib.suppress(BrokenPipeError), question:
        question.write(text.encode())
    output = answer.read(MAX_ANSWER + 1)
    if len(output) > MAX_ANSWER:
        _kill(process)
    return output


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a helper with all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
