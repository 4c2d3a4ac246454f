"""Check items about the OpenSSH server; pure.

Where the configuration says nothing, what the installed version does counts. Lists of algorithms
that begin with ``+``, ``-`` or ``^`` change the default (sshd_config(5)).
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.setting.globs import matches
from scantling_analyzers.risks.setting.sshd_configuration import ALIASES, read_configuration
from scantling_analyzers.risks.setting.sshd_defaults import NEWEST, OLDEST, default_of, version_of
from scantling_analyzers.risks.setting.verdict import (
    Unreadable,
    Verdict,
    failed,
    listed,
    not_applicable,
    passed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_analyzers.checks.expectation import Expectation
    from scantling_analyzers.checks.models import SshdExamined
    from scantling_analyzers.risks.setting.sshd_configuration import Option, SshdConfiguration
    from scantling_analyzers.risks.setting.sshd_defaults import Patched, Version
    from scantling_analyzers.risks.setting.system import System

PROGRAMS: Final = ("usr/sbin/sshd", "usr/bin/sshd", "sbin/sshd")
PACKAGES: Final = ("openssh-server", "openssh", "openssh-server-pam", "openssh-server-common")
_ALGORITHMS: Final = frozenset(
    {"ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms"}
)
_POLICY: Final = "etc/crypto-policies/back-ends/opensshserver.config"
_POLICY_OPTION: Final = re.compile(r"-o([A-Za-z]{1,64})=([^\s'\"]{1,4096})")
_TIME: Final = re.compile(r"(\d{1,9})([smhdw]?)", re.IGNORECASE)
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_TIMES: Final = frozenset({"logingracetime", "clientaliveinterval"})
_FORWARDING: Final = frozenset({"allowagentforwarding", "allowtcpforwarding", "x11forwarding"})
"""What is off where all forwarding is."""
_FAMILIES: Final[Mapping[Patched, frozenset[str]]] = {
    "red-hat": frozenset(
        {"rhel", "centos", "fedora", "euleros", "ol", "scientific", "almalinux", "rocky", "anolis"}
    ),
    "suse": frozenset({"sles", "sled", "sles_sap", "opensuse-leap"}),
}
_SAME: Final = {"without-password": "prohibit-password"}
"""The older word for what has another one now."""


class Sshd:
    """The server of an image."""

    def __init__(self, system: System) -> None:
        """Look at a system; nothing is read yet."""
        self._system = system

    @property
    def is_there(self) -> bool:
        """Say whether a server is installed: its program, where the entries are known."""
        if any(True for _ in self._system.entries(PROGRAMS)):
            return True
        return not self._system.places and any(map(self._system.has, PACKAGES))

    @cached_property
    def version(self) -> Version | None:
        """The version of the package; None where no package is known."""
        found = (self._system.packages.get(name) for name in PACKAGES)
        return next((version_of(each.version) for each in found if each is not None), None)

    @cached_property
    def configuration(self) -> SshdConfiguration | None:
        """What it is configured with. Raises :class:`Unreadable`."""
        return read_configuration(self._system)

    @property
    def problems(self) -> tuple[str, ...]:
        """What the server includes and was not followed; a file that can't be read is told of."""
        try:
            known = self.configuration if self.is_there else None
        except Unreadable:
            return ()
        return known.problems if known is not None else ()

    @property
    def patched_by(self) -> Patched:
        """The family of distributions whose patches change defaults, empty where it is another."""
        known = self._system.distribution
        if known is None:
            return ""
        names = {known.id.lower(), *map(str.lower, known.id_like)}
        return next((family for family, ids in _FAMILIES.items() if ids & names), "")

    def defaults(self, keyword: str) -> tuple[tuple[str, str], ...]:
        """Return value and source of an option that is not set; none where nobody knows.

        Where the version is not known there are two, of the oldest and of the newest one.
        """
        if keyword in _ALGORITHMS and (policy := self._system.file(_POLICY)) is not None:
            for _, text in policy.lines:
                for name, value in _POLICY_OPTION.findall(text):
                    if ALIASES.get(name.lower(), name.lower()) == keyword:
                        return ((value, "the system's crypto policy"),)
        named = ".".join(map(str, self.version)) if self.version else "an unknown version"
        versions = (self.version,) if self.version else (OLDEST, NEWEST)
        values = (default_of(keyword, version, self.patched_by) for version in versions)
        return tuple((value, f"the default of {named}") for value in values if value is not None)


def judge_sshd(sshd: Sshd, examined: SshdExamined, expect: Expectation) -> Verdict:
    """Judge the value that holds for everybody, and those of blocks that loosen it for some."""
    if not sshd.is_there:
        return not_applicable("no OpenSSH server is installed")
    configuration = sshd.configuration
    if configuration is None:
        return _judge_default(sshd, examined.option, expect)
    names = (examined.option, *examined.or_options)
    name = next((each for each in names if configuration.values(each.lower())), names[0])
    keyword = name.lower()
    if keyword in _FORWARDING and (off := _switched_off(configuration)) is not None:
        return passed("disableforwarding yes", off.path, off.line, off.layer)
    options = configuration.values(keyword)
    if options:
        verdict = _judge_options(sshd, name, options, expect)
    else:
        verdict = _judge_default(sshd, name, expect)
    loosened = [
        option
        for option in configuration.matched(keyword)
        if not expect.holds(_plain(sshd, keyword, option.value))
    ]
    if loosened:
        return _with_blocks(verdict, name, loosened)
    if configuration.problems and verdict.status == "passed":
        return Verdict("unknown", configuration.problems[0])
    return verdict


def _switched_off(configuration: SshdConfiguration) -> Option | None:
    """Return where forwarding of every kind is switched off, for everybody."""
    every, some = (f("disableforwarding") for f in (configuration.values, configuration.matched))
    if not every or any(each.value.lower() != "yes" for each in (*every, *some)):
        return None
    return every[0]


def _with_blocks(verdict: Verdict, name: str, loosened: list[Option]) -> Verdict:
    """Return what is wrong for everybody, if it is, and for whom blocks say so."""
    said = [f"{name} {each.value} (for Match {each.match})" for each in loosened]
    if verdict.status == "failed":
        return verdict._replace(observed=listed([verdict.observed, *said]))
    first = loosened[0]
    return failed(listed(said), first.path, first.line, first.layer)


def _judge_default(sshd: Sshd, option: str, expect: Expectation) -> Verdict:
    known = sshd.configuration
    path, layer = (known.file.path, known.file.layer) if known is not None else ("", None)
    verdicts = []
    for value, source in sshd.defaults(option.lower()):
        judge = passed if expect.holds(_plain(sshd, option.lower(), value)) else failed
        verdicts.append(judge(f"{option} {value} ({source})", path, 0, layer))
    if not verdicts:
        return (passed if expect.holds("") else failed)(f"{option} is not set", path, 0, layer)
    if len({verdict.status for verdict in verdicts}) > 1:
        said = f"{option} is not set, and which version the server has is not known"
        return Verdict("unknown", said, path, 0, layer)
    return verdicts[0]


def _judge_options(
    sshd: Sshd, name: str, options: tuple[Option, ...], expect: Expectation
) -> Verdict:
    for option in options:
        if not expect.holds(_plain(sshd, option.keyword, option.value)):
            judge = failed
            break
    else:
        option, judge = options[0], passed
    return judge(f"{name} {option.value}", option.path, option.line, option.layer)


def _plain(sshd: Sshd, keyword: str, value: str) -> str:
    """Return a value as it is compared: times in seconds, lists of algorithms as they result."""
    if keyword in _TIMES:
        return _seconds(value)
    if keyword in _ALGORITHMS and value[:1] in {"+", "-", "^"}:
        known = sshd.defaults(keyword)
        return _changed(known[0][0] if known else "", value[0], value[1:])
    return _SAME.get(value.lower(), value)


def _seconds(value: str) -> str:
    """Return a time in seconds, the value itself where it is none."""
    parts = _TIME.findall(value)
    if not parts or "".join(number + unit for number, unit in parts) != value:
        return value
    return str(sum(int(number) * _UNITS[unit.lower()] for number, unit in parts))


def _changed(default: str, sign: str, change: str) -> str:
    before, given = default.split(","), change.split(",")
    if sign == "-":
        return ",".join(e for e in before if not any(matches(g, e) for g in given))
    return ",".join((*given, *before) if sign == "^" else (*before, *given))
