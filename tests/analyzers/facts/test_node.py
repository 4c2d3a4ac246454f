"""Node: installed packages, by their package.json."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.packages import node as module
from scantling_analyzers.facts.packages.node import NodeReader
from tests.analyzers.facts.files import Found, read
from tests.builders import node_package

PATH = "app/node_modules/@scope/name/package.json"


def _read(content: bytes, path: str = PATH) -> Found:
    return read(NodeReader(), content, path)


def test_a_package_has_name_version_and_licence() -> None:
    (package,) = _read(node_package.manifest("@scope/name", "1.2.3-rc.1", license="MIT")).packages
    assert (package.name, package.version) == ("@scope/name", "1.2.3-rc.1")
    assert (package.type, package.licenses, package.path) == ("npm", ("MIT",), PATH)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"license": {"type": "BSD", "url": "https://example.org"}}, ("BSD",)),
        ({"licenses": [{"type": "MIT"}, "Apache-2.0", {"type": "MIT"}, 7]}, ("MIT", "Apache-2.0")),
        ({"license": 7}, ()),
        ({"license": ["A", {"name": "B"}]}, ("A", "B")),
        ({}, ()),
    ],
)
def test_licences_in_all_their_forms(more: dict[str, object], expected: tuple[str, ...]) -> None:
    (package,) = _read(node_package.manifest("a", "1", **more)).packages
    assert package.licenses == expected


def test_what_lacks_a_name_or_a_version_is_no_package() -> None:
    for content in (b'{"type": "module"}', b'{"name": "a"}', b'{"name": "a", "version": 1}'):
        found = _read(content)
        assert not found.facts
        assert not found.errors


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert _read(b"\xef\xbb\xbf" + node_package.manifest("a", "1")).versions == [("a", "1")]


def test_broken_json_is_an_error_where_node_looks_for_packages_only() -> None:
    for path in (PATH, "node_modules/a/package.json"):
        assert _read(b"{", path).codes == ["malformed"]
    for path in ("app/package.json", "node_modules/a/test/package.json"):
        assert not _read(b"{", path).errors


@pytest.mark.parametrize("opening", [b'{"a":', b'{"name":[', b'{"license":[{"type":'])
def test_json_nested_without_end_is_an_error_anywhere(opening: bytes) -> None:
    for path in (PATH, "x/package.json"):
        assert _read(opening * 300_000, path).codes == ["nested_too_deep"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("node_modules/a/package.json", ["x"]),
        ("usr/lib/node_modules/npm/node_modules/@s/a/package.json", ["x"]),
        ("app/node_modules/.pnpm/x@1.0.0_y@2/node_modules/x/package.json", ["x"]),
        ("app/node_modules/.store/x-npm-1.0.0-0a1b2c3d4e/package/package.json", ["x"]),
        ("app/node_modules/test/package.json", ["x"]),
        ("app/test/node_modules/x/package.json", ["x"]),
        ("usr/share/nodejs/x/package.json", ["x"]),
        ("package.json", ["x"]),
        ("node_modules/next/dist/compiled/x/package.json", ["x"]),
        ("node_modules/next/dist/compiled/y/package.json", []),
        ("node_modules/x/compiled/x/package.json", []),
        ("node_modules/x/dist/package.json", []),
        ("node_modules/a/test/fixtures/x/package.json", []),
        ("node_modules/@s/a/examples/x/package.json", []),
        ("node_modules/a/test/node_modules/x/package.json", []),
        ("app/node_modules/a/node_modules/b/template/node_modules/x/package.json", []),
        ("app/node_modules/.cache/babel/x.tmp/package.json", []),
    ],
)
def test_where_a_manifest_lies_decides_what_it_is(path: str, expected: list[str]) -> None:
    found = _read(node_package.manifest("x", "1.0.0"), path)
    assert ([package.name for package in found.packages], found.codes) == (expected, [])


def test_a_build_s_folder_is_none_of_the_packages_even_with_its_own_name() -> None:
    for name in ("dist", "bin"):
        content = node_package.manifest(name, "1.0.0")
        assert not _read(content, f"node_modules/terser/{name}/package.json").facts


def test_a_bundled_package_with_a_scope() -> None:
    content = node_package.manifest("@babel/runtime", "7.0.0")
    path = "node_modules/next/dist/compiled/@babel/runtime/package.json"
    assert _read(content, path).versions == [("@babel/runtime", "7.0.0")]


@pytest.mark.parametrize("name", ["", "a b", "{{name}}", "../a", "a\x1b[31m", 7])
def test_an_installed_package_that_npm_would_not_name_so_has_its_folder_s_name(
    name: object,
) -> None:
    content = node_package.manifest(name, "1")
    assert _read(content).versions == [("@scope/name", "1")]
    assert not _read(content, "app/package.json").facts


def test_a_template_s_version_is_none_outside_of_what_is_installed() -> None:
    content = node_package.manifest("a", "<%= version %>")
    assert not _read(content, "app/package.json").facts
    assert _read(content).versions == [("a", "<%= version %>")]


def test_hostile_text_is_escaped() -> None:
    content = rb'{"name": "a", "version": "1\u001b[31m\u202e\\"}'
    assert _read(content).versions == [("a", r"1\x1b[31m\xe2\x80\xae\x5c")]
    path = "node_modules/a\x1b\udcff/package.json"
    assert _read(b'{"version": "1"}', path).versions == [(r"a\x1b\xff", "1")]


def test_text_that_is_no_unicode_is_an_error() -> None:
    assert _read(b'{"name": "a\xff", "version": "1"}').codes == ["malformed"]
    assert _read(rb'{"name": "a", "version": "1\ud83d"}').codes == ["malformed"]


def test_too_much_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    many = ["MIT"] * 1000
    assert _read(node_package.manifest("a", "1", licenses=many)).codes == ["too_many"]
    assert _read(node_package.manifest("a" * 5000, "1")).codes == ["too_large"]
    monkeypatch.setattr(module, "MAX_MANIFEST_BYTES", 10)
    assert _read(node_package.manifest("a", "1"), "x/package.json").codes == ["too_large"]
