"""The components of requirement row 4.2: recognised, and found where an advisory speaks of them.

The jars, the wheel and the npm package are real ones, fetched once by ``make test``. The advisories
of the first tests are written here from public facts: one for each component that has any.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.sources.paths import PathSource
from tests.analyzers.facts.sample_data import sample
from tests.builders.advisories import osv_record
from tests.builders.feeds.nvd import cve, match, node, page
from tests.builders.image import docker_archive, image
from tests.builders.real_components import Kind, real_components
from tests.services.absence import absent
from tests.standalone.running import scantling

if TYPE_CHECKING:
    from pathlib import Path

SPRING: Final = "org.springframework"
TOMCAT: Final = "org.apache.tomcat"
SPRING4SHELL: Final = "CVE-2022-22965"

VULNERABLE: Final = {
    "bootstrap": "3.3.7",
    "com.alibaba:druid": "1.0.9",
    "com.alibaba:fastjson": "1.2.24",
    "commons-collections:commons-collections": "3.2.1",
    "commons-configuration:commons-configuration": "1.10",
    "commons-lang:commons-lang": "2.6",
    "commons-logging:commons-logging": "1.2",
    "mysql:mysql-connector-java": "5.1.27",
    "org.apache.logging.log4j:log4j-api": "2.14.1",
    "org.apache.logging.log4j:log4j-core": "2.14.1",
    "org.apache.shiro:shiro-core": "1.2.4",
    "org.apache.struts:struts-core": "1.3.10",
    "org.apache.struts:struts2-core": "2.3.14.2",
    f"{TOMCAT}.embed:tomcat-embed-core": "8.5.20",
    f"{TOMCAT}.embed:tomcat-embed-el": "8.5.20",
    f"{TOMCAT}.embed:tomcat-embed-websocket": "8.5.20",
    f"{TOMCAT}:tomcat-annotations-api": "8.5.20",
    f"{TOMCAT}:tomcat-jdbc": "8.5.20",
    f"{TOMCAT}:tomcat-juli": "8.5.20",
    "org.json:json": "20160810",
    f"{SPRING}.cloud:spring-cloud-netflix-archaius": "2.2.10.RELEASE",
    f"{SPRING}:spring-aop": "4.3.0.RELEASE",
    f"{SPRING}:spring-beans": "4.3.0.RELEASE",
    f"{SPRING}:spring-context": "4.3.0.RELEASE",
    f"{SPRING}:spring-core": "4.3.0.RELEASE",
    f"{SPRING}:spring-jdbc": "4.3.0.RELEASE",
    f"{SPRING}:spring-webmvc": "4.3.0.RELEASE",
    "tensorflow": "2.11.0",
}
"""Row 4.2 by name, each with the version that is fetched."""

FIXED: Final = {
    "bootstrap": "5.3.8",
    "com.alibaba:druid": "1.2.27",
    "com.alibaba:fastjson": "2.0.53",
    "com.mysql:mysql-connector-j": "9.5.0",
    "commons-collections:commons-collections": "3.2.2",
    "commons-logging:commons-logging": "1.3.5",
    "org.apache.commons:commons-configuration2": "2.12.0",
    "org.apache.commons:commons-lang3": "3.20.0",
    "org.apache.logging.log4j:log4j-api": "2.25.3",
    "org.apache.logging.log4j:log4j-core": "2.25.3",
    "org.apache.shiro:shiro-core": "2.0.5",
    "org.apache.struts:struts2-core": "7.1.1",
    f"{TOMCAT}.embed:tomcat-embed-core": "11.0.14",
    f"{TOMCAT}.embed:tomcat-embed-el": "11.0.14",
    f"{TOMCAT}.embed:tomcat-embed-websocket": "11.0.14",
    f"{TOMCAT}:tomcat-annotations-api": "11.0.14",
    f"{TOMCAT}:tomcat-jdbc": "11.0.14",
    f"{TOMCAT}:tomcat-juli": "11.0.14",
    "org.json:json": "20250517",
    f"{SPRING}.cloud:spring-cloud-netflix-archaius": "2.2.10.RELEASE",
    f"{SPRING}:spring-aop": "6.2.14",
    f"{SPRING}:spring-beans": "6.2.14",
    f"{SPRING}:spring-context": "6.2.14",
    f"{SPRING}:spring-core": "6.2.14",
    f"{SPRING}:spring-jdbc": "6.2.14",
    f"{SPRING}:spring-webmvc": "6.2.14",
    "tensorflow": "2.17.1",
}
"""The same components where they are mended, under the names that they have now."""

NONE_IS_KNOWN: Final = {
    # CVE-2021-33800 is about 1.2.3 alone.
    "com.alibaba:druid",
    "commons-logging:commons-logging",
    f"{SPRING}.cloud:spring-cloud-netflix-archaius",
}
"""Components of which no public advisory speaks at these versions."""


class Known(NamedTuple):
    """An advisory of GitHub's database; nobody mended what has no ``fixed`` one."""

    ghsa: str
    cve: str
    name: str
    introduced: str = "0"
    fixed: str = ""
    last: str = ""
    ecosystem: str = "Maven"

    def record(self) -> dict[str, Any]:
        """Return it in the form of OSV."""
        end = {"fixed": self.fixed} if self.fixed else {"last_affected": self.last}
        return osv_record(
            self.ghsa,
            self.ecosystem,
            self.name,
            None,
            aliases=[self.cve],
            affected=[
                {
                    "package": {"ecosystem": self.ecosystem, "name": self.name},
                    "ranges": [
                        {"type": "ECOSYSTEM", "events": [{"introduced": self.introduced}, end]}
                    ],
                }
            ],
        )


KNOWN: Final = (
    Known(
        *("GHSA-9v3m-8fp8-mj99", "CVE-2019-8331", "bootstrap"),
        *("3.0.0", "3.4.1"),
        ecosystem="npm",
    ),
    Known("GHSA-xjrr-xv9m-4pw5", "CVE-2017-18349", "com.alibaba:fastjson", fixed="1.2.31"),
    Known(
        *("GHSA-fjq5-5j5f-mvxh", "CVE-2015-7501", "commons-collections:commons-collections"),
        fixed="3.2.2",
    ),
    Known(
        *("GHSA-pvp8-3xj6-8c6x", "CVE-2025-46392", "commons-configuration:commons-configuration"),
        last="1.10",
    ),
    Known(
        *("GHSA-j288-q9x7-2f5v", "CVE-2025-48924", "commons-lang:commons-lang"),
        introduced="2.0",
        last="2.6",
    ),
    Known("GHSA-2xxh-f8r3-hvvr", "CVE-2017-3523", "mysql:mysql-connector-java", fixed="5.1.41"),
    Known(
        *("GHSA-jfh8-c2jp-5v3q", "CVE-2021-44228", "org.apache.logging.log4j:log4j-core"),
        *("2.13.0", "2.15.0"),
    ),
    Known("GHSA-p836-389h-j692", "CVE-2016-4437", "org.apache.shiro:shiro-core", fixed="1.2.5"),
    Known(
        *("GHSA-7jw3-5q4w-89qg", "CVE-2016-1181", "org.apache.struts:struts-core"),
        last="1.3.10",
    ),
    Known(
        *("GHSA-j77q-2qqg-6989", "CVE-2017-5638", "org.apache.struts:struts2-core"),
        *("2.3.0", "2.3.32"),
    ),
    Known(
        *("GHSA-c9hw-wf7x-jp9j", "CVE-2020-1938", f"{TOMCAT}.embed:tomcat-embed-core"),
        *("8.0.0", "8.5.51"),
    ),
    Known(
        *("GHSA-m7jv-hq7h-mq7c", "CVE-2020-13935", f"{TOMCAT}.embed:tomcat-embed-websocket"),
        *("8.5.0", "8.5.57"),
    ),
    Known("GHSA-4jq9-2xhw-jpx7", "CVE-2023-5072", "org.json:json", fixed="20231013"),
    Known("GHSA-36p3-wjmg-h94x", SPRING4SHELL, f"{SPRING}:spring-beans", fixed="5.2.20.RELEASE"),
    Known(
        *("GHSA-g5mm-vmx4-3rg7", "CVE-2022-22968", f"{SPRING}:spring-context"),
        fixed="5.2.21.RELEASE",
    ),
    Known("GHSA-p5hg-3xm3-gcjg", "CVE-2018-1270", f"{SPRING}:spring-core", fixed="4.3.16"),
    Known(
        *("GHSA-2m8h-fgr8-2q9w", "CVE-2016-9878", f"{SPRING}:spring-webmvc"),
        *("4.3.0", "4.3.5"),
    ),
    Known(
        *("GHSA-gw97-ff7c-9v96", "CVE-2023-25668", "tensorflow"),
        fixed="2.11.1",
        ecosystem="PyPI",
    ),
)


def _before(product: str, end: str, **bounds: Any) -> dict[str, Any]:
    return match(f"a:{product}:*", versionEndExcluding=end, **bounds)


PRODUCTS: Final = page(
    cve(
        {"nodes": [node(_before("apache:log4j", "2.15.0", versionStartIncluding="2.13.0"))]},
        id="CVE-2021-44228",
    ),
    cve({"nodes": [node(_before("vmware:spring_framework", "5.2.20"))]}, id=SPRING4SHELL),
)
"""What the National Vulnerability Database says of whole products."""

BY_PRODUCT: Final = {
    "org.apache.logging.log4j:log4j-api": ("CVE-2021-44228", "2.15.0"),
    f"{TOMCAT}.embed:tomcat-embed-el": ("CVE-2020-1938", "8.5.51"),
    f"{TOMCAT}:tomcat-annotations-api": ("CVE-2020-1938", "8.5.51"),
    f"{TOMCAT}:tomcat-jdbc": ("CVE-2020-1938", "8.5.51"),
    f"{TOMCAT}:tomcat-juli": ("CVE-2020-1938", "8.5.51"),
    f"{SPRING}:spring-aop": (SPRING4SHELL, "5.2.20"),
    f"{SPRING}:spring-jdbc": (SPRING4SHELL, "5.2.20"),
}
"""Components that are found as parts of a product: by what, and where it is mended."""

UNKNOWN_TO_THE_SAMPLE: Final = {
    "org.apache.logging.log4j:log4j-api",
    "org.apache.struts:struts-core",
    f"{SPRING}:spring-aop",
    f"{SPRING}:spring-jdbc",
    "tensorflow",
}
"""Of which the sampled archives, which hold no product of the NVD, have no record."""
AFTERWARDS: Final = {("org.apache.logging.log4j:log4j-core", "CVE-2026-34480")}
"""What became known of a mended version after it was chosen."""


@pytest.fixture(scope="module", params=["vulnerable", "fixed"])
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, kind: Kind) -> Path:
    files = real_components(kind)
    if not files:
        absent("components", "they were not fetched: make test-services")
    path = tmp_path_factory.mktemp(kind) / "image.tar"
    return docker_archive(path, {"a/b:1": image(files)})


def expected(kind: Kind) -> dict[str, str]:
    """Return the components that are there; npm fetches bootstrap, where it is."""
    chosen = VULNERABLE if kind == "vulnerable" else FIXED
    if not any("/bootstrap/" in path for path in real_components(kind)):
        return {name: version for name, version in chosen.items() if name != "bootstrap"}
    return chosen


def scanned(archive: Path, *options: str) -> Any:
    ended = scantling("scan", "--no-cache", "--format", "json", *options, str(archive))
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)["outcomes"]


def findings_of(archive: Path, database: Path) -> dict[str, dict[str, Any]]:
    """Return the findings by package, then by id."""
    risks = ("--risk", "vulnerability", "--advisories", str(database))
    outcome = scanned(archive, *risks)["vulnerability"]
    assert outcome["status"] == "complete"
    found: dict[str, dict[str, Any]] = {}
    for each in outcome["findings"]:
        found.setdefault(each["package"], {})[each["id"]] = each
    return found


def test_every_component_is_recognised_with_its_version(archive: Path, kind: Kind) -> None:
    packages = scanned(archive, "--risk", "software")["software"]["packages"]
    found = {(each["name"], each["version"]) for each in packages}
    assert set(expected(kind).items()) <= found


def test_those_that_have_an_advisory_are_found_and_mended_ones_are_not(
    archive: Path, kind: Kind, tmp_path: Path
) -> None:
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    for known in KNOWN:
        (feeds / f"{known.ghsa}.json").write_text(json.dumps(known.record()))
    (feeds / "nvd.json").write_text(json.dumps(PRODUCTS))
    build([PathSource(feeds)], FEEDS, tmp_path / "advisories.db")
    found = findings_of(archive, tmp_path / "advisories.db")

    if kind == "fixed":
        assert found == {}
        return
    present = expected(kind)
    for known in KNOWN:
        if known.name in present:
            finding = found[known.name][known.cve]
            assert finding.get("fixed_version") == (known.fixed or None), known
            assert "match" not in finding["vulnerability"], known
    for name, (id_, fixed) in BY_PRODUCT.items():
        finding = found[name][id_]
        assert finding["fixed_version"] == fixed, name
        assert finding["vulnerability"]["match"] == "product", name
    assert set(found) == set(present) - NONE_IS_KNOWN


def test_real_advisories_find_all_but_those_that_they_do_not_speak_of(
    archive: Path, kind: Kind, tmp_path: Path
) -> None:
    archives = [sample(f"advisories/{each}/all.zip") for each in ("Maven", "npm", "PyPI")]
    build([PathSource(each) for each in archives], FEEDS, tmp_path / "advisories.db")
    found = findings_of(archive, tmp_path / "advisories.db")

    if kind == "fixed":
        assert {(name, id_) for name, each in found.items() for id_ in each} <= AFTERWARDS
    else:
        silent = NONE_IS_KNOWN | UNKNOWN_TO_THE_SAMPLE
        assert set(found) == set(expected(kind)) - silent
