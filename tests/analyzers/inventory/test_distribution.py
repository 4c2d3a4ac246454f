"""Which distribution an image is, where several of its files name one."""

from __future__ import annotations

from scantling_analyzers.contract import Settings
from scantling_analyzers.facts.models import Distribution
from scantling_analyzers.inventory.distribution import PRECEDENCE, distribution_of
from scantling_analyzers.risks.software.analyzer import SoftwareAnalyzer
from tests.analyzers.risks.content import content


def release(
    path: str, id_: str, version: str = "", pack: str = "", edition: str = ""
) -> Distribution:
    return Distribution(path=path, id=id_, version_id=version, service_pack=pack, edition=edition)


def _found(*facts: Distribution) -> Distribution | None:
    found = distribution_of(content(*((fact, 0, None) for fact in facts)))
    assert found == distribution_of(content(*((fact, 0, None) for fact in reversed(facts))))
    return found


def test_os_release_speaks_before_every_other_file() -> None:
    own = release("usr/lib/os-release", "rocky", "9.3")
    assert _found(release("etc/redhat-release", "rhel", "9.3"), own) == own
    first = release("etc/os-release", "custom")
    assert _found(own, first) == first


def test_a_rebuild_s_own_file_speaks_before_those_of_what_it_is_made_from() -> None:
    own = release("etc/oracle-release", "ol", "8.9")
    assert _found(release("etc/redhat-release", "rhel", "8.9"), own) == own
    ubuntu = release("etc/lsb-release", "ubuntu", "16.04")
    assert _found(release("etc/debian_version", "debian", "stretch/sid"), ubuntu) == ubuntu


def test_every_file_has_a_place_and_one_only() -> None:
    assert len(PRECEDENCE) == len(set(PRECEDENCE))


def test_an_image_without_any_is_none_of_them_and_hidden_ones_do_not_count() -> None:
    assert distribution_of(content()) is None
    assert distribution_of(content((release("etc/os-release", "a"), 0, 1))) is None


def test_what_os_release_lacks_another_file_of_the_same_release_tells() -> None:
    own = release("etc/os-release", "uos", "20", edition="e")
    version = release("etc/os-version", "uos", "20", pack="1050", edition="x")
    assert _found(own, version) == release("etc/os-release", "uos", "20", "1050", "e")
    kylin = release("etc/os-release", "kylin", "v10")
    product = release("etc/.productinfo", "Kylin", "V10", "SP3")
    assert _found(kylin, product) == release("etc/os-release", "kylin", "v10", "SP3")


def test_a_file_of_another_distribution_or_version_tells_nothing() -> None:
    own = release("etc/os-release", "kylin", "V10")
    assert _found(own, release("etc/.productinfo", "kylin", "V11", "SP3")) == own
    assert _found(own, release("etc/os-version", "uos", "V10", "1050")) == own


def test_the_outcome_names_the_service_pack_and_the_edition() -> None:
    own = release("etc/os-release", "uos", "20", "1050", "e")
    entry = SoftwareAnalyzer().analyze(content((own, 0, None)), Settings()).distribution
    assert entry is not None
    assert (entry.version_id, entry.service_pack, entry.edition) == ("20", "1050", "e")
