"""Every reader, one line each. What is listed here runs in the one walk of each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.accounts.reader import AccountReader
from scantling_analyzers.facts.binaries.reader import BinaryReader
from scantling_analyzers.facts.configuration_files import ConfigurationReader
from scantling_analyzers.facts.malware_files import MalwareReader
from scantling_analyzers.facts.os_release import OsReleaseReader
from scantling_analyzers.facts.packages.apk import ApkReader
from scantling_analyzers.facts.packages.bitnami import BitnamiReader
from scantling_analyzers.facts.packages.chisel import ChiselReader
from scantling_analyzers.facts.packages.conda import CondaReader
from scantling_analyzers.facts.packages.content_manifest import ContentManifestReader
from scantling_analyzers.facts.packages.copyright import CopyrightReader
from scantling_analyzers.facts.packages.dotnet import DotnetReader
from scantling_analyzers.facts.packages.dpkg import DpkgReader
from scantling_analyzers.facts.packages.erlang import ErlangReader
from scantling_analyzers.facts.packages.homebrew import HomebrewReader
from scantling_analyzers.facts.packages.java.reader import JavaReader
from scantling_analyzers.facts.packages.java.runtime import JavaRuntimeReader
from scantling_analyzers.facts.packages.lua import LuaReader
from scantling_analyzers.facts.packages.node import NodeReader
from scantling_analyzers.facts.packages.opkg import OpkgReader
from scantling_analyzers.facts.packages.pacman import PacmanReader
from scantling_analyzers.facts.packages.perl import PerlReader
from scantling_analyzers.facts.packages.php.composer import ComposerReader
from scantling_analyzers.facts.packages.php.pear import PearReader
from scantling_analyzers.facts.packages.php.wordpress import WordpressReader
from scantling_analyzers.facts.packages.portage import PortageReader
from scantling_analyzers.facts.packages.python import PythonReader
from scantling_analyzers.facts.packages.python_egg import EggReader
from scantling_analyzers.facts.packages.r_library import RReader
from scantling_analyzers.facts.packages.rpm.reader import RpmReader
from scantling_analyzers.facts.packages.ruby import RubyReader
from scantling_analyzers.facts.packages.yarn import YarnReader
from scantling_analyzers.facts.program_files import ProgramFileReader
from scantling_analyzers.facts.secret_files import SecretReader
from scantling_analyzers.rule_packs.configured import FOR_MALWARE, configured_by

if TYPE_CHECKING:
    from scantling_analyzers.contract import Reader
    from scantling_analyzers.rule_packs.configured import ConfiguredRules

READERS: Final[tuple[Reader, ...]] = (
    OsReleaseReader(),
    DpkgReader(),
    ApkReader(),
    RpmReader(),
    CopyrightReader(),
    ChiselReader(),
    OpkgReader(),
    PacmanReader(),
    PortageReader(),
    HomebrewReader(),
    ContentManifestReader(),
    PythonReader(),
    EggReader(),
    CondaReader(),
    NodeReader(),
    YarnReader(),
    RubyReader(),
    ComposerReader(),
    PearReader(),
    WordpressReader(),
    DotnetReader(),
    PerlReader(),
    RReader(),
    ErlangReader(),
    LuaReader(),
    BitnamiReader(),
    JavaReader(),
    JavaRuntimeReader(),
    BinaryReader(),
    ProgramFileReader(),
    ConfigurationReader(),
    AccountReader(),
    MalwareReader(),
    SecretReader(),
)


def readers_with(rules: ConfiguredRules) -> tuple[Reader, ...]:
    """Return all readers, those of the user's rule packs among them."""
    packs = (MalwareReader(pack, rules.cache) for pack in rules.of_kind(*FOR_MALWARE))
    by_rules = (MalwareReader, SecretReader)
    others = (each for each in READERS if not isinstance(each, by_rules))
    secrets = SecretReader(rules.of_kind("secrets"), rules.cache)
    own = MalwareReader(cache=rules.cache)
    by_name: dict[str, Reader] = {reader.name: reader for reader in (*others, own, secrets, *packs)}
    return tuple(by_name.values())


def readers_by(rules: str) -> tuple[Reader, ...]:
    """Return :func:`readers_with` rules that are given as text, as to a worker."""
    return readers_with(configured_by(rules))
