"""What definitions of an OVAL document refer to: tests, objects, states, variables; pure.

OVAL 5, as far as vendors use it to say which packages are affected: tests of rpm and dpkg packages,
all others by their kind alone. Definitions stand before what they refer to, so that a document is
read twice: first for these, of which only what decides is kept.
"""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.hardened_xml import records
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from scantling_analyzers.advisories.feeds.hardened_xml import Element
    from scantling_analyzers.advisories.feeds.oval_criteria import Alternative

MAX_ITEMS: Final = 3_000_000
"""How many tests, objects, states and variables a document may have, together."""
MAX_VALUES: Final = 10_000
"""How many names a variable may have."""

PACKAGE_TESTS: Final = frozenset({"rpminfo_test", "dpkginfo_test"})
_KINDS: Final = (
    *("rpminfo", "dpkginfo", "rpmverify", "rpmverifyfile", "rpmverifypackage", "uname"),
    *("textfilecontent", "textfilecontent54", "family", "file", "variable", "unknown", "partition"),
    *("runlevel", "process58", "systemdunitproperty", "selinuxboolean"),
)
_TESTS: Final = frozenset(f"{kind}_test" for kind in _KINDS)
_OBJECTS: Final = frozenset({"rpminfo_object", "dpkginfo_object"})
_STATES: Final = frozenset({"rpminfo_state", "dpkginfo_state"})
_VARIABLES: Final = frozenset({"constant_variable"})
_PARTS: Final = _TESTS | _OBJECTS | _STATES | _VARIABLES
_ARCHES: Final = re.compile(r"\^?\(?([\w|.]{1,500}?)\)?\$?")
_BY_NUMBER: Final = {
    "1": "equals",
    "2": "not equal",
    "5": "greater than",
    "6": "less than",
    "7": "greater than or equal",
    "8": "less than or equal",
    "11": "pattern match",
}
"""Operations as some generators number them (the bits of an old tool, seen in SUSE's)."""
SIGNATURE: Final = "signature_keyid"


class Test(NamedTuple):
    """A test: its kind, the object and the states that it names; ``negative``: none may exist."""

    kind: str
    object: str
    states: tuple[str, ...]
    negative: bool = False

    @property
    def is_of_packages(self) -> bool:
        """Say whether it is a test of an rpm or dpkg package."""
        return self.kind in PACKAGE_TESTS


class State(NamedTuple):
    """What a package must be like, as (entity, operation, value); of some entities none."""

    entities: tuple[tuple[str, str, str], ...]
    arches: tuple[str, ...] = ()

    @property
    def is_signature(self) -> bool:
        """Say whether it only says who signed a package."""
        return bool(self.entities) and all(name == SIGNATURE for name, _, _ in self.entities)


class Referred(NamedTuple):
    """All that definitions may refer to, by id; ``told`` is what was found out about states."""

    tests: dict[str, Test]
    names: dict[str, tuple[str, ...]]
    states: dict[str, State]
    told: dict[tuple[str, bool], Alternative]


def referred(file: IO[bytes]) -> Referred:
    """Read what definitions refer to. Raises :class:`FeedUnreadable` where it is too much."""
    tests: dict[str, Test] = {}
    objects: dict[str, tuple[str, bool]] = {}
    states: dict[str, State] = {}
    variables: dict[str, tuple[str, ...]] = {}
    shared: dict[object, object] = {}
    count = 0
    for item in records(file, _PARTS):
        count += 1
        if count > MAX_ITEMS:
            raise FeedUnreadable(f"the document has over {MAX_ITEMS} tests, objects and states")
        id_ = item.get("id")
        if item.cut or not id_:
            continue
        # Of two with one id the first counts; what it was is checked where it is referred to.
        if item.name in _TESTS:
            tests.setdefault(id_, _test(item))
        elif item.name in _OBJECTS:
            objects.setdefault(id_, _object(item))
        elif item.name in _STATES:
            state = _state(item)
            states.setdefault(id_, shared.setdefault(state, state))  # type: ignore[arg-type]  # the same
        else:
            variables.setdefault(id_, _values(item))
    names = {
        id_: variables.get(text, ()) if is_variable else (text,)
        for id_, (text, is_variable) in objects.items()
    }
    return Referred(tests, names, states, {})


def _test(item: Element) -> Test:
    found = item.find("object")
    return Test(
        kind=item.name,
        object=found.get("object_ref") if found is not None else "",
        states=tuple(each.get("state_ref") for each in item.every("state")),
        negative=item.get("check_existence") == "none_exist" or item.get("check") == "none satisfy",
    )


def _object(item: Element) -> tuple[str, bool]:
    """Return a name, or the id of the variable that holds names."""
    name = item.find("name")
    if name is None:
        return "", False
    if variable := name.get("var_ref"):
        return variable, True
    return word(name.text), False


def _state(item: Element) -> State:
    entities: list[tuple[str, str, str]] = []
    arches: tuple[str, ...] = ()
    for each in item.children:
        operation = each.get("operation") or "equals"
        operation = _BY_NUMBER.get(operation, operation)
        if each.name == "arch" and operation in {"pattern match", "equals"}:
            found = _ARCHES.fullmatch(each.text)
            if found is not None and "." not in found[1]:
                arches = tuple(sorted(set(found[1].split("|"))))
                continue
        if each.get("var_ref"):
            entities.append((each.name, "variable", ""))
        else:
            entities.append((each.name, operation, word(each.text)))
    return State(tuple(entities), arches)


def _values(item: Element) -> tuple[str, ...]:
    values = tuple(name for each in item.every("value") if (name := word(each.text)))
    return values if len(values) <= MAX_VALUES else ()
