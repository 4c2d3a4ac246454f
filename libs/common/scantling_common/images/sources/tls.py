"""TLS towards a registry: whom it trusts, and the client certificate that only the host sees."""

from __future__ import annotations

import os
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scantling_common.images.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_common.images.sources.endpoint import Endpoint


def own_context(endpoint: Endpoint) -> ssl.SSLContext | bool:
    """Return the context for the registry's own host: it is shown the client certificate.

    Raises :class:`RegistryError` for certificates or a key that can't be used.
    """
    context = others_context(endpoint)
    if isinstance(context, bool) or not endpoint.certificate:
        return context
    try:
        with _file_of(f"{endpoint.certificate}\n{endpoint.key}") as path:
            # Without a password OpenSSL would ask the terminal for the one of a locked key.
            context.load_cert_chain(path, password="")
    except (OSError, ssl.SSLError, ValueError) as error:
        raise RegistryError(
            f"the client certificate for {endpoint.host} can't be used",
            hint="give a certificate and its key in PEM form, the key without a password",
        ) from error
    return context


def others_context(endpoint: Endpoint) -> ssl.SSLContext | bool:
    """Return the context for whom a registry sends us to: token servers, storage.

    Raises :class:`RegistryError` for a CA that can't be used.
    """
    if endpoint.plain_http:
        return True
    try:
        if endpoint.ca_file is None and (endpoint.system_ca or not endpoint.ca):
            context = ssl.create_default_context()
            if endpoint.ca:
                context.load_verify_locations(cadata=endpoint.ca)
            return context
        return ssl.create_default_context(cafile=endpoint.ca_file, cadata=endpoint.ca or None)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise RegistryError(
            f"the CA file {endpoint.ca_file or ''} can't be used: {error}",
            hint="it must hold certificates in PEM form",
        ) from error


@contextmanager
def _file_of(text: str) -> Iterator[str]:
    """Give the path of a file in memory: OpenSSL reads keys from files only, disks keep them."""
    descriptor = os.memfd_create("scantling-client-certificate")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(text.encode())
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
