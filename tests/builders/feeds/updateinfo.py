"""``updateinfo.xml`` as yum repositories have it."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

Package = tuple[str, str, str, str, str]
"""Name, epoch, version, release and architecture."""


def package(
    name: str, version: str, release: str, *, arch: str = "x86_64", epoch: str = "0"
) -> str:
    """Make a package of a collection."""
    file_name = f"{name}-{version}-{release}.{arch}.rpm"
    at_epoch = f" epoch={quoteattr(epoch)}" if epoch else ""
    return (
        f"<package name={quoteattr(name)} version={quoteattr(version)} "
        f"release={quoteattr(release)}{at_epoch} arch={quoteattr(arch)} "
        f'src="{escape(name)}-{version}-{release}.src.rpm">'
        f"<filename>{escape(file_name)}</filename></package>"
    )


def collection(*packages: str, short: str = "", name: str = "", module: str = "") -> str:
    """Make a package list; ``module`` is ``name:stream``."""
    label = ""
    if module:
        own, _, stream = module.partition(":")
        label = (
            f'<module name="{own}" stream="{stream}" version="8060" context="d63f" arch="x86_64"/>'
        )
    return (
        f"<collection short={quoteattr(short)}><name>{escape(name)}</name>{label}"
        f"{''.join(packages)}</collection>"
    )


def reference(id_: str, *, kind: str = "cve", title: str = "", href: str = "") -> str:
    """Make a reference."""
    href = href or f"https://cve.example/{id_}"
    return f'<reference href="{href}" id="{id_}" type="{kind}" title={quoteattr(title)}/>'


def update(
    id_: str,
    *collections: str,
    cves: tuple[str, ...] = ("CVE-2023-0001",),
    references: str = "",
    kind: str = "security",
    status: str = "final",
    title: str = "Important: foo security update",
    severity: str = "Important",
    release: str = "",
    issued: str = '<issued date="2023-02-01 10:20:30"/>',
    updated: str = '<updated date="2023-02-02"/>',
    description: str = "foo was mended.",
) -> str:
    """Make an update."""
    return (
        f'<update from="security@vendor.example" status="{status}" type="{kind}" version="2.0">'
        f"<id>{id_}</id><title>{escape(title)}</title>{issued}{updated}"
        f"<severity>{severity}</severity><release>{escape(release)}</release>"
        f"<description>{escape(description)}</description>"
        f"<references>{''.join(map(reference, cves))}{references}</references>"
        f"<pkglist>{''.join(collections)}</pkglist></update>"
    )


def updateinfo(*updates: str) -> str:
    """Make a document."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<updates>\n{chr(10).join(updates)}\n</updates>\n'
    )
