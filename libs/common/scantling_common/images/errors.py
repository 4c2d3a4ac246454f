"""What can be wrong with an image or with where it is read from.

The tree::

    ImageError                        image_invalid
    ├── ReferenceInvalid              reference_invalid
    ├── PlatformInvalid               platform_invalid
    ├── DigestInvalid                 digest_invalid
    ├── DigestMismatch                digest_mismatch
    ├── NotFound                      not_found
    ├── NotLinux                      not_linux
    ├── ManifestError
    │   ├── ManifestInvalid           manifest_invalid
    │   ├── ManifestTooLarge          manifest_too_large
    │   └── ManifestUnsupported       manifest_unsupported
    ├── ArchiveError
    │   ├── ArchiveInvalid            archive_invalid
    │   └── ArchiveUnreadable         archive_unreadable
    └── RegistryError                 registry_error
        ├── RegistryUnreachable       registry_unreachable
        ├── RegistryUnauthorized      registry_unauthorized
        ├── RegistryAnswerInvalid     registry_answer_invalid
        ├── AddressRefused            address_refused
        └── RateLimited               rate_limited
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class ImageError(ScantlingError):
    """The image can't be read."""

    code = "image_invalid"


class ReferenceInvalid(ImageError):
    """The image reference is not one."""

    code = "reference_invalid"


class PlatformInvalid(ImageError):
    """The platform is not of the form os/arch[/variant]."""

    code = "platform_invalid"


class DigestInvalid(ImageError):
    """The digest is not of the form sha256:HEX or sha512:HEX."""

    code = "digest_invalid"


class DigestMismatch(ImageError):
    """The content doesn't have the digest that it was asked for by."""

    code = "digest_mismatch"


class NotFound(ImageError):
    """The image, or a part of it, is not there."""

    code = "not_found"


class NotLinux(ImageError):
    """The image is not for Linux."""

    code = "not_linux"


class ManifestError(ImageError):
    """The manifest or the config can't be used."""

    code = "manifest_invalid"


class ManifestInvalid(ManifestError):
    """The manifest or the config breaks its specification."""

    code = "manifest_invalid"


class ManifestTooLarge(ManifestError):
    """The manifest or the config is over a limit."""

    code = "manifest_too_large"


class ManifestUnsupported(ManifestError):
    """The manifest is of a kind that is not read here."""

    code = "manifest_unsupported"


class ArchiveError(ImageError):
    """The archive can't be read."""

    code = "archive_invalid"


class ArchiveInvalid(ArchiveError):
    """The archive is neither a docker archive nor an OCI layout."""

    code = "archive_invalid"


class ArchiveUnreadable(ArchiveError):
    """The archive file can't be opened or read."""

    code = "archive_unreadable"


class RegistryError(ImageError):
    """The registry answered with an error."""

    code = "registry_error"


class RegistryUnreachable(RegistryError):
    """The registry can't be reached, or the connection broke."""

    code = "registry_unreachable"


class RegistryUnauthorized(RegistryError):
    """The registry refuses these credentials."""

    code = "registry_unauthorized"


class RegistryAnswerInvalid(RegistryError):
    """The registry's answer breaks the specification or a limit."""

    code = "registry_answer_invalid"


class AddressRefused(RegistryError):
    """The address is private or otherwise not to be contacted."""

    code = "address_refused"


class RateLimited(RegistryError):
    """The registry asks to wait.

    ``not_before_seconds`` is how long from now, in seconds, bounded to one day.
    """

    code = "rate_limited"

    def __init__(self, message: str = "", *, hint: str = "", not_before_seconds: float) -> None:
        """Make the error with the wait that the registry asks for."""
        super().__init__(message, hint=hint)
        self.not_before_seconds = not_before_seconds
