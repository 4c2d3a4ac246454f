"""Check items about PAM: which modules are in effect, and what they go by; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.risks.setting.pam_stack import reachable, reached
from scantling_analyzers.risks.setting.values import FLAG, values
from scantling_analyzers.risks.setting.verdict import Verdict, failed, not_applicable, passed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scantling_analyzers.checks.expectation import Expectation
    from scantling_analyzers.checks.models import PamModuleExamined, PamOptionExamined
    from scantling_analyzers.risks.setting.pam_stack import Rule, Stacks
    from scantling_analyzers.risks.setting.system import System

_NO: Final = "no"
_SHARED: Final = (
    # Debian and SUSE, Red Hat, Alpine: services include them.
    ("common-{}",),
    ("system-auth", "password-auth"),
    ("base-{}",),
)
_SINGLE: Final = {"password": "passwd", "auth": "login", "account": "login", "session": "login"}
CHECKER: Final = "pam_pwquality"
_OTHER_CHECKERS: Final = ("pam_passwdqc", "pam_deepin_pw_check")
"""Modules that check new passwords and have none of the options of pam_pwquality."""
_COUNTING: Final = {"pam_faillock": "authfail", "pam_tally2": "deny", "pam_tally": "deny"}
"""Modules that keep out whoever failed too often, and the argument of theirs without which nothing
is counted, or nobody is kept out."""
_WITHOUT_FILES: Final = ("pam_tally2", "pam_tally", "pam_cracklib")
"""Modules that go by their arguments alone."""
_WITHOUT_FAILLOCK_CONF: Final = ("1.1.", "0:1.1.")
"""Versions of PAM whose pam_faillock has no file yet (Red Hat 7)."""
_NONE: Final = "no stack of PAM is there"


class _Found(NamedTuple):
    """A value that a module goes by, and where it stands."""

    value: str
    observed: str
    path: str
    line: int
    layer: int


def judge_module(stacks: Stacks, examined: PamModuleExamined) -> Verdict:
    """Judge whether a module is in effect in every stack."""
    services = list(_services(stacks, examined.facility, examined.service))
    if not services:
        return not_applicable(_NONE)
    verdict = None
    for service in services:
        rules = stacks.rules(service, examined.facility)
        rule = _effective(rules, examined.modules, examined.argument)
        if rule is None and not examined.argument:
            rule = _after_success(rules, examined.modules)
        if rule is not None and not _counts(rules, rule):
            rule = None
        verdict = _judge_rule(stacks, service, examined, rule)
        if verdict.status == "failed":
            return verdict
    return verdict or not_applicable(_NONE)


def judge_option(
    system: System, stacks: Stacks, examined: PamOptionExamined, expect: Expectation
) -> Verdict:
    """Judge what a module goes by in every stack."""
    services = list(_services(stacks, examined.facility, examined.service))
    if not services:
        return not_applicable(_NONE)
    verdict = None
    for service in services:
        rules = stacks.rules(service, examined.facility)
        rule = _judged(rules, examined.modules)
        if rule is None or not _counts(rules, rule):
            verdict = _missing_option(stacks, service, examined)
        else:
            verdict = _judge_value(system, rule, examined, expect)
        if verdict.status == "failed":
            return verdict
    return verdict or not_applicable(_NONE)


def _services(stacks: Stacks, facility: str, service: str) -> Iterator[str]:
    """Yield the services whose stacks count: those that all include, else that of logins."""
    if service:
        if stacks.service(service) is not None:
            yield service
        return
    for names in _SHARED:
        there = [n for each in names if stacks.service(n := each.format(facility)) is not None]
        if there:
            yield from there
            return
    if stacks.service(_SINGLE[facility]) is not None:
        yield _SINGLE[facility]


def _effective(rules: list[Rule], modules: Iterable[str], argument: str = "") -> Rule | None:
    """Return the first rule of a module that is reached and whose refusal counts.

    What an argument says holds whatever becomes of the module's answer.
    """
    if argument:
        return _first(reachable(rules), modules, lambda rule: rule.argument(argument) is not None)
    return _first(reached(rules), modules, lambda rule: rule.refuses)


def _counts(rules: list[Rule], rule: Rule) -> bool:
    """Tell whether the stack counts what the module goes by, which it does when one is refused."""
    argument = _COUNTING.get(rule.module)
    same = (each for each in reachable(rules, refused=True) if each.module == rule.module)
    return argument is None or any(each.argument(argument) is not None for each in same)


def _after_success(rules: list[Rule], modules: Iterable[str]) -> Rule | None:
    """Return the line of pam_faillock that lets in whoever is not locked, and nobody else."""
    rule = _first(reached(rules), modules, lambda rule: rule.argument("authsucc") is not None)
    if rule is None or not _ends(rule):
        return None
    behind = rules[rules.index(rule) + 1 :]
    return rule if any(each.module == "pam_deny" and each.refuses for each in behind) else None


def _judged(rules: list[Rule], modules: Iterable[str]) -> Rule | None:
    """Return the rule whose options are judged: one of several that take a password may be."""
    return _effective(rules, modules) or _first(reachable(rules), modules, _ends)


def _first(
    rules: Iterable[Rule], modules: Iterable[str], is_wanted: Callable[[Rule], bool]
) -> Rule | None:
    return next((rule for rule in rules if rule.module in modules and is_wanted(rule)), None)


def _ends(rule: Rule) -> bool:
    success = rule.actions.get("success", "")
    return success == "done" or success.isdigit()


def _judge_rule(
    stacks: Stacks, service: str, examined: PamModuleExamined, rule: Rule | None
) -> Verdict:
    if rule is not None:
        judge = passed if examined.wanted else failed
        return judge(rule.text, rule.path, rule.line, rule.layer)
    if examined.wanted:
        return _missing(stacks, service, examined.facility, examined.modules)
    file = stacks.service(service)
    layer = file.layer if file is not None else None
    said = f"{' and '.join(examined.modules)} not in effect"
    if examined.argument:
        said = f"{' and '.join(examined.modules)} without {examined.argument}"
    return passed(said, file.path if file is not None else "", 0, layer)


def _missing(stacks: Stacks, service: str, facility: str, modules: Iterable[str]) -> Verdict:
    file = stacks.service(service)
    said = f"{' or '.join(modules)} is not in effect in the {facility} stack of {service}"
    there = {rule.module for rule in stacks.rules(service, facility)}
    for module in sorted(there.intersection(modules, _COUNTING)):
        said = f"{said}: no line of {module} with {_COUNTING[module]}, so failures lock nobody"
    if file is None:
        return failed(said)
    return failed(said, file.path, 0, file.layer)


def _missing_option(stacks: Stacks, service: str, examined: PamOptionExamined) -> Verdict:
    """Return a failure, unless another module does the same by settings of its own."""
    if CHECKER in examined.modules:
        other = _effective(stacks.rules(service, examined.facility), _OTHER_CHECKERS)
        if other is not None:
            said = f"{other.module} checks new passwords, by settings of its own"
            return not_applicable(said)
    return _missing(stacks, service, examined.facility, examined.modules)


def _judge_value(
    system: System, rule: Rule, examined: PamOptionExamined, expect: Expectation
) -> Verdict:
    found = (
        _of_flags(system, rule, examined)
        if examined.flags
        else _of_option(system, rule, examined, examined.option, examined.key or examined.option)
    )
    if not expect.holds(found.value) and examined.or_option:
        other = _of_option(system, rule, examined, examined.or_option, examined.or_option)
        if other.value == FLAG or _is_at_least(other.value, examined.or_at_least):
            return passed(other.observed, other.path, other.line, other.layer)
    judge = passed if expect.holds(found.value) else failed
    return judge(found.observed, found.path, found.line, found.layer)


def _is_at_least(value: str, least: int) -> bool:
    number = value.lstrip("-")
    return number.isascii() and number.isdigit() and int(number[:9]) >= least > 0


def _of_option(
    system: System, rule: Rule, examined: PamOptionExamined, option: str, key: str
) -> _Found:
    """Return the argument of the module, else what its files say, else its default."""
    given = rule.argument(option)
    if given is not None:
        value = given or FLAG
        said = f"{rule.module}.so {option}{f'={given}' if given else ''}"
        return _Found(value, said, rule.path, rule.line, rule.layer)
    return _of_files(system, rule, examined, key) or _Found(
        examined.defaults.get(rule.module, _NO) if option == examined.option else "0",
        f"{option} is not set for {rule.module}.so: {examined.defaults.get(rule.module, _NO)}",
        rule.path,
        rule.line,
        rule.layer,
    )


def _of_flags(system: System, rule: Rule, examined: PamOptionExamined) -> _Found:
    flags = [each.lower() for each in rule.arguments if each.lower() in examined.flags]
    if flags:
        said = f"{rule.module}.so {flags[-1]}"
        return _Found(flags[-1], said, rule.path, rule.line, rule.layer)
    default = examined.defaults.get(rule.module, _NO)
    said = f"none of {', '.join(examined.flags)} is set for {rule.module}.so"
    found = _of_files(system, rule, examined, examined.key) if examined.key else None
    return found or _Found(default, said, rule.path, rule.line, rule.layer)


def _of_files(system: System, rule: Rule, examined: PamOptionExamined, key: str) -> _Found | None:
    if rule.module in _WITHOUT_FILES or (rule.module == "pam_faillock" and _is_old(system)):
        return None
    given = rule.argument("conf")
    globs = (given.strip("/"),) if given and examined.files else examined.files
    files = list(system.files(globs)) or list(system.files(f"usr/{glob}" for glob in globs))
    found = list(values(files, key))
    if not found:
        return None
    last = found[-1]
    return _Found(last.value, last.observed, last.path, last.line, last.layer)


def _is_old(system: System) -> bool:
    package = system.packages.get("pam")
    return package is not None and package.version.startswith(_WITHOUT_FAILLOCK_CONF)
