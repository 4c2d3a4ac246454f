"""What a value's own form says about whether it is real."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from scantling_analyzers.secrets.validation.catalogue import CHECKS
from scantling_analyzers.secrets.validation.checksums import base62
from tests.analyzers.secrets.engines import found
from tests.builders.secret_examples import expand

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()


def weight(check: str, value: bytes | str) -> float:
    raw = value.encode() if isinstance(value, str) else value
    return sum(said.weight for said in CHECKS[check](raw))


@pytest.mark.parametrize(
    ("check", "text"),
    [
        ("crc32", "{crc62:ghp_:30}"),
        ("macaroon", "{macaroon}"),
        ("bech32", "{agekey}"),
        ("base58", "{wif}"),
        ("base58", "{xprv}"),
        ("slack", "xoxb-{digit:12}-{digit:12}-{b62:24}"),
        ("aws", "AKIA{b32:16}"),
        ("basic", "{basic}"),
        ("jwt", "{jwt}"),
        ("der-key", "{derkey}"),
    ],
)
def test_a_value_that_verifies_is_surer(check: str, text: str) -> None:
    assert weight(check, expand(text)) > 0


@pytest.mark.parametrize(
    ("check", "text"),
    [
        ("crc32", "ghp_{b62:36}"),
        ("macaroon", "pypi-{b62:60}"),
        ("macaroon", "pypi-é"),
        ("bech32", "AGE-SECRET-KEY-1{bech:58}"),
        ("bech32", "AGE-SECRET-KEY-1bio"),
        ("base58", "K{b58:51}"),
        ("base58", "0OIl"),
        ("aws", "AKIAIOSFODNN7EXAMPLE"),
        ("aws", "AKIA{HEX:10}018018"),
        ("basic", "{b62:40}"),
        ("basic", "dXNlcjokUEFTUw=="),
        ("base64-key", "{b64:80}"),
        ("base64-key", "{b64certificate}"),
        ("jwt", "eyJ{b62:20}.eyJ{b62:20}.{b62:20}"),
        ("jwt", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.{b62:43}"),
        ("der-key", "MIIE{b64:200}"),
        ("putty", "PuTTY-User-Key-File-2: ssh-rsa"),
        ("jwk", '{"kty":"RSA","n":"{b62:40}"}'),
        ("jwk", '{"kty":"oct","k":"your-secret-key-goes-here"}'),
        ("jwk", "kty"),
    ],
)
def test_a_value_that_does_not_verify_is_less_sure(check: str, text: str) -> None:
    assert weight(check, expand(text)) < 0


def test_the_checksum_of_github_is_that_of_the_part_behind_the_prefix() -> None:
    assert base62(0) == b"000000"
    assert base62(61) == b"00000z"
    body = b"a" * 30
    assert weight("crc32", b"gho_" + body + base62(zlib.crc32(body))) > 0


@pytest.mark.parametrize("key", [RSA, EC, ED])
@pytest.mark.parametrize(
    ("encoding", "form"),
    [
        (Encoding.PEM, PrivateFormat.PKCS8),
        (Encoding.PEM, PrivateFormat.TraditionalOpenSSL),
        (Encoding.PEM, PrivateFormat.OpenSSH),
    ],
)
def test_a_key_is_read_in_every_encoding(
    key: PrivateKeyTypes, encoding: Encoding, form: PrivateFormat
) -> None:
    if isinstance(key, ed25519.Ed25519PrivateKey) and form is PrivateFormat.TraditionalOpenSSL:
        form = PrivateFormat.PKCS8
    pem = key.private_bytes(encoding, form, NoEncryption()).decode()
    shown = {
        "as it is": pem,
        "indented": "\n".join("    " + line for line in pem.splitlines()),
        "in JSON": json.dumps({"private_key": pem}),
        "in code": "\n".join(f'  "{line}\\n" +' for line in pem.splitlines()),
        "with CRLF": pem.replace("\n", "\r\n"),
        "quoted": "\n".join(f"> {line}" for line in pem.splitlines()),
    }
    for way, text in shown.items():
        (match,) = found(text.encode())
        assert match.rule == "private-key", way
        assert "it was read as a private key" in match.reasons, way
        assert match.severity == "critical"
    encoded = base64.b64encode(pem.encode())
    assert [match.rule for match in found(b"key: " + encoded)] == ["base64-private-key"]


def test_a_key_under_a_passphrase_is_less_severe() -> None:
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        pem = RSA.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"x"))
        (match,) = found(pem)
        assert match.severity == "high"
        assert "it is a private key under a passphrase" in match.reasons


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n" + "s3cr3t" * 20 + "\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----",
        'if text.startswith("-----BEGIN PRIVATE KEY-----"):',
        "-----BEGIN USER NKEY SEED-----\nnothing\n-----END USER NKEY SEED-----",
    ],
)
def test_lines_around_no_key_are_no_secret(text: str) -> None:
    assert found(text.encode()) == []


def test_a_key_of_a_kind_that_is_not_implemented_is_still_a_block_of_a_key() -> None:
    pem = EC.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    raw = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    compressed = base64.encodebytes(raw.replace(b"\0\0\0A\x04", b"\0\0\0A\x02"))
    label = b"OPENSSH PRIVATE KEY-----\n"
    (match,) = found(b"-----BEGIN " + label + compressed + b"-----END " + label)
    assert "it was read as a private key" not in match.reasons
