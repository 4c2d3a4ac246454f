"""How builds of who rebuilds a distribution's packages are compared with what it says of its own.

The one place for it; pure. A rebuild has the version of its source, but marks of its own in it:

========================================  ==================================  ==========
what the original calls it                the rebuild                         form
========================================  ==================================  ==========
``97.el7_9.5`` (Red Hat)                  ``97.el7.centos.5``, ``97.sl7.5``   ``major``
``97.el7_9.5``                            ``97.sl7_9.5``, ``97.el7_9.centos.5``  ``marked``
``43.module+el8.5.0+13806+b30d9eec.1``    ``43.module_el8.5.0+1022+b541f3b1.1``  ``module``
``5.1-2+deb11u1`` (Debian)                ``5.1-2+rpi1+deb11u1``              ``marked``
========================================  ==================================  ==========

Red Hat counts its builds by minor release; who leaves that out has only the number behind it. The
number of a build of modules (``13806``) is of whose machine built it: what tells builds apart is
the release before it and what comes behind.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

from scantling_analyzers.advisories.streams import family_of

Form = Literal["", "marked", "major", "module"]
"""How versions are compared; empty: as they are."""

_MODULE: Final = re.compile(r"\.module[+_](el[0-9.]{1,12})\+[0-9]{1,10}\+[0-9a-f]{1,40}")
"""What a build in a module has in its release: platform, number of the build, commit."""
_DIST: Final = re.compile(
    r"\.(?P<tag>el|sl|vl)(?P<major>[0-9]{1,2})(?P<minor>_[0-9]{1,2})?"
    r"(?P<mark>\.(?:centos|cloudlinux)(?:\.plus)?)?(?![^.])"
)
"""What a build says of its release: Scientific Linux ``sl``, Virtuozzo ``vl``, others ``el``."""
_PI: Final = re.compile(r"\+rp[it][0-9]{1,4}")
"""What Raspbian (``rpi``) and Raspberry Pi OS (``rpt``) changed of a package of Debian."""


@lru_cache(maxsize=65_536)
def form_of(stream: str, release: str, version: str) -> Form:
    """Return how a version of a package of a release is compared with what a stream says."""
    if stream.startswith("debian:"):
        return "marked" if _PI.search(version) else ""
    if family_of(stream) != "rhel" or not release or family_of(release) == "rhel":
        return ""
    if _MODULE.search(version):
        return "module"
    found = _DIST.search(version)
    if found is None or (found["tag"] == "el" and not found["mark"]):
        return ""
    return "marked" if found["minor"] else "major"


@lru_cache(maxsize=65_536)
def compared(form: Form, version: str) -> str:
    """Return what stands for a version, of a package or of a bound, where it is compared."""
    if not form:
        return version
    if form == "module":
        return _MODULE.sub(r".module_\1", version)
    minor = "" if form == "major" else r"\g<minor>"
    return _PI.sub("", _DIST.sub(rf".el\g<major>{minor}", version))
