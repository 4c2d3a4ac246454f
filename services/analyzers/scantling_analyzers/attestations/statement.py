"""In-toto statements (in-toto attestation framework, v0.1 and v1), plain or in an envelope.

An envelope is DSSE's, or the one in a Sigstore bundle (v0.3). Nobody's signature is verified: a
statement is what somebody says, and is only ever compared.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, TypeVar

import msgspec

from scantling_analyzers.attestations.errors import ClaimUnusable
from scantling_common.layers.escape import escape_text

IN_TOTO: Final = "application/vnd.in-toto+json"
MAX_SUBJECTS: Final = 10_000
T = TypeVar("T")
_STATEMENTS: Final = re.compile(r"https://in-toto\.io/Statement/v(0\.1|1)")


class Subject(msgspec.Struct):
    """What a statement is about: digests in hexadecimal by algorithm."""

    digest: dict[str, str] | None = None


class Envelope(msgspec.Struct, rename="camel"):
    """A DSSE envelope (v1.0), whose signatures are not looked at."""

    payload_type: str
    payload: str


class Statement(msgspec.Struct, rename="camel"):
    """A statement; the predicate is left as it is."""

    type: str = msgspec.field(name="_type")
    predicate_type: str
    subject: list[Subject]
    predicate: msgspec.Raw = msgspec.Raw(b"null")


class _Bundle(msgspec.Struct, rename="camel"):
    dsse_envelope: Envelope


class _Kind(msgspec.Struct, rename="camel"):
    """What tells the forms apart."""

    payload_type: str | msgspec.UnsetType = msgspec.UNSET
    dsse_envelope: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    message_signature: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def statement_of(data: bytes | memoryview) -> Statement | None:
    """Return the statement in a document, None where a bundle holds a signature of bytes only.

    Raises :class:`ClaimUnusable`.
    """
    kind = decoded(data, _Kind)
    if kind.message_signature is not msgspec.UNSET:
        return None
    if kind.dsse_envelope is not msgspec.UNSET:
        return _opened(decoded(data, _Bundle).dsse_envelope)
    if kind.payload_type is not msgspec.UNSET:
        return _opened(decoded(data, Envelope))
    return _known(decoded(data, Statement))


def is_about(statement: Statement, image: str) -> bool:
    """Say whether one of the subjects is the image of that digest.

    Raises :class:`ClaimUnusable` (``too_many``).
    """
    if len(statement.subject) > MAX_SUBJECTS:
        raise ClaimUnusable(
            f"the statement has {len(statement.subject)} subjects, {MAX_SUBJECTS} are read",
            code="too_many",
        )
    algorithm, _, value = image.partition(":")
    return any((subject.digest or {}).get(algorithm) == value for subject in statement.subject)


def decoded(data: bytes | memoryview | msgspec.Raw, kind: type[T]) -> T:
    """Return JSON as a type; raises :class:`ClaimUnusable` (``malformed``, ``nested_too_deep``)."""
    try:
        return msgspec.json.decode(data, type=kind)
    except RecursionError as error:
        raise ClaimUnusable("the document is nested too deep", code="nested_too_deep") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"the document is not what it should be: {escape_text(str(error))[:200]}"
        raise ClaimUnusable(message, code="malformed") from error


def _opened(envelope: Envelope) -> Statement:
    if envelope.payload_type != IN_TOTO:
        kind = escape_text(envelope.payload_type[:100])
        raise ClaimUnusable(f"the envelope holds {kind}", code="unsupported_format")
    text = envelope.payload
    try:
        # DSSE, protocol.md: both alphabets of RFC 4648 are to be accepted.
        payload = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ClaimUnusable("the envelope's payload is not base64", code="malformed") from error
    return _known(decoded(payload, Statement))


def _known(statement: Statement) -> Statement:
    if not _STATEMENTS.fullmatch(statement.type):
        kind = escape_text(statement.type[:100])
        raise ClaimUnusable(f"{kind} is no statement that is known", code="unsupported_format")
    return statement
