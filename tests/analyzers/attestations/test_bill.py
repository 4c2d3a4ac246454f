"""Bills of materials in SPDX and CycloneDX: their packages, and what is not read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scantling_analyzers.attestations import bill as module
from scantling_analyzers.attestations.bill import bill_of
from scantling_analyzers.attestations.errors import ClaimUnusable
from tests.builders.attestation import cyclonedx, spdx

CURL = "pkg:deb/debian/curl@7.88.1-10?arch=amd64"
PAD = "pkg:npm/left-pad@1.3.0"


@pytest.mark.parametrize("version", ["SPDX-2.2", "SPDX-2.3"])
def test_the_packages_of_spdx_are_read_without_what_the_document_describes(version: str) -> None:
    bill = bill_of(json.dumps(spdx(PAD, CURL, PAD, version=version, unidentified=2)).encode())
    assert bill.purls == ("pkg:deb/debian/curl@7.88.1-10", PAD)
    assert bill.unidentified == 2
    assert (bill.format, bill.tool) == (version, "maker-1.2")


@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6"])
@pytest.mark.parametrize(
    "tools", [None, {"components": [{"type": "application", "name": "maker", "version": "1.2"}]}]
)
def test_the_components_of_cyclonedx_are_read_the_nested_ones_too(version: str, tools: Any) -> None:
    bill = bill_of(json.dumps(cyclonedx(PAD, CURL, version=version, tools=tools)).encode())
    assert bill.purls == ("pkg:deb/debian/curl@7.88.1-10", PAD)
    assert bill.unidentified == 0
    assert (bill.format, bill.tool) == (f"CycloneDX-{version}", "maker 1.2")


def test_a_document_without_packages_has_none() -> None:
    assert bill_of(b'{"spdxVersion":"SPDX-2.3"}').purls == ()
    assert bill_of(b'{"bomFormat":"CycloneDX","specVersion":"1.6"}').purls == ()


def test_what_is_no_package_url_identifies_nothing() -> None:
    long = f"pkg:npm/{'a' * 2000}@1"
    bill = bill_of(json.dumps(cyclonedx("http://example.org", long, "")).encode())
    assert (bill.purls, bill.unidentified) == ((), 3)


def test_text_of_a_document_is_escaped() -> None:
    hostile = "pkg:npm/\x1b[31m\u202ea@1"
    bill = bill_of(json.dumps(spdx(hostile)).encode())
    assert bill.purls == ("pkg:npm/\\x1b[31m\\xe2\\x80\\xaea@1",)
    tools = [{"name": "x\x07" * 1000}]
    assert bill_of(json.dumps(cyclonedx(PAD, tools=tools)).encode()).tool.isprintable()


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, "unsupported_format"),
        ({"spdxVersion": "SPDX-3.0"}, "unsupported_format"),
        ({"bomFormat": "CycloneDX", "specVersion": "0.9"}, "unsupported_format"),
        ({"bomFormat": "Else", "specVersion": "1.5"}, "unsupported_format"),
        ("SPDXVersion: SPDX-2.3", "malformed"),
        ({"spdxVersion": "SPDX-2.3", "packages": 1}, "malformed"),
        ({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [1]}, "malformed"),
    ],
)
def test_what_is_not_read_says_why(document: Any, code: str) -> None:
    with pytest.raises(ClaimUnusable) as raised:
        bill_of(json.dumps(document).encode())
    assert raised.value.reason == code


def test_components_that_are_nested_without_end_are_refused() -> None:
    depth = 200_000
    deep = b'{"components":[' * depth + b"]}" * depth
    data = b'{"bomFormat":"CycloneDX","specVersion":"1.5","components":[' + deep + b"]}"
    with pytest.raises(ClaimUnusable) as raised:
        bill_of(data)
    assert raised.value.reason == "nested_too_deep"


def test_a_million_components_are_too_many() -> None:
    one = b'{"type":"library","purl":"pkg:npm/a@1"}'
    data = (
        b'{"bomFormat":"CycloneDX","specVersion":"1.5","components":['
        + b",".join([one] * 1_000_000)
        + b"]}"
    )
    with pytest.raises(ClaimUnusable) as raised:
        bill_of(data)
    assert raised.value.reason == "too_many"


def test_as_many_as_are_read_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_COMPONENTS", 2)
    assert len(bill_of(json.dumps(cyclonedx(PAD)).encode()).purls) == 1
    with pytest.raises(ClaimUnusable):
        bill_of(json.dumps(cyclonedx(PAD, CURL)).encode())
