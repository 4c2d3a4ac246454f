"""Installed Ruby gems."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def specification(
    name: str,
    version: str,
    *,
    licenses: Iterable[str] = (),
    platform: str = "ruby",
    authors: Iterable[str] = ("Me",),
) -> bytes:
    """Return a specification as RubyGems generates it."""
    lines = [
        "# -*- encoding: utf-8 -*-",
        f"# stub: {name} {version} {platform} lib",
        "",
        "Gem::Specification.new do |s|",
        f'  s.name = "{name}".freeze',
        f'  s.version = "{version}"',
        *([f'  s.platform = "{platform}".freeze'] if platform != "ruby" else []),
        f"  s.authors = [{_list(authors)}]",
        '  s.description = "It says s.name = \\"other\\"".freeze',
        *([f"  s.licenses = [{_list(licenses)}]"] if licenses else []),
        '  s.required_ruby_version = Gem::Requirement.new(">= 2.5".freeze)',
        '  s.add_runtime_dependency(%q<rack>.freeze, [">= 1".freeze])',
        "end",
    ]
    return "\n".join(lines).encode()


def _list(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}".freeze' for text in texts)
