"""The keys of a role: for registry credentials, and for what is sensitive in facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.fact_seal import FactSeal
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


def fact_seal(key_file: Path | None) -> FactSeal:
    """Return what facts are sealed with.

    Raises :class:`SettingsInvalid` where no file is named, and
    :class:`~scantling_common.key_file.KeyFileUnusable`.
    """
    if key_file is None:
        raise SettingsInvalid(
            f"{variable('fact_key_file')} is not set",
            hint="name a file with 32 random bytes in base64, the same for extractors and the "
            "analyzer of setting",
        )
    return FactSeal.from_file(key_file)
