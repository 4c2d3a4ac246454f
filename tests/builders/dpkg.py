"""dpkg databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

STATUS = "var/lib/dpkg/status"


def stanza(name: str, version: str, *, status: str = "install ok installed", **more: str) -> str:
    """Return one record; ``more`` are further fields, underscores standing for dashes."""
    fields = {"Package": name, "Status": status, "Version": version, "Architecture": "amd64"}
    fields.update({key.replace("_", "-"): text for key, text in more.items()})
    lines = (f"{key}: {text}\n" for key, text in fields.items() if text)
    return "".join(lines) + "Description: a package\n with a second line\n Version: 0-not-a-field\n"


def status(stanzas: Iterable[str]) -> bytes:
    """Return a whole ``status`` file."""
    return "\n".join(stanzas).encode() + b"\n"


def generated(count: int) -> bytes:
    """Return the ``status`` file of an image with ``count`` packages, as long as real ones are."""
    depends = "libc6 (>= 2.34), " * 20 + "zlib1g"
    return status(
        stanza(
            f"package-{n}",
            f"{n % 9}.{n % 31}-{n % 5}+deb12u{n % 7}",
            Source=f"source-{n // 3}",
            Maintainer="A Maintainer <maintainer@example.org>",
            Depends=depends,
            Conffiles="\n" + "\n".join(f" /etc/file-{i} {i:032x}" for i in range(5)),
        )
        for n in range(count)
    )
