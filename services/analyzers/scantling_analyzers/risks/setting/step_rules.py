"""Check items about the build steps of an image; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.setting.build_steps import SHOWN, steps_of
from scantling_analyzers.risks.setting.masked import has_secret
from scantling_analyzers.risks.setting.verdict import (
    Verdict,
    failed,
    listed,
    not_applicable,
    passed,
)
from scantling_common.telemetry.redaction import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scantling_analyzers.checks.models import ContainerRule
    from scantling_analyzers.risks.setting.build_steps import Step

NO_HISTORY: Final = "the image does not say how it was built"

_UPDATE: Final = re.compile(
    r"\b(?:apt-get|apt|aptitude)\b[^;&|]{0,200}?\bupdate\b|\bapk\s++(?:-\S++\s++){0,8}update\b"
    r"|\b(?:yum|dnf|microdnf)\b[^;&|]{0,200}?\bmakecache\b|\bzypper\b[^;&|]{0,200}?\b(?:ref|refresh)\b"
)
_INSTALL: Final = re.compile(
    r"\b(?:install|add|upgrade|dist-upgrade|full-upgrade|source|build-dep|in|up|dup|patch)\b"
)
_UPGRADE: Final = re.compile(
    r"\b(?:apt-get|apt)\b[^;&|]{0,200}?\b(?:dist-upgrade|full-upgrade)\b|\bzypper\b[^;&|]{0,200}?\bdup\b"
    r"|\bdo-release-upgrade\b"
)
_UNVERIFIED: Final = re.compile(
    r"\bcurl\b[^;&|]{0,400}?\s(?:-[a-zA-Z]{0,12}k[a-zA-Z]{0,12}|--insecure)(?=\s|$)"
    r"|--no-check-certificate\b|\bhttp\.sslVerify[= ]false|\bGIT_SSL_NO_VERIFY=(?:1|true)"
    r"|\bstrict-ssl[= ]false|--trusted-host\b|\bNODE_TLS_REJECT_UNAUTHORIZED=0",
)
_UNSIGNED: Final = re.compile(
    r"--allow-unauthenticated\b|--force-yes\b|--allow-untrusted\b|--nogpgcheck\b|--nosignature\b|--no-gpg-checks?\b"
    r"|\bgpgcheck\s*+=\s*+0|\[[^\]]{0,200}trusted=yes|--allow-downgrade-to-insecure\b"
    r"|Acquire::AllowInsecureRepositories[= ]\"?true|--allow-insecure-repositories\b",
    re.IGNORECASE,
)
_PIPED: Final = re.compile(
    r"\b(?:curl|wget)\b[^;&|]{0,600}+\|\s*+(?:sudo\s++(?:-\S++\s++){0,4})?(?:\S{0,64}/)?"
    r"(?:ba|da|z|k|a)?sh\b"
    r"|\b(?:ba|da|z|a)?sh\s++(?:-c\s++)?[\"']?(?:<\(|\$\(|`)\s*+(?:curl|wget)\b"
)
_OPEN: Final = re.compile(
    r"\bchmod\s++(?:-\S++\s++){0,4}"
    # Others may write. With a sticky folder they can't take away what is not theirs.
    r"(?:(?:[024567]?[0-7]{2}[2367]|1?666)(?![0-7])|[augo]{0,4}[ao][augo]{0,4}[+=][rxXst]{0,4}w)"
)
_REMOTE: Final = re.compile(r"(?:^|\s)(?:https?|ftp)://", re.IGNORECASE)
_ARCHIVE: Final = re.compile(r"\.(?:tar|tgz|txz|tbz2?|tar\.\w{1,4})(?=\s|$)", re.IGNORECASE)
_CHECKSUM: Final = re.compile(r"--checksum=sha\d{3}:")
_ARGUMENTS: Final = re.compile(r"(?:RUN )?\|(\d{1,4}) ((?:(?! /\S{0,64}sh -)[^\0])*+)")
_ARGUMENT: Final = re.compile(r"(?<!\S)[^\s=]{1,256}+=")
_BETWEEN: Final = re.compile(r"\s(?=[^\s=]{1,256}+=)")
_ROOT_FILESYSTEM: Final = re.compile(
    # The classic builder writes the hash of what it took, and where; BuildKit the name.
    r"(?:file|dir|multi):\S{16,128} in /\s*+$|\S{1,256} / # buildkit\s*+$|\S{1,256} /\s*+$"
)


def judge_steps(rule: ContainerRule, history: Sequence[str]) -> Verdict:
    """Judge the steps; all that break the rule are shown."""
    steps = list(steps_of(history))
    if not steps:
        return not_applicable(NO_HISTORY)
    shown = _secret_of if rule == "no_secrets_in_history" else _observed
    said = listed(shown(step) for step in steps if STEP_RULES[rule](step))
    if said:
        return failed(said)
    return passed("no build step breaks it")


def _observed(step: Step) -> str:
    return step.observed


def _secret_of(step: Step) -> str:
    """Return what is shown of a step with a secret: where that was, which is masked."""
    match = _ARGUMENTS.match(step.line)
    arguments = [each for each in _BETWEEN.split(match[2]) if MASK in each] if match else []
    if arguments:
        said = " ".join(arguments)
        cut = "…" if len(said) > SHOWN else ""
        return f"{step.observed} with the build argument {said[:SHOWN].rstrip()}{cut}"
    at = step.text.find(MASK)
    if at < 0 or MASK in step.observed:
        return step.observed
    before = step.text[max(0, at - SHOWN + len(MASK)) : at]
    return f"step {step.number}: {step.instruction} …{before}{MASK}"


def _adds(step: Step) -> bool:
    """Say whether a step adds what COPY would have copied: neither an archive nor a base."""
    if step.instruction != "ADD" or _ROOT_FILESYSTEM.search(step.text):
        return False
    return not _ARCHIVE.search(step.text) or bool(_REMOTE.search(step.text))


def _updates_alone(step: Step) -> bool:
    if step.instruction != "RUN" or not _UPDATE.search(step.text):
        return False
    return not _INSTALL.search(_UPDATE.sub("", step.text))


def _unverified(step: Step) -> bool:
    if step.instruction == "ADD" and _REMOTE.search(step.text):
        return not _CHECKSUM.search(step.text)
    return step.instruction == "RUN" and bool(_UNVERIFIED.search(step.text))


def _matching(pattern: re.Pattern[str]) -> Callable[[Step], bool]:
    return lambda step: step.instruction == "RUN" and bool(pattern.search(step.text))


def _has_secret(step: Step) -> bool:
    return has_secret(step.line) or _hides_arguments(step.line)


def _hides_arguments(line: str) -> bool:
    """Say whether build arguments went with one that is masked: all behind it is masked as well.

    What goes so of an ENV stands in the environment, and is judged there.
    """
    match = _ARGUMENTS.match(line)
    if match is None or MASK not in match[2]:
        return False
    return len(_ARGUMENT.findall(match[2])) < int(match[1])


STEP_RULES: Final[Mapping[ContainerRule, Callable[[Step], bool]]] = {
    "copy_instead_of_add": _adds,
    "update_not_alone": _updates_alone,
    "no_unverified_downloads": _unverified,
    "no_unauthenticated_packages": _matching(_UNSIGNED),
    "no_piped_scripts": _matching(_PIPED),
    "no_open_modes": _matching(_OPEN),
    "no_upgraded_distribution": _matching(_UPGRADE),
    "no_secrets_in_history": _has_secret,
}
