"""Whatever stands in a document, it is read or it says why not."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from scantling_analyzers.attestations.bill import bill_of
from scantling_analyzers.attestations.errors import ClaimUnusable
from scantling_analyzers.attestations.provenance import materials_of, reference_of
from scantling_analyzers.attestations.statement import is_about, statement_of
from scantling_common.layers.escape import escape_text
from tests.builders.attestation import cyclonedx, enveloped, provenance, spdx, statement
from tests.builders.image import sha256

IMAGE: Final = sha256(b"image")
KEYS: Final = st.sampled_from(
    [
        *("spdxVersion", "packages", "externalRefs", "referenceType", "referenceLocator"),
        *("bomFormat", "specVersion", "components", "purl", "metadata", "tools", "name"),
        *("_type", "subject", "digest", "sha256", "predicateType", "predicate"),
        *("payload", "payloadType", "dsseEnvelope", "materials", "uri", "buildDefinition"),
        *("resolvedDependencies", "documentDescribes", "creationInfo", "creators"),
    ]
)
VALUES: Final = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.text(max_size=8)
    | st.sampled_from(["SPDX-2.3", "CycloneDX", "1.5", "purl", "pkg:npm/a@1", "pkg:docker/a?%"])
)
DOCUMENTS: Final = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)
GOOD: Final = (
    json.dumps(spdx("pkg:npm/a@1")).encode(),
    json.dumps(cyclonedx("pkg:npm/a@1", "pkg:npm/b@1")).encode(),
    statement(IMAGE, "x", provenance(("pkg:docker/a@1", IMAGE))),
    enveloped(statement(IMAGE, "x", {})),
)


def is_safe(text: str) -> bool:
    """Say whether a terminal would show a text and do nothing else."""
    plain = text.replace("\\", "")
    return escape_text(plain) == plain


def read(data: bytes) -> None:
    """Read a document as everything that it may be."""
    with contextlib.suppress(ClaimUnusable):
        bill = bill_of(data)
        assert all(is_safe(text) for text in (*bill.purls, bill.tool))
    with contextlib.suppress(ClaimUnusable):
        found = statement_of(data)
        if found is not None:
            is_about(found, IMAGE)
            for version in ("v0.2", "v1"):
                materials_of(found.predicate, version)


@given(DOCUMENTS)
def test_any_json_is_read_or_refused(document: Any) -> None:
    read(json.dumps(document).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read(data)


@given(st.sampled_from(GOOD), st.integers(0, 400), st.binary(max_size=4))
def test_a_damaged_document_is_read_or_refused(good: bytes, at: int, damage: bytes) -> None:
    read(good[:at] + damage + good[at + len(damage) :])


@given(st.text(max_size=80) | st.text(max_size=60).map("pkg:docker/{}".format))
def test_any_uri_names_an_image_or_none(uri: str) -> None:
    assert is_safe(reference_of(uri))
