"""Certificates that a registry's users put beside it: docker's ``certs.d/HOST[:PORT]``.

``*.crt`` are authorities that are trusted as well as the system's, ``NAME.cert`` is a client
certificate and ``NAME.key`` its key. containers-certs.d(5) has the same form.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_FILE: Final = 1024 * 1024
MAX_FILES: Final = 64


class CertificateUnusable(ScantlingError):
    """A certificate or key file can't be used."""

    code = "certificate_unusable"


class Certificates(msgspec.Struct, frozen=True):
    """PEM text: authorities, a client certificate with its chain, and its key."""

    ca: str = ""
    certificate: str = ""
    key: str = ""

    def __repr__(self) -> str:
        """Return nothing of the key."""
        return f"Certificates(ca={bool(self.ca)}, certificate={bool(self.certificate)})"


def certificate_folders(environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Return where docker and podman look, the user's own first."""
    configuration = environment.get("XDG_CONFIG_HOME")
    own = Path(configuration) if configuration else Path.home() / ".config"
    return (
        own / "docker" / "certs.d",
        own / "containers" / "certs.d",
        Path("/etc/docker/certs.d"),
        Path("/etc/containers/certs.d"),
    )


def certificates_for(host: str, folders: Iterable[Path]) -> Certificates:
    """Return what the first folder has for a registry's ``host[:port]``; empty where none has.

    Of several client certificates the first by name is used. Raises
    :class:`CertificateUnusable`.
    """
    for folder in folders:
        try:
            files = sorted(path for path in (folder / host).iterdir() if path.is_file())
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise CertificateUnusable(f"{folder / host} can't be read: {error.strerror}") from error
        if len(files) > MAX_FILES:
            raise CertificateUnusable(f"{folder / host} has more than {MAX_FILES} files")
        ca = "\n".join(read_pem(file) for file in files if file.suffix == ".crt")
        client = next((file for file in files if file.suffix == ".cert"), None)
        if client is None:
            return Certificates(ca)
        return Certificates(ca, read_pem(client), read_pem(client.with_suffix(".key")))
    return Certificates()


def read_pem(file: Path) -> str:
    """Return a file's text; raises :class:`CertificateUnusable`."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE + 1)
        text = data.decode("ascii")
    except OSError as error:
        raise CertificateUnusable(f"{file} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CertificateUnusable(f"{file} is not PEM text") from error
    if len(data) > MAX_FILE or "-----BEGIN " not in text:
        raise CertificateUnusable(f"{file} is not PEM text", hint="give it in PEM form")
    return text
