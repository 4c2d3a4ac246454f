"""What a matcher remembers, and that it is never wrong for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.advisories.matching import matcher as module
from scantling_analyzers.advisories.matching.matcher import Inventory, Matcher
from scantling_analyzers.advisories.matching.subject import names_of
from scantling_analyzers.advisories.models import Coverage
from tests.analyzers.advisories.matching.asking import DIGEST, distribution, package
from tests.builders.advisory_book import AdvisoryBook, advisory, fixed_in

if TYPE_CHECKING:
    from scantling_analyzers.advisories.database.schema import Claim
    from scantling_common.outcomes import PackageEntry

CVE = "CVE-2024-1000"


class Counting(AdvisoryBook):
    """A database that counts how often it is asked."""

    asked = 0

    def statements(self, stream: str, name: str) -> tuple[Claim, ...]:
        self.asked += 1
        return super().statements(stream, name)


def _book() -> Counting:
    return Counting(
        advisory(CVE, fixed_in("debian:12", "openssl", "3.0.11-1", name_of="source")),
        Coverage(feed="x", stream="debian:11"),
        advisory("CVE-2024-2", fixed_in("npm", "left", "2.0.0")),
    )


def _inventory(*packages: PackageEntry, on: str = "debian:12") -> Inventory:
    return Inventory(packages=packages, distribution=distribution(on), digest=DIGEST)


def test_equal_packages_of_several_images_are_asked_about_once() -> None:
    book = _book()
    matcher = Matcher(book)
    first = matcher.match(_inventory(package("deb", "openssl", "3.0.10-1", path="a", layer="1")))
    asked = book.asked
    second = matcher.match(_inventory(package("deb", "openssl", "3.0.10-1", path="b", layer="2")))
    assert book.asked == asked > 0
    (one,), (two,) = first.findings, second.findings
    assert (one.path, one.layer) == ("a", "1")
    assert (two.path, two.layer) == ("b", "2")
    assert one.fingerprint != two.fingerprint


def test_what_is_remembered_of_one_release_is_not_said_of_another() -> None:
    matcher = Matcher(_book())
    openssl = package("deb", "openssl", "3.0.10-1")
    assert matcher.match(_inventory(openssl)).findings
    assert not matcher.match(_inventory(openssl, on="debian:11")).findings
    assert matcher.match(_inventory(openssl)).findings


def test_a_finding_of_the_base_image_says_so_and_one_of_another_layer_does_not() -> None:
    matcher = Matcher(_book())
    base = package("deb", "openssl", "3.0.10-1", in_base=True)
    own = package("deb", "openssl", "3.0.10-1")
    (first,) = matcher.match(_inventory(base)).findings
    (second,) = matcher.match(_inventory(own)).findings
    assert first.in_base
    assert "base image" in first.solution
    assert not second.in_base
    assert "base image" not in second.solution


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_KEPT", 3)
    matcher = Matcher(_book())
    many = [package("npm", "left", f"1.0.{n}") for n in range(10)]
    for _ in range(2):
        assert len(matcher.match(_inventory(*many)).findings) == 10
    assert matcher._answers.cache_info().currsize <= 4


@pytest.mark.parametrize(
    "each",
    [
        package("deb", "libssl3", "3.0.11-1~deb12u2", source_name="openssl"),
        package("deb", "curl", "7.88.1-10+deb12u5"),
        package("maven", "mysql:mysql-connector-java", "5.1.27"),
        package("maven", "org.apache.tomcat:tomcat-juli", "8.5.20"),
        package("maven", "commons-collections:commons-collections", "3.2.1"),
        package("pypi", "tensorflow_cpu", "2.11.0"),
        package("pear", "pear.php.net/Archive_Tar", "1.4.3"),
        package("npm", "JSONStream", "1.0.0"),
        package("generic", "nginx", "1.2", cpes=("cpe:2.3:a:F5:nginx:1.2:*:*:*:*:*:*:*",)),
        package("luarocks", "lpeg", "1.0"),
    ],
    ids=lambda each: each.name,
)
def test_names_are_those_of_all_rows_that_are_asked(each: PackageEntry) -> None:
    inventory = Inventory(packages=(each,), distribution=distribution("debian:12"))
    asked = Matcher(AdvisoryBook(Coverage(feed="x", stream="debian:12"))).asked(inventory)
    assert {name for _, name in asked} == names_of(each)


def test_what_an_answer_comes_from_are_the_rows_that_were_asked() -> None:
    openssl = package("deb", "libssl3", "3.0.10-1", source_name="openssl")
    left = package("npm", "left", "1.0.0")
    owned = package("npm", "right", "1.0.0", owner="deb:node-right")
    assert Matcher(_book()).asked(_inventory(openssl, left, owned)) == {
        ("debian:12", "libssl3"),
        ("debian:12", "openssl"),
        ("npm", "left"),
    }
