"""Which package of the operating system a file with facts came with."""

from __future__ import annotations

from scantling_analyzers.extraction.imageview import owned_by
from scantling_analyzers.facts.models import FactSet, FileFacts, OwnedFiles, Package, owned_key

FILE = b"usr/lib/python3/dist-packages/yaml.dist-info/METADATA"
LIST = "var/lib/dpkg/info/python3-yaml.list"


def database(*paths: bytes) -> FactSet:
    owned = OwnedFiles(
        path=LIST, owner="deb:python3-yaml", keys=b"".join(owned_key(path) for path in paths)
    )
    return FactSet(reader="dpkg", version=1, files=(FileFacts(path=LIST, facts=(owned,)),))


def metadata() -> FactSet:
    package = Package(path=FILE.decode(), name="PyYAML", version="6", type="pypi")
    return FactSet(
        reader="python", version=1, files=(FileFacts(path=FILE.decode(), facts=(package,)),)
    )


def test_a_file_that_a_package_brought_in_this_or_a_lower_layer_is_its_own() -> None:
    sets = [[metadata()], [database(b"other", FILE)]]
    assert owned_by(sets, {(0, FILE)}, ()) == {(0, FILE): "deb:python3-yaml"}
    assert owned_by(sets, {(1, FILE)}, ()) == {(1, FILE): "deb:python3-yaml"}


def test_a_file_that_a_higher_layer_put_in_its_place_is_nobody_s() -> None:
    assert owned_by([[database(FILE)], [metadata()]], {(1, FILE)}, ()) == {}


def test_a_database_that_a_later_layer_removed_owns_nothing() -> None:
    assert owned_by([[database(FILE)]], {(0, FILE)}, {(0, LIST.encode()): 1}) == {}


def test_a_path_is_the_same_with_and_without_the_merge_into_usr() -> None:
    assert owned_key(b"lib/x86/libc.so.6") == owned_key(b"usr/lib/x86/libc.so.6")
    assert owned_key(b"bin/sh") == owned_key(b"usr/bin/sh")
    assert owned_key(b"usr/share/a") != owned_key(b"share/a")
