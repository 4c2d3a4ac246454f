"""What a partial outcome takes over from the analysis before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from scantling_common.outcomes import Finding, Outcome, OutcomeError, PackageEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

E = TypeVar("E", Finding, PackageEntry)


def carried_over(earlier: Outcome, partial: Outcome) -> Outcome:
    """Return ``partial`` with the earlier findings and packages of what it left out.

    Its errors say what was left out; without any, nothing is known to have been looked at. The
    same object comes back where nothing is carried.
    """
    errors = partial.errors
    findings = [*partial.findings]
    known = {finding.fingerprint for finding in findings}
    findings.extend(
        finding
        for finding in earlier.findings
        if finding.fingerprint not in known and left_out(finding.path, finding.layer, errors)
    )
    packages = _packages(earlier.packages, partial)
    if len(findings) == len(partial.findings) and len(packages) == len(partial.packages):
        return partial
    findings.sort(key=lambda finding: (finding.path, finding.fingerprint))
    packages.sort(key=_package_key)
    return replace(partial, findings=tuple(findings), packages=tuple(packages))


def left_out(path: str, layer: str, errors: Sequence[OutcomeError]) -> bool:
    """Tell whether the errors of a partial outcome cover a place in the image.

    An error covers its file, everything beneath it (a directory, or an archive's entries as
    ``outer!/inner``), and without a path its whole layer, or without either the whole image.
    """
    return not errors or any(_covers(error, path, layer) for error in errors)


def _covers(error: OutcomeError, path: str, layer: str) -> bool:
    if error.layer and layer and error.layer != layer:
        return False
    return not error.path or path == error.path or path.startswith(_beneath(error.path))


def _beneath(path: str) -> tuple[str, str]:
    return (f"{path.rstrip('/')}/", f"{path}!/")


def _packages(earlier: Sequence[PackageEntry], partial: Outcome) -> list[PackageEntry]:
    packages = [*partial.packages]
    known = set(map(_package_key, packages))
    packages.extend(
        package
        for package in earlier
        if _package_key(package) not in known
        and left_out(package.path, package.layer, partial.errors)
    )
    return packages


def _package_key(package: PackageEntry) -> tuple[str, str, str, str, str]:
    return (package.type, package.name, package.version, package.path, package.purl)
