"""``checks.md``: every check item of unsafe settings."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from scantling_analyzers.checks.catalogue import baselines, items
from scantling_analyzers.checks.models import ElsewhereExamined
from scantling_analyzers.risks.setting.judging import REASONS
from scantling_analyzers.risks.setting.passwords.section import unjudged_items
from scantling_analyzers.risks.setting.sections import expected

if TYPE_CHECKING:
    from scantling_analyzers.checks.models import Item, Release

_INTRODUCTION: Final = """\
# Check items

Generated from the code by `make docs`. What is judged of settings, with what is expected, how bad
it is otherwise, and what to do ([Check settings](../how-to/check-settings.md)). Items that name
baselines apply to these only; the others to every image.

References are numbers of benchmarks in the version that is named, for what is alike there; numbers
from 5 on of CIS Docker are about containers that run, and stand where an image leads to it. Items
without a reference ask for what none of these benchmarks has a number for.
"""
_HEADER: Final = (
    "| id | item | expected | severity | applies to | references |\n|---|---|---|---|---|---|"
)
_REASONED: Final = "| id | item | why | references |\n|---|---|---|---|"
_TITLES: Final = {
    "os": "Systems",
    "ssh": "OpenSSH server",
    "password-policy": "Password policy",
    "docker-image": "Image configuration",
}
_NONE: Final = "none"
_PASSWORDS: Final = """\
## Weak passwords

{count} items, one for each kind of account
([Find weak passwords](../how-to/find-weak-passwords.md)). {description}
The severity of a finding depends on the account.

{table}

{details}"""
_ELSEWHERE: Final = "Not applicable to any image"


def check_items() -> str:
    """Return the document."""
    parts = [_INTRODUCTION, _baselines()]
    judged = [each for each in items() if not isinstance(each.examine, ElsewhereExamined)]
    ordered = sorted(judged, key=lambda item: list(_TITLES).index(item.baseline))
    for name, group in groupby(ordered, key=lambda item: item.baseline):
        rows = list(group)
        table = "\n".join(map(_row, rows))
        details = "\n".join(map(_detail, rows))
        parts.append(f"## {_TITLES[name]}\n\n{len(rows)} items.\n\n{_HEADER}\n{table}\n\n{details}")
    parts += [_passwords(), _elsewhere()]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _baselines() -> str:
    rows = [
        f"| `{each.id}` | {each.title} | {_releases(each.releases)} | {', '.join(each.groups)} |"
        for each in baselines()
        if each.releases
    ]
    header = "| baseline | for | releases | groups |\n|---|---|---|---|"
    return "\n".join(["## Baselines of distributions", "", header, *rows])


def _releases(releases: tuple[Release, ...]) -> str:
    return ", ".join(f"{each.id} {_span(each)}" for each in releases)


def _span(release: Release) -> str:
    """Return which versions are meant: those between long-term ones go by the one before."""
    if release.at_most == release.at_least:
        return release.at_least
    return f"{release.at_least} to {release.at_most}" if release.at_most else f"{release.at_least}+"


def _row(item: Item) -> str:
    applies = ", ".join(item.applies) or "all"
    cells = (
        item.title,
        expected(item),
        item.severity,
        applies,
        ", ".join(item.references) or _NONE,
    )
    return f"| `{item.id}` | {' | '.join(map(_cell, cells))} |"


def _detail(item: Item) -> str:
    said = " ".join((item.description, item.rationale, f"**{item.remedy}**"))
    return f"- `{item.id}`: {_cell(said)}"


def _passwords() -> str:
    items_of_passwords = unjudged_items("")
    rows = (
        f"| `{each.id}` | {each.title} | {each.expected} | {each.severity} | all | {_NONE} |"
        for each in items_of_passwords
    )
    details = (f"- `{each.id}`: **{each.remedy}**" for each in items_of_passwords)
    return _PASSWORDS.format(
        count=len(items_of_passwords),
        description=items_of_passwords[0].description,
        table="\n".join([_HEADER, *rows]),
        details="\n".join(details),
    )


def _elsewhere() -> str:
    rows = [
        f"| `{item.id}` | {_cell(item.title)} | {REASONS[item.examine.reason]} "
        f"| {', '.join(item.references) or _NONE} |"
        for item in items()
        if isinstance(item.examine, ElsewhereExamined)
    ]
    return "\n".join([f"## {_ELSEWHERE}", "", _REASONED, *rows])


def _cell(text: str) -> str:
    """Return text as a cell of a table in Markdown."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("\\*\\*", "**").replace("<", "&lt;")
