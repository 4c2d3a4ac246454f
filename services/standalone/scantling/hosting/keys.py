"""The key that registry credentials are sealed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.crypto import Sealer
from scantling_common.settings import SettingsInvalid, variable

if TYPE_CHECKING:
    from pathlib import Path


def credential_sealer(key_file: Path | None) -> Sealer:
    """Return the sealer of a key file.

    Raises :class:`SettingsInvalid` where none is named, and
    :class:`~scantling_common.crypto.KeyFileUnusable`.
    """
    if key_file is None:
        raise SettingsInvalid(
            f"{variable('credential_key_file')} is not set",
            hint="name a file with 32 random bytes in base64, the same for sync and extractor",
        )
    return Sealer.from_file(key_file)
