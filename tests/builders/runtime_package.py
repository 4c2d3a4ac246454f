"""Installed packages of smaller ecosystems: conda, Perl, R, Erlang, Lua, Bitnami."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def conda_record(name: str, version: str, files: Iterable[str] = (), **more: object) -> bytes:
    """Return a record of ``conda-meta``."""
    record = {
        "name": name,
        "version": version,
        "build": "py312_0",
        "subdir": "linux-64",
        "license": "BSD-3-Clause",
        "files": list(files),
        "paths_data": {"paths_version": 1, "paths": [{"_path": path} for path in files]},
        **more,
    }
    return json.dumps(record).encode()


def perl_distribution(
    folder: str, *, install: dict[str, object], metadata: dict[str, object] | None = None
) -> dict[str, bytes]:
    """Return what cpanm leaves below ``folder``."""
    files = {f"{folder}/install.json": json.dumps(install).encode()}
    if metadata is not None:
        files[f"{folder}/MYMETA.json"] = json.dumps(metadata).encode()
    return files


def r_description(name: str, version: str, *lines: str, built: bool = True) -> bytes:
    """Return the description of an R package."""
    built_line = ["Built: R 4.2.2; ; 2024-01-01 00:00:00 UTC; unix"] if built else []
    return "\n".join((f"Package: {name}", f"Version: {version}", *lines, *built_line, "")).encode()


def erlang_resource(name: str, version: str, *properties: str) -> bytes:
    """Return the resource file of an application."""
    each = (
        '{description,"It, {vsn,\\"0\\"}"}',
        f'{{vsn,"{version}"}}',
        "{modules,[a,b,'c d']}",
        '{env,[{vsn,"0"},{licenses,["none"]},{port,8080},{x,<<"y">>},{m,#{k => 1}}]}',
        *properties,
    )
    return f"%% comment {{vsn\n{{application,{name},\n [{','.join(each)}]}}.\n".encode()


def rockspec(name: str, version: str, license: str = "MIT") -> bytes:  # noqa: A002 - the field's word
    """Return a rockspec."""
    return (
        f'package = "{name}"\nversion = "{version}"\n'
        f'description = {{ summary = "x", license = "{license}" }}\n'
    ).encode()


def bitnami_document(*purls: str, license: str = "MIT") -> bytes:  # noqa: A002 - the field's word
    """Return the SPDX document of a component."""
    packages = [
        {
            "SPDXID": f"SPDXRef-{number}",
            "name": "x",
            "versionInfo": "x",
            "licenseDeclared": license,
            "licenseConcluded": "NOASSERTION",
            "externalRefs": [
                {"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:*:x:x:1:*:*:*:*:*:*:*"},
                {"referenceType": "purl", "referenceLocator": purl},
            ],
        }
        for number, purl in enumerate(purls)
    ]
    return json.dumps({"spdxVersion": "SPDX-2.3", "packages": packages}).encode()
