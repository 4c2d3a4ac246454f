"""Red Hat's ``repository-to-cpe.json``: which products a repository belongs to; pure.

An image of Red Hat names the content sets that it was built from; advisories name products.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.json_documents import document_of
from scantling_analyzers.advisories.models import Refused, RepositoryCpe
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import Said

NAME: Final = "redhat-repositories"
FILE_NAME: Final = "repository-to-cpe.json"
MAX_REPOSITORIES: Final = 200_000
MAX_CPES: Final = 1_000
"""How many products one repository may belong to."""
_CPE: Final = re.compile(r"cpe:(?:/|2\.3:)[aoh]:\S+")
_FORM: Final = re.compile(rb'\s*\{\s*"data"\s*:\s*\{\s*"[^"]{1,500}"\s*:\s*\{\s*"(?:cpes|repo_)')


class _Repository(msgspec.Struct, gc=False):
    cpes: list[str] | None = None


class _File(msgspec.Struct, gc=False):
    data: dict[str, _Repository]


_DECODER: Final = msgspec.json.Decoder(_File)


class RepositoryToCpeFeed:
    """Reads the one file."""

    @property
    def name(self) -> str:
        """Return the feed's name."""
        return NAME

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether it is that file, by its name or its beginning."""
        return path.endswith(FILE_NAME) or _FORM.match(head) is not None

    def read(self, document: Document) -> Iterator[Said]:
        """Yield the products of each repository."""
        wrong = "the document has another form"
        repositories = document_of(_DECODER, document.data(), wrong).data
        if len(repositories) > MAX_REPOSITORIES:
            raise FeedUnreadable(f"the document names over {MAX_REPOSITORIES} repositories")
        for name, repository in repositories.items():
            cpes = tuple(dict.fromkeys(map(word, repository.cpes or ())))
            if problem := _problem(word(name), cpes):
                code, message = problem
                yield Refused(feed=NAME, record=word(name), code=code, message=message)
            else:
                yield RepositoryCpe(feed=NAME, repository=word(name), cpes=cpes)


def _problem(name: str, cpes: tuple[str, ...]) -> tuple[str, str] | None:
    if not name:
        return "malformed", "a repository without a name, or with one too long"
    if len(cpes) > MAX_CPES:
        return "too_many", f"a repository of over {MAX_CPES} products"
    if not cpes:
        return "malformed", "a repository of no product"
    if not all(_CPE.fullmatch(each) for each in cpes):
        return "malformed", "a product of a repository that is no CPE name"
    return None
