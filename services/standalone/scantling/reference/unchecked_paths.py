"""``unchecked-paths.md``: the paths that are never searched for secrets."""

from __future__ import annotations

from typing import Final

from scantling_common.unchecked_paths.default import DEFAULT_PATHS
from scantling_common.unchecked_paths.entries import LIST, MAX_ENTRIES

_INTRODUCTION: Final = f"""\
# Paths that are never searched for secrets

Generated from the code by `make docs`. What stands at these paths came with packages; it is passed
over in every image, and counted in the report. `*` stands for any characters, also for `/`, and
`**/` for any folders; what begins with neither `/` nor `*` stands in any folder. A project has up
to {MAX_ENTRIES} paths of its own beside them, in its list `{LIST}`
([Find secrets](../how-to/find-secrets.md)).
"""


def unchecked_paths() -> str:
    """Return the document."""
    rows = "\n".join(f"| `{path}` |" for path in DEFAULT_PATHS)
    return f"{_INTRODUCTION}\n| path |\n|---|\n{rows}\n"
