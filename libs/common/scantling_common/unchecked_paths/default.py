"""The paths that are never searched for secrets (requirement row 4.8).

What stands there came with packages, and is the same everywhere: what looks like a secret in it is
documentation, a test or a certificate that everybody has.
"""

from __future__ import annotations

from typing import Final

DEFAULT_PATHS: Final = (
    "/usr/*",
    "/lib/*",
    "/lib32/*",
    "/bin/*",
    "/sbin/*",
    "/var/lib/*",
    "/var/log/*",
    "node_modules/**/*.md",
    "node_modules/**/test/**",
    "*/service/iam/examples_test.go",
    "grafana/public/build/*.js",
)
"""The list as it is documented; what begins with neither ``/`` nor ``*`` stands in any folder."""

_FOLDERS: Final = (b"usr/", b"lib/", b"lib32/", b"bin/", b"sbin/", b"var/lib/", b"var/log/")
_MODULES: Final = b"/node_modules/"
_EXAMPLES: Final = b"/service/iam/examples_test.go"
_GRAFANA: Final = b"/grafana/public/build/"


def is_unchecked_by_default(path: bytes) -> bool:
    """Tell if a path inside a layer, without a leading slash, is one of them.

    It takes time linear in the path, and little: every file of every layer is asked for.
    """
    if path.startswith(_FOLDERS):
        return True
    if not path.endswith((b".md", b".js", b".go")) and b"node_modules/" not in path:
        return False
    path = b"/" + path
    if path.endswith(_EXAMPLES):
        return True
    if path.endswith(b".js") and _GRAFANA in path:
        return True
    at = path.find(_MODULES)
    if at < 0:
        return False
    return path.endswith(b".md") or b"/test/" in path[at + len(_MODULES) - 1 :]
