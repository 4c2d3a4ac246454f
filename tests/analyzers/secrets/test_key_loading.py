"""Private keys are loaded where that takes no long; what is not loaded is told, and found."""

from __future__ import annotations

import base64
import random
import time
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from scantling_analyzers.secrets import engine
from scantling_analyzers.secrets.validation.catalogue import UNLOADED
from scantling_analyzers.secrets.validation.loading import load_block, load_der
from tests.analyzers.secrets.engines import found
from tests.builders.secret_examples import expand

DSA: Final = "06072a8648ce380401"
DH: Final = "06092a864886f70d010301"
SOURCE: Final = random.Random(7)  # noqa: S311  # the numbers open nothing


def element(tag: int, content: bytes) -> bytes:
    """Return an element of DER."""
    size = len(content)
    length = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (length if size < 128 else bytes([0x80 | len(length)]) + length) + content


def integer(bits: int) -> bytes:
    number = SOURCE.getrandbits(bits) | 1 | 1 << (bits - 1)
    return element(2, number.to_bytes(bits // 8 + 1, "big"))


def pkcs8(oid: str, *numbers: int) -> bytes:
    """Return a private key (RFC 5958) whose parameters and private number have so many bits."""
    parameters = element(0x30, b"".join(map(integer, numbers[:-1])))
    algorithm = element(0x30, bytes.fromhex(oid) + parameters)
    private = element(4, integer(numbers[-1]))
    return element(0x30, element(2, b"\0") + algorithm + private)


def pem(raw: bytes) -> bytes:
    lines = base64.encodebytes(raw)
    return b"-----BEGIN PRIVATE" + b" KEY-----\n" + lines + b"-----END PRIVATE" + b" KEY-----\n"


@pytest.mark.parametrize("key", [pkcs8(DSA, 30_000, 256, 29_990, 29_990), pkcs8(DH, 20_000, 8, 99)])
def test_a_key_whose_public_half_takes_long_is_not_loaded_and_found(key: bytes) -> None:
    text = base64.b64encode(key)
    # Compiling the rules is not what is timed.
    assert found(b"x") == []
    begun = time.process_time()
    assert load_der(text) == "too_large"
    assert load_block(b"PRIVATE KEY", text) == "too_large"
    (match,) = found(b"x\n" + pem(key))
    assert "a body of base 64 is between its lines, which was not read: it is too large" in (
        match.reasons
    )
    assert time.process_time() - begun < 1


def test_a_key_that_openssl_does_not_take_is_still_a_block_of_a_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scantling_analyzers.secrets.validation.loading.MAX_EXPONENTS", 1 << 20)
    text = base64.b64encode(pkcs8(DH, 20_000, 8, 20_000))
    assert load_der(text) == "unread"
    assert load_block(b"PRIVATE KEY", text) == "unread"


def test_a_key_of_dsa_of_a_usual_size_is_loaded() -> None:
    assert load_der(base64.b64encode(pkcs8(DSA, 3072, 256, 3071, 255))) == "key"


def test_what_is_no_base_64_is_not_loaded() -> None:
    assert load_der(b"A") == "unread"
    assert load_block(b"PRIVATE KEY", b"A") == "unread"


def test_a_key_larger_than_any_is_not_loaded() -> None:
    assert load_der(base64.b64encode(bytes(20_000))) == "too_large"


@pytest.mark.parametrize(
    ("check", "text"),
    [("pem", "{pem}"), ("der-key", "{derkey}"), ("base64-key", "{b64pem}")],
)
def test_a_key_that_is_not_loaded_is_judged_by_its_looks(check: str, text: str) -> None:
    value = expand(text).encode()
    (said,) = UNLOADED[check](value)
    assert said.reason.endswith("which was not read: the file has too many")
    assert 0 <= said.weight < 1


def test_so_many_keys_of_a_file_are_loaded_and_all_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "MAX_KEYS", 4)  # a block, and the base 64 in it
    raw = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    matches = found(pem(raw) * 4)
    loaded = ["it was read as a private key" in match.reasons for match in matches]
    assert loaded == [True, True, False, False]
