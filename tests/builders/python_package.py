"""Installed Python distributions."""

from __future__ import annotations


def metadata(name: str, version: str, *headers: str, description: str = "About it.\n") -> bytes:
    """Return core metadata with further header lines and a description below them."""
    lines = ("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *headers)
    return ("\n".join(lines) + "\n\n" + description).encode()


def dist_info(
    name: str, version: str, *headers: str, folder: str = "usr/lib/python3/site-packages"
) -> dict[str, bytes]:
    """Return the files of a distribution that pip installed."""
    base = f"{folder}/{name.replace('-', '_')}-{version}.dist-info"
    module = f"{folder}/{name.replace('-', '_')}.py"
    return {
        f"{base}/METADATA": metadata(name, version, *headers),
        f"{base}/RECORD": f"{module},,\n".encode(),
        f"{base}/INSTALLER": b"pip\n",
        module: b"",
    }
