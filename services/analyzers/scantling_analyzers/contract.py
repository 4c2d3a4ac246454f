"""The contract of readers and analyzers. It imports no implementation.

A *reader* turns files of one layer into facts; it is pure and versioned. An *analyzer* turns
the facts of one image into the outcome of one risk type; it never sees a layer. Both are
registered by one line each: readers in :mod:`scantling_analyzers.facts.catalogue`, analyzers in
:mod:`scantling_analyzers.risks.catalogue`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec

from scantling_analyzers.attestations.models import ClaimedSbom, Material
from scantling_analyzers.facts.models import AnyFact, FileFacts, LocatedError, Place
from scantling_common.errors import ScantlingError
from scantling_common.outcomes import FileReport, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from scantling_analyzers.fact_seal import FactSeal
    from scantling_analyzers.limits import Limits
    from scantling_analyzers.rule_packs.configured import ConfiguredRules
    from scantling_common.images.documents import ConfigDocument
    from scantling_common.risks import Risk


class Unreadable(ScantlingError):
    """A reader can't make sense of a file.

    Raised by a reader for the whole file; facts yielded before it are kept, and the image
    becomes *partial* with this error at the file's path. ``where`` is an escaped path, needed
    only where it differs from the file's (an entry inside an archive).
    """

    code = "unreadable"

    def __init__(self, message: str = "", *, code: str = "unreadable", where: str = "") -> None:
        """Make the error with its stable ``code``."""
        super().__init__(message)
        self.reason = code
        self.where = where


class LayerFile(Protocol):
    """One regular file of a layer, as a reader sees it."""

    @property
    def path(self) -> bytes:
        """Return the path inside the layer, without a leading slash."""

    @property
    def text_path(self) -> str:
        """Return the escaped path."""

    @property
    def size(self) -> int:
        """Return the size in bytes."""

    @property
    def mode(self) -> int:
        """Return the permission bits."""

    @property
    def data(self) -> memoryview:
        """Return the content; it is valid during the call only."""

    @property
    def limits(self) -> Limits:
        """Return how much is to be read of what the file holds."""

    @property
    def seal(self) -> FactSeal:
        """Return what a sensitive value is sealed with before it becomes part of a fact."""

    def sibling(self, name: bytes) -> LayerFile | None:
        """Return another regular file of the same directory in the same layer."""


class LayerSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One layer of an image; ``diff_id`` is verified, sizes are in bytes."""

    digest: str
    diff_id: str
    chain_id: str
    size: int = 0
    uncompressed_size: int = 0
    created_by: str = ""


class LocatedFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact and where it stands: the index of its layer, and the one that hides it.

    A layer may hide an entry of its own, by a later one of the same path.
    ``owner`` is the package of the operating system that brought the file (``deb:curl``), empty
    where none did or where a later layer has put another file in its place.
    """

    fact: AnyFact
    layer: int
    hidden_by: int | None = None
    owner: str = ""


class FactError(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader left out of a layer."""

    error: LocatedError
    reader: str
    layer: int
    hidden_by: int | None = None


class NewerBase(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """The image that a name of a base shows now; ``moved_at`` in milliseconds since the epoch."""

    reference: str
    digest: str
    moved_at: int


class KnownBase(msgspec.Struct, frozen=True, kw_only=True):
    """An image of the fleet whose complete chain begins this one, or is it; with its names.

    ``indexes`` are the digests of image indexes that it is a platform of. ``newer`` are the
    names that it had until they were moved to another image, and that image.
    """

    digest: str
    chain_id: str
    layers: int
    references: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    newer: tuple[NewerBase, ...] = ()


class ImageContent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that an analyzer may know of an image.

    ``facts`` are those of the readers that the analyzer names, in the order of layers; hidden
    ones are included and marked. ``files`` is None where the visibility is not known; ``places``
    are the visible entries at paths that the readers name. ``config`` is how a container runs, as
    in :class:`~scantling_common.records.shared.ImageBody`; ``configuration`` is what readers found
    in it, of each of them one value, with what it could not read. ``sboms`` and ``provenance`` are
    what was published beside the image: claims, signatures not verified. ``indexes`` are the
    digests of indexes that the image was found through, where that is known.
    """

    project: str
    digest: str
    indexes: tuple[str, ...] = ()
    os: str
    architecture: str
    variant: str = ""
    layers: tuple[LayerSummary, ...] = ()
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    config: dict[str, str] = {}
    history: tuple[str, ...] = ()
    facts: tuple[LocatedFact, ...] = ()
    errors: tuple[FactError, ...] = ()
    files: FileReport | None = None
    places: tuple[Place, ...] = ()
    configuration: tuple[FileFacts, ...] = ()
    bases: tuple[KnownBase, ...] = ()
    sboms: tuple[ClaimedSbom, ...] = ()
    provenance: tuple[Material, ...] = ()

    def visible(self) -> Iterable[LocatedFact]:
        """Return the facts that stand in the image as a container would see it."""
        return (located for located in self.facts if located.hidden_by is None)


def marked(name: str, rules: str) -> str:
    """Return the name of a reader that looks for what rules say: facts of others are not used.

    ``rules`` is a short text that is another one for other rules, empty for those of the product.
    There may be several readers of one kind, each with rules of its own.
    """
    return f"{name}@{rules}" if rules else name


def kind_of(name: str) -> str:
    """Return what an analyzer calls a reader by: its name without the mark of its rules."""
    return name.partition("@")[0]


class Reader(Protocol):
    """From the files of one layer to one kind of fact, each file by itself.

    ``patterns`` are globs over paths inside the layer: ``*`` matches within one path segment,
    ``**/`` any number of leading segments; the pattern ``**`` asks for every regular file, also for
    those that a later entry of the same layer replaces: others are shown what holds in the end. All
    readers' patterns are compiled into one matcher, and the layer is walked once for all.

    Implementations inherit from this class, for what most of them don't need.
    """

    @property
    def name(self) -> str:
        """Return the reader's name, by which analyzers ask for its facts.

        One that looks for what rules say adds their mark, see :func:`marked`.
        """

    @property
    def version(self) -> int:
        """Return the version: facts of another one are not used."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """Return the globs."""

    @property
    def passes_over(self) -> Callable[[bytes], bool] | None:
        """Return what tells the paths that a reader of ``**`` does not want after all.

        It is asked for every file of a layer, and takes time linear in the path.
        """
        return None

    @property
    def most_facts(self) -> int | None:
        """Return how many facts of one layer are kept, None for as many as of any reader."""
        return None

    @property
    def companions(self) -> tuple[str, ...]:
        """Return globs of files that are only ever looked at as siblings of a wanted one."""
        return ()

    @property
    def places(self) -> tuple[str, ...]:
        """Return globs of entries of any kind whose mode, owner and target are kept.

        No more than some thousand are: a reader names what an image has few of.
        """
        return ()

    @property
    def magics(self) -> tuple[bytes, ...]:
        """Return first bytes: every executable file that begins so is wanted as well.

        Executable is a regular file with any execute bit set. At most eight bytes each.
        """
        return ()

    @property
    def data_magics(self) -> tuple[bytes, ...]:
        """Return first bytes: every other file of 4 KiB and more that begins so is wanted, too.

        But none that is stored as a sparse file. At most eight bytes each.
        """
        return ()

    def expects(self, _path: bytes, /) -> tuple[str, ...]:
        """Return what is looked for in a file because of its path, beside how it begins.

        The words mean nothing but to the reader: a link that calls a file what its own path does
        not is told by them.
        """
        return (self.name,)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the facts of one file, and a located error for each part that can't be read.

        :class:`Unreadable` ends the file; what was yielded before it is kept.
        """


@runtime_checkable
class ReadsConfiguration(Protocol):
    """A reader that looks at the configuration of an image as well, as it was before redaction."""

    def read_configuration(
        self, config: ConfigDocument, seal: FactSeal
    ) -> Iterable[AnyFact | LocatedError]:
        """Yield facts without a path, and an error for each part that can't be read."""


class Analyzer(Protocol):
    """The judgement of one risk type.

    ``readers`` names the readers whose facts it needs, whatever rules they go by; ``analyze`` is
    pure.
    """

    @property
    def risk(self) -> Risk:
        """Return the risk type that it judges."""

    @property
    def version(self) -> int:
        """Return the version: outcomes of another one are judged anew."""

    @property
    def readers(self) -> tuple[str, ...]:
        """Return the names of the readers."""

    def analyze(self, image: ImageContent, settings: Settings) -> Outcome:
        """Return the outcome for one image of one project."""


@runtime_checkable
class Ruled(Protocol):
    """An analyzer that judges by data of its own, beside what its version says."""

    @property
    def rules(self) -> str:
        """Return a short text that is another one for other data."""


def rules_of(analyzer: Analyzer) -> str:
    """Return which data an analyzer judges by, empty where it has none."""
    return analyzer.rules if isinstance(analyzer, Ruled) else ""


@runtime_checkable
class Unsealing(Protocol):
    """An analyzer that opens sealed values of facts; without the key it can't judge them."""

    def with_seal(self, seal: FactSeal) -> Analyzer:
        """Return the same analyzer with the key."""


@runtime_checkable
class ByRules(Protocol):
    """An analyzer of what readers find by rules of the user, beside those of the product."""

    def with_rules(self, rules: ConfiguredRules) -> Analyzer:
        """Return the same analyzer; it says of outcomes that they are made with these rules."""


@runtime_checkable
class Scored(Protocol):
    """An analyzer of what is sure to a degree, and told from one on."""

    def with_least_score(self, score: float) -> Analyzer:
        """Return the same analyzer; what is less sure than that (0 to 1) it does not tell."""


@runtime_checkable
class Fingerprinting(Protocol):
    """An analyzer that can tell if findings of several images are about the same secret.

    That makes sense only where the fact key is the same for all of them, and lasts.
    """

    def with_fingerprints(self) -> Analyzer:
        """Return the same analyzer, whose findings have keyed fingerprints of secrets."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a project decides: its lists, and known facts about its fleet that a risk needs.

    ``lists`` maps a list's name to its entries, or lacks the name where the project has set
    none. ``version`` is the hash under which outcomes are kept.
    """

    version: str = ""
    lists: dict[str, tuple[str, ...]] = {}

    def list(self, name: str) -> Sequence[str] | None:
        """Return a list's entries, or None where the project has none of that name."""
        return self.lists.get(name)
