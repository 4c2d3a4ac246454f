"""Images made to stop, mislead or exhaust whoever reads them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from tests.builders.image import BuiltImage, BuiltLayer, compress
from tests.builders.layer import END, base_256, header, layer, symlink
from tests.end_to_end.apps import ODD_NAME, base

if TYPE_CHECKING:
    from pathlib import Path

    from tests.builders.layer import Content

HOST_PACKAGE: Final = "package-of-the-host"


@dataclass(frozen=True, kw_only=True)
class RawLayer(BuiltLayer):
    """A layer whose blob is not what its plain content packs to."""

    raw: bytes

    @cached_property
    def blob(self) -> bytes:
        """Return the blob as it is."""
        return self.raw


def on_base(top: BuiltLayer, **lies: object) -> BuiltImage:
    """Return an image with a damaged layer on a good one."""
    return BuiltImage(layers=(base(), top), lies=lies)


def damaged() -> dict[str, BuiltImage]:
    """Return images of which a layer can't be read to its end, or is not what is claimed."""
    fine = BuiltLayer(plain=layer({ODD_NAME: b"", b"srv/app": b"x" * 4096}))
    garbage = b"\x1f\x8b\x08" + b"\xff" * 500
    return {
        "endless-size": on_base(BuiltLayer(plain=header(b"endless", size=base_256(1 << 62)))),
        "negative-size": on_base(BuiltLayer(plain=header(b"negative", size=base_256(-512)) + END)),
        "cut-tar": on_base(BuiltLayer(plain=fine.plain[:700])),
        "no-tar": on_base(BuiltLayer(plain=b"\xfe" * 4096)),
        "no-gzip": on_base(RawLayer(plain=fine.plain, raw=garbage)),
        "cut-gzip": on_base(RawLayer(plain=fine.plain, raw=fine.blob[: len(fine.blob) // 2])),
        "lying-config": on_base(fine, rootfs={"type": "layers", "diff_ids": [base().diff_id] * 2}),
    }


def escaping(host: Path) -> BuiltImage:
    """Return an image whose paths and links lead to a folder of the host, in and out."""
    outside = str(host).encode()
    files: dict[bytes, Content] = {
        ODD_NAME: b"",
        b"../" * 12 + outside.lstrip(b"/") + b"/written": b"by an image",
        outside + b"/written-too": b"by an image",
        b"var/lib/dpkg/status": symlink(outside + b"/status"),
        b"etc/os-release": symlink(b"../" * 12 + outside.lstrip(b"/") + b"/os-release"),
        b"loop": symlink(b"pool"),
        b"pool": symlink(b"loop"),
        b"self": symlink(b"self"),
        b"into": symlink(outside),
        b"into/through-a-link": b"by an image",
        b"nothing": symlink(b""),
        b"srv/node_modules/kept/package.json": b'{"name": "kept", "version": "1.0.0"}',
    }
    return BuiltImage(layers=(BuiltLayer(plain=layer(files)),))


def windows() -> BuiltImage:
    """Return a Windows image."""
    return BuiltImage(
        layers=(
            BuiltLayer(plain=layer({ODD_NAME: b"", b"Files/Windows/System32/cmd.exe": b"MZ"})),
        ),
        os="windows",
    )


def unheard_of() -> BuiltImage:
    """Return an image of a distribution whose packages nobody can list."""
    release = 'ID=unheard-of\nVERSION_ID=1\nPRETTY_NAME="Unheard-of Linux"\n'
    files: dict[bytes, Content] = {
        ODD_NAME: b"",
        b"etc/os-release": release,
        b"var/lib/pacman/local/x-1/desc": b"%NAME%\nx\n",
    }
    return BuiltImage(layers=(BuiltLayer(plain=layer(files)),))


def swapped() -> tuple[BuiltImage, str, bytes]:
    """Return an image, a layer's digest, and another blob of that size, to be served instead."""
    image = on_base(BuiltLayer(plain=layer({b"srv/app": b"built"})))
    other = compress(layer({b"srv/app": b"other"}))
    blob = image.layers[1].blob
    return image, image.layers[1].digest, other[: len(blob)].ljust(len(blob), b"\0")
