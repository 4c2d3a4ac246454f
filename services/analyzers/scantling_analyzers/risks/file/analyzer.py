"""The analyzer of file information (requirement row 4.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.risks.omissions import omissions, status_of
from scantling_common.outcomes import Outcome, OutcomeError, Versions

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent, Settings
    from scantling_common.outcomes import FileReport
    from scantling_common.risks import Risk


class FileAnalyzer:
    """Reports the visible files of an image, counted when its visibility was computed."""

    risk: Risk = "file"
    version = 2
    readers = ("files",)

    def analyze(self, image: ImageContent, settings: Settings) -> Outcome:
        """Return the file information; *partial* where a layer's list is not complete."""
        versions = Versions(version=str(self.version), settings=settings.version)
        if image.files is None:
            return Outcome(
                risk=self.risk,
                status="failed",
                code="visibility_missing",
                reason="the files of the image were not listed; scan it again",
                versions=versions,
            )
        errors = (*omissions(image), *_unreadable(image.files))
        status, code, reason = status_of(errors)
        return Outcome(
            risk=self.risk,
            status=status,
            code=code,
            reason=reason,
            errors=errors,
            versions=versions,
            files=image.files,
        )


def _unreadable(files: FileReport) -> tuple[OutcomeError, ...]:
    return tuple(
        OutcomeError(
            path=file.path,
            layer=file.layer,
            code="malformed",
            message="security.capability is not an attribute that the kernel would take",
        )
        for file in files.capabilities
        if not file.revision
    )
