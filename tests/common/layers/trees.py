"""Generated layers over few names, so that they meet each other often."""

from __future__ import annotations

import tarfile

from hypothesis import strategies as st

from tests.builders.layer import Content, Member, archive, directory, hard_link, symlink

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


@st.composite
def marks(draw: st.DrawFn) -> str:
    above = draw(st.one_of(st.just(""), PATHS.map(lambda path: f"{path}/")))
    return above + draw(st.sampled_from([".wh..wh..opq", ".wh.a", ".wh.b"]))


@st.composite
def contents(draw: st.DrawFn) -> Content:
    kind = draw(st.sampled_from(["file", "file", "directory", "symlink", "hard link"]))
    if kind == "directory":
        return directory()
    if kind == "symlink":
        return symlink(draw(PATHS))
    if kind == "hard link":
        return hard_link(draw(PATHS))
    modes = st.sampled_from([0o644, 0o4755, 0o2755, 0o666])
    return Member(content=b"x" * draw(st.integers(0, 5)), mode=draw(modes))


@st.composite
def layers(draw: st.DrawFn) -> bytes:
    """Give the plain tar of a layer with entries and markers in any order."""
    found: list[tuple[str | bytes, Content]] = []
    for _ in range(draw(st.integers(0, 7))):
        if draw(st.integers(0, 3)):
            found.append((draw(PATHS), draw(contents())))
        else:
            found.append((draw(marks()), b""))
    return archive(found, format=tarfile.USTAR_FORMAT)
