"""What can go wrong between a command and the server.

::

    ClientError
    ├── ServerUnreachable   server_unreachable   nothing answers there
    ├── ServerMisbehaves    server_misbehaves    what answers is no scantling
    ├── TokenUnusable       token_unusable       no token, or a file that holds none
    └── ApiError            (the server's code)  the server's problem (RFC 9457)
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class ClientError(ScantlingError):
    """The server was not asked, or did not do what it was asked."""

    code = "client_error"


class ServerUnreachable(ClientError):
    """Nothing answers at the server's address."""

    code = "server_unreachable"


class ServerMisbehaves(ClientError):
    """What answers at the server's address is not scantling."""

    code = "server_misbehaves"


class TokenUnusable(ClientError):
    """There is no token to ask with."""

    code = "token_unusable"


class ApiError(ClientError):
    """The server's answer is a problem; ``problem_code`` is its stable code."""

    code = "api_error"

    def __init__(self, status: int, code: str, message: str, *, hint: str = "") -> None:
        """Make the error of an answer with ``status``."""
        super().__init__(message, hint=hint)
        self.status, self.problem_code = status, code
        # The code that the user is shown is the server's own.
        self.code = code  # type: ignore[misc]
