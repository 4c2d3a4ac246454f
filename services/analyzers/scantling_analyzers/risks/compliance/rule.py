"""One entry of a list, ready to be held against software; pure."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from scantling_common.software_list.glob import any_of, is_plain
from scantling_common.versions.ranges import Answer
from scantling_common.versions.schemes import Scheme, scheme_of_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_analyzers.risks.compliance.licences import Standing
    from scantling_analyzers.risks.compliance.subject import Subject
    from scantling_common.software_list.entry import SoftwareEntry


class Rule:
    """An entry with the name of the list that it is from, and its compiled patterns."""

    def __init__(self, entry: SoftwareEntry, source: str) -> None:
        """Compile nothing yet: most entries are never looked at twice."""
        self.entry, self.source = entry, source
        self.denies = entry.action == "deny"

    def holds(self, subject: Subject) -> Answer:
        """Tell if all but the licence of the entry is that of this software.

        Unknown where versions can't be compared.
        """
        version = self.entry.version
        if not self._is_about(subject):
            return Answer.NO
        if version is None:
            return Answer.YES
        if not subject.version:
            return Answer.UNKNOWN
        return version.admits(scheme_of_type(subject.type) or Scheme.GENERIC, subject.version)

    def decides(self, standing: Standing) -> bool:
        """Tell if it decides where it holds: one with a licence may say but a part."""
        return not self.entry.license or standing.decided_by(self._license, denies=self.denies)

    def _is_about(self, subject: Subject) -> bool:
        entry = self.entry
        return (
            (not entry.types or bool(subject.kinds & entry.types))
            and (not entry.hash or entry.hash in subject.hashes)
            and (not entry.name or any(map(self._name, subject.names)))
            and (not entry.path or bool(self._path(subject.file)))
        )

    @cached_property
    def _name(self) -> Callable[[str], object]:
        return _matching(self.entry.name)

    @cached_property
    def _path(self) -> Callable[[str], object]:
        return _matching(self.entry.path)

    @cached_property
    def _license(self) -> Callable[[str], object]:
        return _matching(self.entry.license)


def _matching(pattern: str) -> Callable[[str], object]:
    if is_plain(pattern):
        return partial(_same, pattern.lower())
    return any_of([pattern]).match


def _same(one: str, other: str) -> bool:
    return one == other
