"""The HTTP API as a client sees it: JSON in, JSON out, problems as errors."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from scantling.client.errors import (
    ApiError,
    ClientError,
    ServerMisbehaves,
    ServerUnreachable,
    TokenUnusable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Json = dict[str, Any]

DEFAULT_SERVER: Final = "http://127.0.0.1:8686"
MAX_ANSWER: Final = 512 * 1024 * 1024
MAX_TOKEN: Final = 4096
PAGE_SIZE: Final = 200
SECONDS: Final = 60.0
_BAD: Final = 400
_GATEWAY: Final = frozenset({502, 503, 504})
"""What a proxy answers where the server behind it does not."""


class Problem(msgspec.Struct):
    """A problem (RFC 9457) with a stable code."""

    code: str = "http_error"
    title: str = ""
    detail: str = ""
    hint: str = ""
    errors: list[dict[str, str]] = []


class Api:
    """One server, asked with one token. Redirects are not followed: they would carry the token."""

    def __init__(self, server: str, token: str, *, seconds: float = SECONDS) -> None:
        """Ask ``server``, an ``http://`` or ``https://`` URL, and wait ``seconds`` for an answer.

        Raises :class:`ServerUnreachable`.
        """
        try:
            parts = urlsplit(server)
            self._port = parts.port
        except ValueError as error:
            raise _no_url(server) from error
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise _no_url(server)
        self.server = server.rstrip("/")
        self._host, self._secure = parts.hostname, parts.scheme == "https"
        self._prefix, self._token = parts.path.rstrip("/"), token
        self._seconds = seconds
        self._asking: set[http.client.HTTPConnection] = set()

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Json:
        """Return what stands at a path below ``/api/v1``."""
        return self._json("GET", path, query, None)

    def send(
        self,
        method: Method,
        path: str,
        body: Json | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Json:
        """Send a body; return the answer, empty where there is none."""
        return self._json(method, path, query, body)

    def text(self, path: str, query: Mapping[str, object] | None = None) -> bytes:
        """Return an answer that is not necessarily JSON."""
        return self._ask("GET", path, query, None)

    def pages(self, path: str, query: Mapping[str, object], *, limit: int) -> Iterator[Json]:
        """Give at most ``limit`` items of a paged list."""
        token, given = "", 0
        while given < limit:
            size = min(PAGE_SIZE, limit - given)
            page = self.get(path, {**query, "page_size": size, "page_token": token})
            for item in page.get("items", ()):
                given += 1
                yield item
            token = page.get("next_page_token", "")
            if not token:
                return

    def abandon(self) -> None:
        """End what other threads ask: to them the server is one that can't be reached."""
        for connection in tuple(self._asking):
            if connection.sock is not None:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def _json(
        self, method: Method, path: str, query: Mapping[str, object] | None, body: Json | None
    ) -> Json:
        data = self._ask(method, path, query, body)
        if not data:
            return {}
        try:
            return msgspec.json.decode(data, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _not_ours(self.server) from error

    def _ask(
        self, method: Method, path: str, query: Mapping[str, object] | None, body: Json | None
    ) -> bytes:
        given = {name: value for name, value in (query or {}).items() if value not in {None, ""}}
        target = f"{self._prefix}/api/v1{path}" + (f"?{urlencode(given)}" if given else "")
        headers = {"Authorization": f"Bearer {self._token}", "User-Agent": "scantling"}
        data = None
        if body is not None:
            data, headers["Content-Type"] = msgspec.json.encode(body), "application/json"
        connection = self._connection()
        self._asking.add(connection)
        try:
            connection.request(method, target, data, headers)
            answer = connection.getresponse()
            content = answer.read(MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(self.server, error) from error
        finally:
            self._asking.discard(connection)
            connection.close()
        if len(content) > MAX_ANSWER:
            raise ServerMisbehaves(f"{self.server} answers with over {MAX_ANSWER:,} bytes")
        if answer.status >= _BAD:
            raise _problem(answer.status, content, self.server)
        if answer.status >= 300:  # noqa: PLR2004 - a redirect
            raise ServerMisbehaves(
                f"{self.server} redirects ({answer.status})", hint="give the final URL: --server"
            )
        return content

    def _connection(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._seconds)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=self._seconds, context=context
        )


def quoted(segment: str) -> str:
    """Return text that is one segment of a path, whatever is in it."""
    return quote(segment, safe="")


def read_token(file: Path | None) -> str:
    """Return the token of a file. Raises :class:`TokenUnusable`."""
    if file is None:
        raise TokenUnusable(
            "no token is given",
            hint="name its file with --token-file or SCANTLING_TOKEN_FILE; "
            "`scantling up` says where it keeps the admin token",
        )
    try:
        with file.open("rb") as opened:
            token = opened.read(MAX_TOKEN + 1).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a token"
        raise TokenUnusable(f"{file}: {reason}") from error
    if not token or len(token) > MAX_TOKEN or not token.isprintable():
        raise TokenUnusable(f"{file} holds no token")
    return token


def environment_server() -> str:
    """Return the server that is asked where none is named."""
    return os.environ.get("SCANTLING_SERVER") or DEFAULT_SERVER


def environment_token_file() -> Path | None:
    """Return the token file where none is named."""
    named = os.environ.get("SCANTLING_TOKEN_FILE")
    return Path(named) if named else None


def _problem(status: int, content: bytes, server: str) -> ClientError:
    try:
        problem = msgspec.json.decode(content, type=Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        if status in _GATEWAY:
            return ServerUnreachable(
                f"{server} answers {status}: the service behind it is down",
                hint="try again, and see that every service runs",
            )
        return ServerMisbehaves(
            f"{server} answers {status} without saying why", hint="is that scantling's address?"
        )
    message = problem.detail or problem.title or f"the server answers {status}"
    faults = [f"{each.get('where', '')}: {each.get('what', '')}" for each in problem.errors]
    hint = problem.hint
    if status == 401:  # noqa: PLR2004 - Unauthorized
        hint = "the server does not know this token; name another with --token-file"
    return ApiError(status, problem.code, "; ".join([message, *faults]), hint=hint)


def _unreachable(server: str, error: Exception) -> ServerUnreachable:
    if isinstance(error, socket.gaierror):
        return ServerUnreachable(f"{server}: there is no such host", hint="check --server")
    if isinstance(error, TimeoutError):
        return ServerUnreachable(f"{server} did not answer in time")
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return ServerUnreachable(
        f"{server} can't be reached: {reason}",
        hint="does the server run (`scantling up`)? another one is named with --server",
    )


def _no_url(server: str) -> ServerUnreachable:
    return ServerUnreachable(
        f"{server!r} is not a server's URL", hint=f"it looks like {DEFAULT_SERVER}"
    )


def _not_ours(server: str) -> ServerMisbehaves:
    return ServerMisbehaves(f"{server} does not answer in JSON", hint="check --server")
