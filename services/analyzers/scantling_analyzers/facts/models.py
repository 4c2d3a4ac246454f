"""What a layer contains: the facts that readers produce and analyzers judge.

Readers and analyzers meet here and nowhere else. A fact says what stands in one file of one
layer; whether that file is visible in an image is the image's visibility, not the fact's.
All text is escaped by :mod:`scantling_common.layers.escape` before it becomes part of a fact.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
from xxhash import xxh3_64_digest

from scantling_common.risks import Severity

KEY_BYTES: Final = 8
_MERGED: Final = (b"usr/bin/", b"usr/sbin/", b"usr/lib")


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """One statement about one file of a layer.

    ``path`` is the escaped path, without a leading slash, of the file that the fact was read
    from; content of a nested archive is addressed as ``outer.war!/WEB-INF/lib/inner.jar``.
    """

    path: str


class Distribution(Fact, frozen=True, kw_only=True, tag="distribution", omit_defaults=True):
    """The operating system release, from an os-release file (os-release(5)) or an older one.

    ``service_pack`` is the service pack or update, which ``version_id`` mostly doesn't tell:
    ``SP9`` of EulerOS 2.0, ``SP2`` of Kylin V10, ``LTS-SP4`` of openEuler 20.03, ``1050`` of
    UOS 20, ``SP5`` of SLES 12.5. ``edition`` is the line of a product whose lines have packages
    of their own: ``a``, ``c``, ``d`` or ``e`` of UOS Server. Both are empty where nothing tells
    them.
    """

    id: str
    version_id: str = ""
    service_pack: str = ""
    edition: str = ""
    name: str = ""
    pretty_name: str = ""
    id_like: tuple[str, ...] = ()
    version_codename: str = ""
    cpe_name: str = ""
    variant_id: str = ""
    fields: dict[str, str] = {}


class Package(Fact, frozen=True, kw_only=True, tag="package", omit_defaults=True):
    """One installed package.

    ``type`` is the package URL type except for ``apk``, ``deb`` and ``rpm``, where the
    namespace of the package URL is the distribution, which only the image knows: ``name`` is
    what the ecosystem writes (``group:artifact`` for Maven, ``@scope/name`` for npm) and the
    package URL is computed by the ``software`` analyzer. ``version`` is complete, epoch
    included as ``epoch:version-release`` where the ecosystem has one. ``state`` is the package
    manager's word for an installation that is not whole (``half-installed``), else empty;
    ``sha1`` and ``sha256`` are hex digests of an archive that was identified by content.
    ``module`` tells streams of one package apart that have versions of their own: the module label
    of rpm, the slot of Portage. ``cpe`` are names in the National Vulnerability Database, as
    ``vendor:product``, of software that no ecosystem names.
    """

    name: str
    version: str
    type: str
    arch: str = ""
    source_name: str = ""
    source_version: str = ""
    licenses: tuple[str, ...] = ()
    module: str = ""
    maintainer: str = ""
    state: str = ""
    sha1: str = ""
    sha256: str = ""
    cpe: tuple[str, ...] = ()
    found_by: str = ""


class OwnedFiles(Fact, frozen=True, kw_only=True, tag="owned", omit_defaults=True):
    """The files that one package of the operating system brought.

    ``owner`` is ``type:name``, as in ``deb:curl``; ``keys`` is :func:`owned_key` of each file,
    one after the other. That is complete and small: eight bytes a file.
    """

    owner: str
    keys: bytes


class Diversions(Fact, frozen=True, kw_only=True, tag="diversions", omit_defaults=True):
    """Files that stand under another name because a package brought one of the same name.

    ``moved`` has for each diversion :func:`owned_key` of the name, the key of the name that it
    was moved to, and the owner (``deb:dash``) whose own file of that name stays where it is;
    an administrator's diversion has none.
    """

    moved: tuple[tuple[bytes, bytes, str], ...]


class Licenses(Fact, frozen=True, kw_only=True, tag="licenses", omit_defaults=True):
    """The licences of a package whose record lies in another file, by ``owner`` (``deb:curl``)."""

    owner: str
    licenses: tuple[str, ...]


class ContentSets(Fact, frozen=True, kw_only=True, tag="content-sets", omit_defaults=True):
    """The Red Hat repositories that an image was built from, by content set (``rhel-8-…``)."""

    sets: tuple[str, ...]


class Program(Fact, frozen=True, kw_only=True, tag="program", omit_defaults=True):
    """An executable file: ``sha1`` and ``sha256`` are hex digests of its content."""

    sha1: str = ""
    sha256: str = ""


SEVERED: Final = "malformed"
"""What is said of a line of accounts with too few fields: one of them may have been a hash."""


class ConfigurationLine(NamedTuple):
    """One line of a text file: its number, from 1 on, and its text, escaped and redacted."""

    number: int
    text: str


class ConfigurationFile(Fact, frozen=True, kw_only=True, tag="configuration", omit_defaults=True):
    """What a configuration file says: its lines without empty ones and most comments.

    Of apt.conf(5) they are statements; in deb822 an empty line is kept, since it ends a stanza.
    Secrets are masked. In files of accounts the field of the password says only of which kind it
    is, see :mod:`scantling_analyzers.facts.account_lines`.
    """

    lines: tuple[ConfigurationLine, ...] = ()


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A visible entry of any kind at a path that a reader names: who may do what with it.

    ``path`` is escaped, ``kind`` *file*, *directory*, *link* or *other*; ``mode`` has the
    permission bits, ``layer`` is the index of the layer, ``target`` where a link leads to, as it
    is written, escaped.
    """

    path: str
    kind: str
    mode: int
    uid: int
    gid: int
    layer: int
    target: str = ""


class Malware(Fact, frozen=True, kw_only=True, tag="malware", omit_defaults=True):
    """A file, or one packed in it, that a rule or a list of hashes of a pack calls malicious.

    ``score`` (0 to 100) is how sure that is; ``why`` says what of the rule was found, and nothing
    of what the file holds. ``sha256`` is the hex digest of the content, ``size`` is in bytes.
    """

    rule: str
    pack: str
    category: str
    severity: Severity
    score: int
    title: str
    why: tuple[str, ...] = ()
    sha256: str = ""
    size: int = 0


class Secret(Fact, frozen=True, kw_only=True, tag="secret", omit_defaults=True):
    """What looks like a secret in a text; the secret itself is in no fact.

    ``line`` counts from 1, ``score`` (0 to 1) is how sure that is and ``reasons`` say why, the
    weightiest first. ``excerpt`` is its name and a mask. ``fingerprint`` is a hash of
    the secret under the fact key: it tells whether two are the same, and nothing else. Of what
    stands in an image's configuration, ``path`` is empty; ``place`` says in which part of it, and
    ``item`` which variable, label or build step it is; ``layer`` is the index of the layer that the
    step made, None where it made none.
    """

    rule: str
    title: str
    severity: Severity
    line: int
    score: float
    reasons: tuple[str, ...] = ()
    excerpt: str = ""
    fingerprint: str = ""
    place: str = ""
    item: str = ""
    layer: int | None = None


class Tally(Fact, frozen=True, kw_only=True, tag="tally", omit_defaults=True):
    """How many files of a layer a reader did what with, by a word for that.

    Readers yield one for each file; those of a layer are added up, and have an empty path.
    """

    counts: dict[str, int]


class Account(Fact, frozen=True, kw_only=True, tag="account", omit_defaults=True):
    """One account of a file that has passwords; ``line`` counts from 1, 0 where there are none.

    ``system`` is *linux*, *group*, *history* (earlier passwords), *redis*, *mysql*, *web*
    (htpasswd), *tomcat* or *vnc*. ``state`` is *shadow* (the password stands in another file),
    *empty*, *locked* (no password fits), *hash* or *clear*; ``locked`` says that a hash or a
    password is there and may not be used. ``scheme`` is the name of a hash's scheme, *unknown*
    where it is none that is known. ``uid`` is -1 where the file does not say it; ``changed`` and
    ``expires`` are days since the epoch, or -1. ``sealed`` is the hash or the password, sealed
    under the fact key for :func:`account_place`.
    """

    name: str
    system: str
    state: str
    line: int = 0
    scheme: str = ""
    locked: bool = False
    uid: int = -1
    shell: str = ""
    changed: int = -1
    expires: int = -1
    sealed: bytes = b""


class LocatedError(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader could not read: where, a stable code, and a sentence for people."""

    path: str
    code: str
    message: str


AnyFact = (
    Distribution
    | Package
    | OwnedFiles
    | Diversions
    | Licenses
    | ContentSets
    | Program
    | ConfigurationFile
    | Malware
    | Secret
    | Tally
    | Account
)


class FileFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one reader found in one file of a layer, whose escaped path is ``path``.

    The visibility of that file decides over all of it. An empty path stands for the layer. What is
    ``unseen`` stands in the layer's archive and in no container: a later entry of the archive has
    the same path, or the name is that of a whiteout.
    """

    path: str
    facts: tuple[AnyFact, ...] = ()
    errors: tuple[LocatedError, ...] = ()
    unseen: bool = False


class FactSet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one reader found in one layer, errors included."""

    reader: str
    version: int
    files: tuple[FileFacts, ...] = ()


def owned_key(path: bytes) -> bytes:
    """Return the key of a path inside the layer, without a leading slash, in ``OwnedFiles``.

    Where ``/bin``, ``/sbin`` and ``/lib*`` are links into ``/usr``, package databases and layers
    write the same file in two ways: both have one key. It is a hash that does not resist one who
    looks for two paths of one key; who makes an image can name any path in its databases.
    """
    if path.startswith(_MERGED):
        path = path[4:]
    return xxh3_64_digest(path)


def account_place(account: Account) -> str:
    """Return the place that the password of an account is sealed for."""
    return f"account/{account.system}/{account.line}/{account.name}"
