"""Content manifests: the repositories that an image of Red Hat was built from."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.models import ContentSets
from scantling_analyzers.facts.packages import content_manifest as module
from scantling_analyzers.facts.packages.content_manifest import ContentManifestReader
from tests.analyzers.facts.files import Found, read

PATH = "root/buildinfo/content_manifests/ubi8-container-8.9-1.json"
BASEOS = "rhel-8-for-x86_64-baseos-rpms"


def _read(content: bytes, path: str = PATH) -> Found:
    return read(ContentManifestReader(), content, path)


def test_the_content_sets_of_a_manifest_are_told_once_each() -> None:
    found = _read(
        b'{"metadata": {"icm_version": 1, "image_layer_index": 4}, "from_dnf_hint": true,'
        b'"content_sets": ["%s", "rhel-8-appstream", "%s", ""], "image_contents": [{}]}'
        % (BASEOS.encode(), BASEOS.encode())
    )
    assert found.facts == [ContentSets(path=PATH, sets=(BASEOS, "rhel-8-appstream"))]


def test_both_places_are_read_but_not_the_labels_beside() -> None:
    content = b'{"content_sets": ["a"]}'
    assert _read(content, "usr/share/buildinfo/content-sets.json").facts
    assert not _read(content, "usr/share/buildinfo/labels.json").facts


@pytest.mark.parametrize(
    "content", [b"{}", b'{"content_sets": null}', b'{"content_sets": []}', b'{"name": "x"}']
)
def test_a_manifest_without_content_sets_says_nothing(content: bytes) -> None:
    found = _read(content)
    assert not found.facts
    assert not found.errors


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"content_sets": "a"}',
        b'{"content_sets": [1]}',
        b'{"content_sets": ["\xff"]}',
        b'{"a": ' + b"[" * 100_000,
    ],
)
def test_what_is_no_manifest_is_an_error(content: bytes) -> None:
    assert _read(content).codes == ["malformed"]


def test_too_much_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _read(b'{"content_sets": ["%s"]}' % (b"a" * 5000)).codes == ["too_large"]
    monkeypatch.setattr(module, "MAX_SETS", 1)
    assert _read(b'{"content_sets": ["a", "b"]}').codes == ["too_many"]
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 5)
    assert _read(b'{"content_sets": ["a"]}').codes == ["too_large"]


def test_what_steers_terminals_is_escaped() -> None:
    (fact,) = _read(b'{"content_sets": ["a\\u001b[2J"]}').facts
    assert isinstance(fact, ContentSets)
    assert fact.sets == (r"a\x1b[2J",)
