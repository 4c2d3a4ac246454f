"""What is asked of the packages of a fleet, from the words of people. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packageurl import PackageURL

from scantling_common.errors import ScantlingError
from scantling_common.records.fleet import Package, indexed_text, search_name
from scantling_common.store.port import Range
from scantling_common.versions.constraints import Constraint, parse_constraint
from scantling_common.versions.ranges import Answer
from scantling_common.versions.schemes import Scheme, scheme_of_type
from scantling_reporter.fleet.contents import SYSTEM_TYPES
from scantling_reporter.fleet.patterns import PathPattern, path_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

LAST: Final = "\U0010ffff"
"""Above all that texts of an index go on with."""

_WORDS: Final = re.compile(r"\s*([^\s<>=!,|]+)(.*)", re.DOTALL)
_GROUPED: Final = frozenset({"maven"})
_HINT: Final = "for example 'log4j-core < 2.17', 'openssl', or 'org.springframework:spring-*'"


class QuestionInvalid(ScantlingError):
    """What is asked for can't be understood."""

    code = "search_invalid"


@dataclass(frozen=True, slots=True)
class Question:
    """Packages: of a name (in lower case, with a star at the end its beginning), a type, and so on.

    ``namespace`` is that of a package URL of a system's package, the distribution.
    """

    name: str = ""
    type: str = ""
    namespace: str = ""
    constraint: Constraint | None = None
    path: PathPattern | None = None

    def ranges(self, project: str) -> Sequence[Range]:
        """Return the parts of the index of packages to look through.

        A name with a namespace is looked for as a whole, another one in the last part of names;
        if it may be that of a Python package, as such too.
        """
        whole = any(mark in self.name for mark in "/:")
        names = {search_name(self.type, self.name)}
        if not self.type:
            names.add(search_name("pypi", self.name))
        return [_range("search" if whole else "short", project, name) for name in sorted(names)]

    def admits(self, package: Package) -> Answer:
        """Tell whether a package is asked for, its place aside; unknown where no order tells."""
        if self.type and package.type != self.type:
            return Answer.NO
        if self.namespace and f"/{self.namespace}/" not in package.body.purl.lower():
            return Answer.NO
        if self.constraint is None:
            return Answer.YES
        scheme = scheme_of_type(package.type) or Scheme.GENERIC
        return self.constraint.admits(scheme, package.version)


def question_of(
    *, text: str = "", name: str = "", version: str = "", purl: str = "", type_: str = "", path: str
) -> Question:
    """Return what is asked for: at least a name, a package URL or a path.

    ``text`` is a name with a constraint behind it, or a package URL. Raises
    :class:`QuestionInvalid` or :class:`scantling_common.versions.errors.ConstraintInvalid`.
    """
    if text:
        if name or version or purl:
            message = "a search in one text has no package, version or purl beside it"
            raise QuestionInvalid(message, hint=_HINT)
        name, version, purl = _taken_apart(text)
    constraint = parse_constraint(version) if version else None
    pattern = path_pattern(path) if path else None
    if purl:
        if name:
            raise QuestionInvalid("both a package and a purl are named", hint="name one of them")
        return _of_purl(purl, constraint, pattern, type_)
    if not name.strip() and pattern is None:
        raise QuestionInvalid("the search names no package", hint=_HINT)
    if pattern is not None and not name.strip("* "):
        name = ""
    return Question(name.lower(), type_.lower(), "", constraint, pattern)


def _taken_apart(text: str) -> tuple[str, str, str]:
    match = _WORDS.fullmatch(text)
    if match is None:
        raise QuestionInvalid("the search begins with no name", hint=_HINT)
    named, version = match[1], match[2].strip()
    return ("", version, named) if named.startswith("pkg:") else (named, version, "")


def _of_purl(
    text: str, constraint: Constraint | None, path: PathPattern | None, type_: str
) -> Question:
    try:
        purl = PackageURL.from_string(text)
    except ValueError as error:
        message = "the package URL can't be read"
        raise QuestionInvalid(message, hint="pkg:TYPE/NAMESPACE/NAME[@VERSION]") from error
    if type_ and type_.lower() != purl.type:
        raise QuestionInvalid(f"the package URL is of type {purl.type}", hint="leave the type out")
    if purl.version:
        if constraint is not None:
            message = "both the package URL and the search have a version"
            raise QuestionInvalid(message, hint="leave one of them out")
        constraint = parse_constraint(f"= {purl.version}")
    namespace, name = (purl.namespace or "").lower(), purl.name.lower()
    if purl.type in SYSTEM_TYPES:
        return Question(name, purl.type, namespace, constraint, path)
    mark = ":" if purl.type in _GROUPED else "/"
    whole = f"{namespace}{mark}{name}" if namespace else name
    return Question(whole, purl.type, "", constraint, path)


def _range(index: str, project: str, name: str) -> Range:
    if name.endswith("*"):
        beginning = name.rstrip("*")
        end = f"{beginning}{LAST}"
        return Range(index=index, prefix=(project,), start=beginning or None, end=end)
    # As a stretch of one text: positions in all these ranges have the same form.
    return Range(index=index, prefix=(project,), start=name, end=f"{name}\x00")


def path_range(project: str, pattern: PathPattern) -> Range:
    """Return the part of the index of paths to look through."""
    beginning = indexed_text(pattern.beginning)
    if pattern.exact:
        return Range(index="path", prefix=(project,), start=beginning, end=f"{beginning}\x00")
    return Range(index="path", prefix=(project,), start=beginning or None, end=f"{beginning}{LAST}")
