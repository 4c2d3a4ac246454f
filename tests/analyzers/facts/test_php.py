"""PHP: what Composer and PEAR installed, and WordPress."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.packages.php import composer, pear, serialized, wordpress
from scantling_analyzers.facts.packages.php.composer import ComposerReader
from scantling_analyzers.facts.packages.php.pear import PearReader
from scantling_analyzers.facts.packages.php.wordpress import WordpressReader
from tests.analyzers.facts.files import Found, read
from tests.builders import php_package
from tests.builders.php_package import PACKAGE

LIST = "app/vendor/composer/installed.json"
RECORD = "usr/share/php/.registry/a.reg"


def _list(content: bytes) -> Found:
    return read(ComposerReader(), content, LIST)


def _record(content: bytes) -> Found:
    return read(PearReader(), content, RECORD)


@pytest.mark.parametrize("old", [False, True])
def test_both_forms_of_composer_s_list(old: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    other = {"name": "acme/other", "version": "dev-main"}
    first, second = _list(php_package.installed(PACKAGE, other, old=old)).packages
    assert (first.name, first.version, first.type) == ("acme/log", "v1.2.0", "composer")
    assert (first.licenses, first.found_by) == (("MIT",), "composer")
    assert (second.name, second.version, second.licenses) == ("acme/other", "dev-main", ())


def test_a_broken_package_does_not_hide_the_others() -> None:
    found = _list(php_package.installed({"name": "a/b"}, {"version": 1}, PACKAGE))
    assert found.versions == [("acme/log", "v1.2.0")]
    assert found.codes == ["malformed", "malformed"]


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"packages": {}}', b'"x"', b"\xff"])
def test_what_is_no_list_of_composer_s_is_an_error(content: bytes) -> None:
    assert _list(content).codes == ["malformed"]


def test_hostile_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _list(b'{"packages":[{"name":' + b"[" * 300_000).codes == ["nested_too_deep"]
    monkeypatch.setattr(composer, "MAX_LIST_BYTES", 10)
    assert _list(php_package.installed(PACKAGE)).codes == ["too_large"]


def test_a_pear_package_has_its_channel_before_its_name() -> None:
    (package,) = _record(php_package.record("APCu", "5.1.23")).packages
    assert (package.name, package.version, package.type) == ("pecl.php.net/APCu", "5.1.23", "pear")
    assert (package.licenses, package.found_by) == (("PHP",), "pear")


@pytest.mark.parametrize(
    ("license_", "expected"),
    [({"attribs": {"uri": "x"}, "_content": "BSD"}, ("BSD",)), (None, ()), ([1], ())],
)
def test_licences_of_pear_packages(license_: object, expected: tuple[str, ...]) -> None:
    (package,) = _record(php_package.record("A", "1", license=license_)).packages
    assert package.licenses == expected


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "truncated"),
        (b"i:1;", "malformed"),
        (b"a:1:{s:4:", "malformed"),
        (b'a:1:{s:4:"na', "truncated"),
        (b'a:1:{s:2:"name";i:1;}', "malformed"),
        (b"a:1:{i:1;", "truncated"),
        (b"a:1:{i:1;}", "malformed"),
        (b"a:1:{a:0:{}i:1;}", "malformed"),
        (b"}", "malformed"),
        (b'O:8:"stdClass":0:{}', "unsupported_format"),
        (b"a:1:{i:1;R:1;}", "unsupported_format"),
        (b"a:1:{i:0;" * 100_000, "nested_too_deep"),
        (php_package.serialized({"name": "a", "channel": "c"}), "malformed"),
        (php_package.serialized({"name": "a", "channel": "c", "version": "1"}), "malformed"),
    ],
)
def test_broken_records_are_errors(content: bytes, code: str) -> None:
    assert _record(content).codes == [code]


def test_records_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serialized, "MAX_VALUES", 20)
    assert _record(php_package.record("A", "1")).codes == ["too_many"]
    monkeypatch.setattr(pear, "MAX_RECORD_BYTES", 20)
    assert _record(php_package.record("A", "1")).codes == ["too_large"]


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        (
            "www/wp-includes/version.php",
            b"<?php\n/** x */\n$wp_version = '6.4.3';\n",
            [("wordpress", "6.4.3")],
        ),
        (
            "www/wp-content/plugins/akismet/akismet.php",
            php_package.plugin("Akismet Anti-spam", "5.3"),
            [("wordpress-plugin/akismet", "5.3")],
        ),
        (
            "wp-content/plugins/hello.php",
            b"<?php /* Plugin Name: Hello\r\nversion: 1.7.2 */",
            [("wordpress-plugin/hello", "1.7.2")],
        ),
        (
            "wp-content/mu-plugins/must.php",
            php_package.plugin("Must", "1"),
            [("wordpress-plugin/must", "1")],
        ),
        (
            "wp-content/plugins/x/x.php",
            b"<?php\n# Plugin Name: No version\n",
            [("wordpress-plugin/x", "")],
        ),
        (
            "wp-content/themes/twenty/style.css",
            b"/*\nTheme Name: Twenty\nVersion: 1.1\n*/",
            [("wordpress-theme/twenty", "1.1")],
        ),
        ("wp-content/plugins/x/other.php", b"<?php\n$a = 'Version: 1';\n", []),
        ("wp-content/plugins/x/far.php", b" " * 8192 + b"\nPlugin Name: x\n", []),
        ("wp-content/themes/twenty/style.css", b"/*\nPlugin Name: x\n*/", []),
    ],
)
def test_wordpress_and_what_it_loads(
    path: str, content: bytes, expected: list[tuple[str, str]]
) -> None:
    found = read(WordpressReader(), content, path)
    assert (found.versions, found.codes) == (expected, [])
    assert all((each.type, each.found_by) == ("generic", "wordpress") for each in found.packages)


def test_a_plugin_has_its_licence_and_author() -> None:
    content = php_package.plugin("X", "1", License="GPLv2 or later", Author="Me")
    (package,) = read(WordpressReader(), content, "wp-content/plugins/x/x.php").packages
    assert (package.licenses, package.maintainer) == (("GPLv2 or later",), "Me")


def test_a_wordpress_without_a_version_is_an_error() -> None:
    found = read(WordpressReader(), b"<?php $wp_version = VERSION;", "wp-includes/version.php")
    assert found.codes == ["malformed"]


def test_headers_are_read_in_linear_time() -> None:
    content = b"Plugin Name:" + b" \t/*#@" * (wordpress.HEADER_BYTES // 6)
    found = read(WordpressReader(), content, "wp-content/plugins/x/x.php")
    assert found.versions == [("wordpress-plugin/x", "")]
