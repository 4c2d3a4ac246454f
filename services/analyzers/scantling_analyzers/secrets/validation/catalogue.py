"""The checks by the names that rules use."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from scantling_analyzers.secrets.validation.checksums import (
    check_aws,
    check_base58,
    check_bech32,
    check_crc32,
    check_macaroon,
    check_slack,
)
from scantling_analyzers.secrets.validation.encoded import (
    check_base64_key,
    check_basic,
    check_jwt,
)
from scantling_analyzers.secrets.validation.keys import (
    check_der_key,
    check_jwk,
    check_key_store,
    check_pem,
    check_putty,
)
from scantling_analyzers.secrets.validation.wording import check_unworded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scantling_analyzers.secrets.validation.finding import Said

CHECKS: Final[dict[str, Callable[[bytes], Iterator[Said]]]] = {
    "aws": check_aws,
    "base64-key": check_base64_key,
    "basic": check_basic,
    "bech32": check_bech32,
    "crc32": check_crc32,
    "der-key": check_der_key,
    "jwk": check_jwk,
    "jwt": check_jwt,
    "key-store": check_key_store,
    "base58": check_base58,
    "macaroon": check_macaroon,
    "pem": check_pem,
    "putty": check_putty,
    "slack": check_slack,
    "unworded": check_unworded,
}

UNLOADED: Final[dict[str, Callable[[bytes], Iterator[Said]]]] = {
    "base64-key": partial(check_base64_key, load=False),
    "der-key": partial(check_der_key, load=False),
    "pem": partial(check_pem, load=False),
}
"""What takes the place of checks that load a key, where a file has too many."""
