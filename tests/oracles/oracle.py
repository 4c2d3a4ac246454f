"""The tools that say how versions are ordered, and how each is asked.

All pairs are given to one process: two versions of a line, parted by a tab; it answers with a
sign for each, or a question mark where it can't order them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling_common.versions.schemes import Scheme
from tests.services.programs import CACHE, REPOSITORY, Missing, class_path, program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TOOLS: Final = Path(__file__).parent / "tools"
FETCHED: Final = CACHE / "oracles"
SECONDS: Final = 300

Pair = tuple[str, str]
Sign = int | None
"""-1, 0 or 1; None where the tool can't order the two."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """A tool; ``told`` is the command that prints its version.

    ``known`` matches a version in which ours may differ, as ``docs/explanation/versions.md`` says.
    ``count`` is how many pairs a test asks for: fewer where the tool is slow.
    """

    scheme: Scheme
    name: str
    command: Callable[[], list[str]]
    told: str
    environment: Mapping[str, str] = field(default_factory=dict)
    known: str = r"(?!)"
    count: int = 10_000

    def ask(self, pairs: Sequence[Pair]) -> list[Sign]:
        """Return the sign of each pair; raise ``Missing`` where the tool is not here."""
        command = self.command()
        if shutil.which(command[0]) is None:
            raise Missing(f"{command[0]} is not on PATH")
        done = subprocess.run(
            command,
            input="".join(f"{left}\t{right}\n" for left, right in pairs),
            check=False,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            env={**os.environ, **self.environment},
        )
        signs = [None if line == "?" else int(line) for line in done.stdout.split()]
        if len(signs) != len(pairs):
            reason = done.stderr.strip()[-300:]
            raise Missing(f"{self.name} answered {len(signs)} of {len(pairs)} pairs: {reason}")
        return signs

    def version(self) -> str:
        """Return the tool's name and version, as it says itself."""
        done = subprocess.run(
            ["bash", "-c", self.told],
            check=True,
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, **self.environment},
        )
        return f"{self.name} {done.stdout.strip()}"


def _tool(interpreter: str, name: str) -> Callable[[], list[str]]:
    return lambda: [interpreter, str(TOOLS / name)]


def _maven() -> list[str]:
    source = REPOSITORY / "tests/services/java/versions/Versions.java"
    return [program("java"), "-cp", class_path("versions"), str(source)]


def _go(*arguments: str) -> Callable[[], list[str]]:
    return lambda: [program("version-order"), *arguments]


_GO_VERSION: Final = "grep -oP '{} \\K\\S+' tests/oracles/go/go.mod"
_NODE: Final = {"NODE_PATH": str(FETCHED / "node_modules")}

ORACLES: Final = (
    Oracle(
        Scheme.ALPM,
        "libalpm",
        _tool("/usr/bin/python3", "pacman_order.py"),
        "pacman --version | grep -oP 'libalpm v\\K\\S+'",
    ),
    Oracle(
        Scheme.BITNAMI,
        "github.com/bitnami/go-version",
        _go("bitnami"),
        _GO_VERSION.format("bitnami/go-version"),
        known=r"-[^+]*[^0-9+]",
    ),
    Oracle(
        Scheme.CARGO,
        "crate semver",
        lambda: [str(FETCHED / "cargo/release/cargo-oracle")],
        "grep -oP 'semver = \"=\\K[^\"]+' tests/oracles/cargo/Cargo.toml",
    ),
    Oracle(
        Scheme.COMPOSER,
        "composer/semver",
        _tool("php", "composer.php"),
        "dpkg-query -W -f '${Version}' php-composer-semver",
    ),
    Oracle(
        Scheme.CONAN,
        "conan",
        _tool(str(FETCHED / "conan/bin/python"), "conan_order.py"),
        ".cache/oracles/conan/bin/conan --version | grep -oP 'version \\K\\S+'",
        known=r"[0-9][^0-9.+-]|(?:^|[.+-])[+-]",
        count=3_000,
    ),
    Oracle(
        Scheme.CPAN,
        "version.pm",
        _tool("perl", "cpan.pl"),
        "perl -Mversion -e 'print $version::VERSION'",
        known=r"[0-9]{10}",
    ),
    Oracle(
        Scheme.DEB,
        "dpkg",
        _tool("bash", "dpkg.sh"),
        "dpkg-query -W -f '${Version}' dpkg",
        count=750,
    ),
    Oracle(Scheme.GEM, "RubyGems", _tool("ruby", "gem.rb"), "ruby -e 'puts Gem::VERSION'"),
    Oracle(Scheme.GO, "golang.org/x/mod", _go(), _GO_VERSION.format("x/mod")),
    Oracle(
        Scheme.HEX,
        "Elixir",
        _tool("elixir", "hex.exs"),
        "elixir -e 'IO.puts(System.version())'",
    ),
    Oracle(
        Scheme.MAVEN,
        "maven-artifact",
        _maven,
        "grep -oP '<version>\\K[0-9.]{2,}' tests/services/java/versions/pom.xml",
    ),
    Oracle(
        Scheme.NUGET,
        "NuGet.Versioning",
        lambda: [
            "mono",
            str(FETCHED / "nuget-order.exe"),
            str(FETCHED / "node_modules/nuget-exe/nuget-5.8.0.exe"),
        ],
        "echo 5.8.0",
        known=r"[-.]-[0-9]+(?:[.+]|$)",
    ),
    Oracle(
        Scheme.CRAN,
        "R",
        _tool("Rscript", "cran.R"),
        "Rscript --version | grep -oP 'version \\K\\S+'",
        known=r"[0-9]{10}",
    ),
    Oracle(
        Scheme.PYPI,
        "packaging",
        _tool(sys.executable, "pypi_order.py"),
        f"{sys.executable} -c 'import packaging; print(packaging.__version__)'",
    ),
    Oracle(
        Scheme.RPM,
        "rpm",
        _tool("/usr/bin/python3", "rpm_order.py"),
        "rpm --version | grep -oP 'version \\K\\S+'",
    ),
    Oracle(
        Scheme.SEMVER,
        "npm semver",
        _tool("node", "npm.js"),
        "node -p 'require(\"semver/package.json\").version'",
        _NODE,
    ),
)
