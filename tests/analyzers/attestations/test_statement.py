"""In-toto statements: plain, in an envelope, in a bundle, and whatever else comes."""

from __future__ import annotations

import json

import msgspec
import pytest

from scantling_analyzers.attestations import statement as module
from scantling_analyzers.attestations.errors import ClaimUnusable
from scantling_analyzers.attestations.statement import is_about, statement_of
from tests.builders.attestation import SPDX, bundled, enveloped, statement
from tests.builders.image import sha256

IMAGE = sha256(b"image")
PLAIN = statement(IMAGE, SPDX, {"a": 1})


@pytest.mark.parametrize("data", [PLAIN, enveloped(PLAIN), bundled(PLAIN)])
def test_a_statement_is_read_plain_and_in_envelopes(data: bytes) -> None:
    found = statement_of(data)
    assert found is not None
    assert found.predicate_type == SPDX
    assert msgspec.json.decode(found.predicate) == {"a": 1}
    assert is_about(found, IMAGE)
    assert not is_about(found, sha256(b"another"))


def test_the_payload_may_have_either_alphabet_of_base64() -> None:
    data = enveloped(statement(IMAGE, SPDX, {"text": "???>>>~~~ÿÿÿ"}))
    envelope = json.loads(data)
    envelope["payload"] = envelope["payload"].replace("+", "-").replace("/", "_")
    assert statement_of(json.dumps(envelope).encode()) == statement_of(data)


def test_a_bundle_may_hold_the_signature_of_an_artifact_only() -> None:
    assert statement_of(b'{"messageSignature":{"signature":"eA=="}}') is None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "malformed"),
        (b"[]", "malformed"),
        (b"{}", "malformed"),
        (b'{"_type":1}', "malformed"),
        (b"\xff\xfe", "malformed"),
        (PLAIN[:-5], "malformed"),
        (b'{"a":' + b"[" * 1_000_000, "nested_too_deep"),
        (b'{"subject":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested_too_deep"),
        (b'{"payloadType":"application/vnd.in-toto+json","payload":"!"}', "malformed"),
        (b'{"payloadType":"application/vnd.in-toto+json","payload":"\xc3\xa9"}', "malformed"),
        (b'{"payloadType":"application/vnd.in-toto+json"}', "malformed"),
        (enveloped(b"nothing"), "malformed"),
        (enveloped(PLAIN, kind="text/plain\x1b[31m"), "unsupported_format"),
        (statement(IMAGE, SPDX, {}, kind="https://in-toto.io/Statement/v9"), "unsupported_format"),
    ],
)
def test_what_is_no_statement_says_why(data: bytes, code: str) -> None:
    with pytest.raises(ClaimUnusable) as raised:
        statement_of(data)
    assert raised.value.reason == code
    assert raised.value.message.isprintable()


def test_a_statement_about_too_many_things_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SUBJECTS", 2)
    found = statement_of(
        b'{"_type":"https://in-toto.io/Statement/v1","predicateType":"x","subject":[{},{},{}]}'
    )
    assert found is not None
    with pytest.raises(ClaimUnusable) as raised:
        is_about(found, IMAGE)
    assert raised.value.reason == "too_many"
