"""OVAL 5 documents as vendors of distributions publish them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterable

LINUX = 'xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5#linux"'


@dataclass
class Oval:
    """A document in the making: what definitions refer to is added as it is needed."""

    prefix: str
    family: str = "rpminfo"
    definitions: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)

    def id(self, kind: str, number: int) -> str:
        """Return an id."""
        return f"{self.prefix}:{kind}:{number}"

    def object(self, names: str | list[str]) -> str:
        """Add an object of one name, or of a variable with several; return its id."""
        id_ = self.id("obj", len(self.objects) + 1)
        if isinstance(names, str):
            inside = f"<name>{escape(names)}</name>"
        else:
            variable = self.id("var", len(self.variables) + 1)
            values = "".join(f"<value>{escape(name)}</value>" for name in names)
            self.variables.append(
                f'<constant_variable id="{variable}" version="1" datatype="string">{values}'
                "</constant_variable>"
            )
            inside = f'<name var_ref="{variable}" var_check="at least one"/>'
        self.objects.append(
            f'<{self.family}_object {LINUX} id="{id_}" version="1">{inside}</{self.family}_object>'
        )
        return id_

    def state(self, *entities: str) -> str:
        """Add a state; return its id."""
        id_ = self.id("ste", len(self.states) + 1)
        self.states.append(
            f'<{self.family}_state {LINUX} id="{id_}" version="1">'
            f"{''.join(entities)}</{self.family}_state>"
        )
        return id_

    def test(
        self,
        names: str | list[str],
        *states: str,
        comment: str = "",
        kind: str = "",
        **attributes: str,
    ) -> str:
        """Add a test, return its criterion."""
        id_ = self.id("tst", len(self.tests) + 1)
        object_ = self.object(names)
        named = "".join(f'<state state_ref="{state}"/>' for state in states)
        kind = kind or f"{self.family}_test"
        self.tests.append(
            f'<{kind} {LINUX} id="{id_}" version="1" check="at least one" '
            f"comment={quoteattr(comment)}>"
            f'<object object_ref="{object_}"/>{named}</{kind}>'
        )
        return criterion(id_, comment, **attributes)

    def before(self, name: str | list[str], evr: str, comment: str = "", arch: str = "") -> str:
        """Add the test that a package is older than a version; return its criterion."""
        entities = [entity("arch", arch, operation="pattern match")] if arch else []
        state = self.state(*entities, entity("evr", evr, operation="less than"))
        return self.test(name, state, comment=comment or f"{name} is earlier than {evr}")

    def release(self, comment: str, name: str = "vendor-release", version: str = "^8") -> str:
        """Add the test of a release; return its criterion."""
        state = self.state(entity("version", version, operation="pattern match"))
        return self.test(name, state, comment=comment)

    def signed(self, name: str) -> str:
        """Add the test of a signature; return its criterion."""
        state = self.state(entity("signature_keyid", "199e2f91fd431d51"))
        return self.test(name, state, comment=f"{name} is signed with Red Hat redhatrelease2 key")

    def definition(
        self,
        criteria: str,
        *,
        number: int = 1,
        kind: str = "patch",
        title: str = "",
        references: Iterable[str] = (),
        metadata: str = "",
        advisory: str = "",
        **attributes: str,
    ) -> None:
        """Add a definition."""
        named = "".join(
            f'<reference ref_id="{each}" ref_url="https://vendor.example/{each}" '
            f'source="{"CVE" if "CVE" in each else "VENDOR"}"/>'
            for each in references
        )
        more = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
        self.definitions.append(
            f'<definition class="{kind}" id="{self.id("def", number)}" version="1"{more}>'
            f"<metadata><title>{escape(title)}</title>"
            '<affected family="unix"><platform>A platform</platform></affected>'
            f"{named}<description>A flaw.</description>{metadata}"
            f"<advisory>{advisory}</advisory></metadata>{criteria}</definition>"
        )

    def text(self, head: str = "") -> str:
        """Return the document."""
        parts = {
            "definitions": self.definitions,
            "tests": self.tests,
            "objects": self.objects,
            "states": self.states,
            "variables": self.variables,
        }
        inside = "".join(f"<{name}>{''.join(part)}</{name}>" for name, part in parts.items())
        return (
            f'<?xml version="1.0" encoding="utf-8"?>\n{head}<oval_definitions '
            'xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5" '
            'xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">'
            "<generator><oval:product_name>A generator</oval:product_name></generator>"
            f"{inside}</oval_definitions>"
        )


def entity(name: str, value: str, *, operation: str = "equals") -> str:
    """Make an entity of a state."""
    return f'<{name} operation="{operation}">{escape(value)}</{name}>'


def criterion(test: str, comment: str, **attributes: str) -> str:
    """Make a criterion."""
    more = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f'<criterion test_ref="{test}" comment={quoteattr(comment)}{more}/>'


def all_of(*parts: str, **attributes: str) -> str:
    """Make criteria that must all hold."""
    return criteria("AND", *parts, **attributes)


def any_of(*parts: str, **attributes: str) -> str:
    """Make criteria of which one must hold."""
    return criteria("OR", *parts, **attributes)


def criteria(operator: str, *parts: str, **attributes: str) -> str:
    """Make criteria."""
    more = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f'<criteria operator="{operator}"{more}>{"".join(parts)}</criteria>'
