"""Makes the key files and the first admin token of a cluster, once; nothing is overwritten."""

from __future__ import annotations

import os
from pathlib import Path

from scantling_common.http.auth import new_token
from scantling_common.key_file import make_key_file

KEYS = Path("/keys")


def main() -> None:
    """Make what is missing below ``/keys``, readable by its owner only."""
    make_key_file(KEYS / "credential.key")
    make_key_file(KEYS / "fact.key")
    token = KEYS / "admin-token"
    if not token.exists():
        descriptor = os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{new_token()}\n")


if __name__ == "__main__":
    main()
