"""`scantling scan IMAGE`: one image, without any service."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, Final

from scantling.cli import arguments as types

if TYPE_CHECKING:
    import argparse

NAME: Final = "scan"
FORMATS: Final = ("table", "json", "cyclonedx", "spdx", "sarif", "csv", "html")


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command."""
    parser = commands.add_parser(NAME, help="scan one image", description=run.__doc__)
    parser.add_argument(
        "image",
        metavar="IMAGE",
        help="docker-archive:FILE, oci-archive:FILE, oci:DIR[:TAG], docker://REFERENCE, "
        "a path, or a reference",
    )
    parser.add_argument(
        "--risk", type=types.risks, metavar="A,B", help="risk types (default: all of this version)"
    )
    parser.add_argument("--platform", metavar="OS/ARCH[/VARIANT]", help="a platform, or all")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="default: table on a terminal, json otherwise",
    )
    parser.add_argument("-o", dest="output", metavar="FILE", type=types.path, help="write there")
    parser.add_argument(
        "--fail-on", type=types.severity, metavar="SEVERITY", help="status 1 from this severity on"
    )
    parser.add_argument(
        "--allow-partial", action="store_true", help="partial and unsupported are no failure"
    )
    parser.add_argument(
        "--advisories",
        type=types.path,
        metavar="FILE",
        help="the advisory database (default: advisories.db in SCANTLING_DATA, else in "
        "scantling-data)",
    )
    parser.add_argument(
        "--vex",
        type=types.path,
        action="append",
        default=[],
        metavar="FILE",
        help="set vulnerabilities aside as a VEX document says (OpenVEX, CycloneDX, CSAF); may be "
        "given several times",
    )
    parser.add_argument(
        "--rules",
        type=types.path,
        metavar="PATH",
        help="more rules for malware and secrets: a file, a directory, or a directory of packs "
        "(default: SCANTLING_RULES, else rules in SCANTLING_DATA, where `rules add` puts them)",
    )
    parser.add_argument(
        "--secret-score",
        type=types.score,
        metavar="N",
        help="tell secrets from this score on, 0.5 (where nothing is said) to 1",
    )
    parser.add_argument("--lists", type=types.path, metavar="DIR", help="the project's lists")
    parser.add_argument(
        "--java-index",
        type=types.path,
        metavar="FILE",
        help="an index of Java archives by SHA-1, in the schema of trivy-java-db",
    )
    cache = parser.add_mutually_exclusive_group()
    cache.add_argument("--cache", type=types.path, metavar="DIR", help="where facts are kept")
    cache.add_argument("--no-cache", action="store_true", help="keep nothing of the image")
    parser.add_argument("--timeout", type=types.positive, metavar="SECONDS")
    parser.add_argument("--offline", action="store_true", help="never use the network")
    parser.add_argument("--plain-http", action="store_true", help="the registry speaks http")
    parser.add_argument("--ca", type=types.path, metavar="FILE", help="certificates to trust")
    parser.add_argument("--cert", type=types.path, metavar="FILE", help="client certificate (PEM)")
    parser.add_argument("--key", type=types.path, metavar="FILE", help="its key (PEM)")
    parser.add_argument(
        "--mirror",
        action="append",
        metavar="HOST=URL",
        help="ask this mirror of a registry first; several are tried in their order",
    )
    parser.add_argument(
        "--limit",
        action="append",
        metavar="NAME=N",
        help="read more or less of manifests: document_bytes, layers, manifests, history, nesting",
    )
    parser.add_argument(
        "--limits",
        type=types.path,
        metavar="FILE",
        help="a TOML file: read more or less of layers and of archives in them",
    )
    parser.add_argument(
        "--referrers",
        action="store_true",
        help="ask the registry for SBOMs and provenance that no index names, too",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="in a table, why each vulnerability is one, and what every source says of it; why "
        "each secret is taken for one",
    )
    verbosity = parser.add_mutually_exclusive_group()
    verbosity.add_argument("-q", "--quiet", action="store_true", help="no messages but errors")
    verbosity.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="more messages; in a table, the layer and licences of each package, and which "
        "findings are set aside",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Scan one image, print its report, and tell by the status what was found."""
    # Nothing of what an import makes is garbage: to look for some, now or at the exit, takes a
    # fifth of the start, and in a worker copies what it shares with this process.
    gc.disable()
    from scantling.scan.command import scan_command

    gc.freeze()
    gc.enable()
    return scan_command(arguments)
