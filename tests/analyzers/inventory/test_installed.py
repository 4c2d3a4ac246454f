"""What other files say of a package is put to it, and no package is told twice."""

from __future__ import annotations

from msgspec.structs import replace

from scantling_analyzers.contract import Settings
from scantling_analyzers.facts.models import Licenses, Package
from scantling_analyzers.inventory.installed import installed
from scantling_analyzers.risks.software.analyzer import SoftwareAnalyzer
from tests.analyzers.risks.content import content

STATUS = "usr/lib/opkg/status"
CONTROL = "usr/lib/opkg/info/a.control"


def deb(name: str, *, source: str = "", version: str = "1") -> Package:
    return Package(
        path="var/lib/dpkg/status",
        name=name,
        version=version,
        type="deb",
        source_name=source or name,
        source_version=version,
    )


def stated(name: str, *licenses: str) -> Licenses:
    path = f"usr/share/doc/{name}/copyright"
    return Licenses(path=path, owner=f"deb:{name}", licenses=licenses)


def _licenses(*facts: Package | Licenses, hidden: int | None = None) -> dict[str, tuple[str, ...]]:
    image = content(*((fact, 0, hidden if isinstance(fact, Licenses) else None) for fact in facts))
    found = [located.fact for located in installed(image)]
    return {fact.name: fact.licenses for fact in found if isinstance(fact, Package)}


def test_the_licences_in_a_package_s_documents_are_the_package_s() -> None:
    found = _licenses(stated("curl", "curl", "MIT"), deb("curl"), deb("bash"))
    assert found == {"curl": ("curl", "MIT"), "bash": ()}


def test_documents_that_are_a_link_are_those_of_a_package_of_the_same_source() -> None:
    assert _licenses(
        stated("gcc-12-base", "GPL-3+"),
        stated("aaa", "Artistic"),
        deb("gcc-12-base", source="gcc-12"),
        deb("libstdc++6", source="gcc-12"),
        deb("libgcc-s1", source="gcc-12", version="2"),
        deb("aaa"),
    ) == {
        "gcc-12-base": ("GPL-3+",),
        "libstdc++6": ("GPL-3+",),
        "libgcc-s1": (),
        "aaa": ("Artistic",),
    }


def test_hidden_documents_say_nothing_and_a_database_s_own_licences_stay() -> None:
    assert _licenses(stated("curl", "MIT"), deb("curl"), hidden=1) == {"curl": ()}
    npm = Package(path="x", name="curl", version="1", type="npm", licenses=("ISC",))
    assert _licenses(stated("curl", "MIT"), npm) == {"curl": ("ISC",)}
    rpm = Package(path="x", name="curl", version="1", type="rpm")
    assert _licenses(stated("curl", "MIT"), rpm) == {"curl": ()}


def _opkg(path: str, name: str = "a") -> Package:
    licenses = ("ISC",) if path.endswith(".control") else ()
    return Package(path=path, name=name, version="1", type="opkg", arch="x", licenses=licenses)


def test_opkg_s_two_records_are_one_package() -> None:
    control = replace(_opkg(CONTROL), source_name="src", maintainer="M")
    status = replace(_opkg(STATUS), state="half-installed")
    outcome = SoftwareAnalyzer().analyze(content((control, 0, None), (status, 1, None)), Settings())
    (entry,) = outcome.packages
    assert (entry.path, entry.state, entry.source_name) == (STATUS, "half-installed", "src")
    assert entry.licenses == ("ISC",)
    assert entry.layer == content(layers=2).layers[1].diff_id


def test_a_record_of_opkg_that_is_alone_is_a_package() -> None:
    for path in (CONTROL, STATUS):
        (located,) = installed(content((_opkg(path), 0, None)))
        assert located.fact.path == path
    both = list(installed(content((_opkg(CONTROL), 0, None), (_opkg(STATUS, "b"), 0, None))))
    assert [located.fact.path for located in both] == [CONTROL, STATUS]


def test_what_an_image_was_cut_from_is_told_once_where_it_has_a_database_too() -> None:
    first = Package(path="var/lib/dpkg/status", name="a", version="1", type="deb", arch="amd64")
    second = replace(first, path="var/lib/chisel/manifest.wall", maintainer="M")
    other = replace(second, version="2")
    found = list(installed(content(*((fact, 0, None) for fact in (second, first, other)))))
    assert [located.fact for located in found] == [replace(first, maintainer="M"), other]
    rpm = replace(first, path="var/lib/rpm/rpmdb.sqlite", type="rpm")
    listed = replace(rpm, path="var/lib/rpmmanifest/container-manifest-2")
    assert [f.fact for f in installed(content((listed, 0, None), (rpm, 0, None)))] == [rpm]
    assert [f.fact for f in installed(content((listed, 0, None), (rpm, 0, 1)))] == [listed]
