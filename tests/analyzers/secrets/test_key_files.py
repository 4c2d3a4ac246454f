"""Key files that are not text: DER, and stores of keys."""

from __future__ import annotations

import base64
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from scantling_analyzers.secrets.key_files import MAX_KEY_FILE, is_key_file
from tests.analyzers.secrets.engines import fast
from tests.builders.secret_examples import Randomness, java_key_store, key_store

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
P521 = ec.generate_private_key(ec.SECP521R1())
KOBLITZ = ec.generate_private_key(ec.SECP256K1())
BRAINPOOL = ec.generate_private_key(ec.BrainpoolP256R1())
PHRASE = BestAvailableEncryption(b"x")


def found(data: bytes) -> list[tuple[str, str]]:
    """Return rule and severity of what is found in a file."""
    assert fast().problem_of(data, "srv/key") is None
    return [(match.rule, match.severity) for match in fast().search(data, path="srv/key").matches]


@pytest.mark.parametrize(
    "key", [RSA, EC, ED, P521, KOBLITZ, BRAINPOOL, ed448.Ed448PrivateKey.generate()]
)
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_private_key_in_der_is_found(key: PrivateKeyTypes, form: PrivateFormat) -> None:
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        form = PrivateFormat.PKCS8
    data = key.private_bytes(Encoding.DER, form, NoEncryption())
    assert found(data) == [("private-key", "critical")]


@pytest.mark.parametrize("key", [RSA, EC])
def test_one_under_a_passphrase_weighs_less(key: PrivateKeyTypes) -> None:
    data = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, PHRASE)
    assert found(data) == [("private-key", "high")]


@pytest.mark.parametrize("width", [64, 76])
@pytest.mark.parametrize("indent", ["", "    "])
def test_base_64_of_a_pem_file_may_be_wrapped(width: int, indent: str) -> None:
    pem = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    text = base64.b64encode(pem).decode()
    lines = [f"{indent}{text[at : at + width]}" for at in range(0, len(text), width)]
    wrapped = "\n".join(("tls.key: >-", *lines, "other: x")).encode()
    (match,) = fast().search(wrapped, path="srv/secret.yaml").matches
    assert (match.rule, match.severity) == ("base64-private-key", "critical")
    assert b"other" not in match.value.reveal()


def test_keys_of_openpgp_and_microsoft_are_found() -> None:
    random = Randomness("a")
    secret = b"\x95\x03\x98\x04" + bytes(4) + b"\x01" + random.raw(900)
    assert found(secret) == [("pgp-private-key", "critical")]
    assert found(b"\xc5\x58\x04" + bytes(4) + b"\x16" + random.raw(80)) == [
        ("pgp-private-key", "critical")
    ]
    assert found(b"\x1e\xf1\xb5\xb0" + bytes(12) + random.raw(300)) == [("private-key", "critical")]
    blob = b"\x07\x02\0\0\0\x24\0\0RSA2" + random.raw(300)
    assert found(blob) == [("private-key", "critical")]


def test_a_store_with_a_private_key_is_found() -> None:
    made = pkcs12.serialize_key_and_certificates(b"me", RSA, None, None, PHRASE)
    assert found(made) == [("pkcs12-store", "high")]
    assert found(key_store(Randomness("a"))) == [("pkcs12-store", "high")]
    assert found(java_key_store(Randomness("a"))) == [("java-key-store", "high")]
    assert found(java_key_store(Randomness("a"), magic="cececece")) == [("java-key-store", "high")]


@pytest.mark.parametrize(
    "data",
    [
        RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        key_store(Randomness("a"), private=False),
        java_key_store(Randomness("a"), private=False),
        java_key_store(Randomness("a"), private=False)[:40],
        EC.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) + b"\0",
        b"\x30\x82\0\0",
        b"\xfe\xed\xfe\xed\0\0\0\2\xff\xff\xff\xff",
        b"\x30\x83\x0f\xff\xff\x02\x01\x00\x30" + bytes(MAX_KEY_FILE),
    ],
)
def test_certificates_public_keys_and_broken_files_are_binary(data: bytes) -> None:
    assert not is_key_file(data)
    assert fast().problem_of(data, "srv/key") == "binary"


@pytest.mark.skipif(shutil.which("keytool") is None, reason="Java's keytool is not installed")
@pytest.mark.parametrize("kind", ["JKS", "JCEKS", "PKCS12"])
def test_stores_as_java_writes_them_are_found(tmp_path: Path, kind: str) -> None:
    store = tmp_path / "store"
    options = ["-keystore", str(store), "-storetype", kind, "-storepass", "changeit"]
    made = "-genkeypair -alias me -dname CN=x -keyalg RSA -keypass changeit"
    subprocess.run(["keytool", *made.split(), *options], check=True, capture_output=True)
    rule = "pkcs12-store" if kind == "PKCS12" else "java-key-store"
    assert found(store.read_bytes()) == [(rule, "high")]
    certificate = tmp_path / "certificate"
    export = ["-exportcert", "-alias", "me", "-file", str(certificate)]
    subprocess.run(["keytool", *export, *options], check=True, capture_output=True)
    store.unlink()
    trust = ["-importcert", "-noprompt", "-alias", "ca", "-file", str(certificate)]
    subprocess.run(["keytool", *trust, *options], check=True, capture_output=True)
    assert fast().problem_of(store.read_bytes(), "srv/trust") == "binary"
