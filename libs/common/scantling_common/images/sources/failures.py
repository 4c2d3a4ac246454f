"""Why a registry can't be reached, in words, and what to do about it."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING, Final

import aiohttp

from scantling_common.images.errors import RegistryUnreachable
from scantling_common.layers.escape import escape_text

if TYPE_CHECKING:
    from yarl import URL

_LONGEST: Final = 300
_PLAIN_ANSWER: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
"""How OpenSSL says that what answers does not speak TLS."""


def unreachable(url: URL, error: Exception) -> RegistryUnreachable:
    """Return the error for a request that got no answer: host, port, reason, and a hint."""
    host, port = url.host, url.port
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientConnectorCertificateError):
        # Not always the one that was asked: a redirect may lead to where nothing answers.
        host, port = error.host, error.port
    reason, hint = _explained(url, error)
    return RegistryUnreachable(f"{host}:{port} can't be reached: {reason}", hint=hint)


def refusal(error: BaseException | None) -> ssl.SSLError | None:
    """Return the alert by which a server ended a connection that was made already.

    Under TLS 1.3 it says only then that it wants another client certificate, or any.
    """
    cause = None if error is None else error.__cause__
    if isinstance(cause, ssl.SSLError) and "ALERT" in (cause.reason or ""):
        return cause
    return None


def _explained(url: URL, error: Exception) -> tuple[str, str]:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    cause = refusal(error) or cause
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
    if isinstance(cause, ssl.CertificateError):
        answer = _certificate(cause)
    elif isinstance(cause, ssl.SSLError):
        answer = _tls(cause)
    elif isinstance(cause, socket.gaierror):
        answer = "its name does not resolve", "check the spelling of the host name, and the DNS"
    elif isinstance(cause, TimeoutError):
        answer = "it didn't answer in time", "check the host name, and that the registry is up"
    elif isinstance(cause, ConnectionRefusedError):
        answer = "connection refused", "check the port, and that the registry is up"
    elif isinstance(error, aiohttp.ClientConnectorError):
        answer = _system(error.os_error), "check the host name, the network, and its firewalls"
    elif url.scheme == "https" and isinstance(
        error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError
    ):
        hint = "is it up, and does it want a client certificate (--cert and --key)?"
        answer = _system(error), hint
    else:
        answer = _system(error), "check that the registry is up"
    return answer


def _system(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    return _safe(os.strerror(number) if number else str(error) or type(error).__name__)


def _certificate(error: Exception) -> tuple[str, str]:
    reason = getattr(error, "verify_message", "") or str(error)
    hint = "check the registry's certificate, or give its CA with --ca"
    return f"TLS failure: its certificate is not trusted: {_safe(reason)}", hint


def _tls(error: Exception) -> tuple[str, str]:
    reason = getattr(error, "reason", None) or str(error)
    if reason in _PLAIN_ANSWER:
        hint = "does it speak http without TLS (--plain-http)?"
    elif "CERTIFICATE" in reason or "ALERT" in reason:
        hint = "does it want a client certificate (--cert and --key)?"
    else:
        hint = "check which versions of TLS the registry speaks"
    return f"TLS failure: {_safe(reason.replace('_', ' ').lower())}", hint


def _safe(reason: str) -> str:
    return escape_text(reason)[:_LONGEST]
