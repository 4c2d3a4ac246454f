"""Java installations, by the ``release`` file at their top (JEP 223 for the versions in it)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.reading import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_BYTES: Final = 256 * 1024

_PAIR: Final = re.compile(rb"^([A-Z_]{1,64})=([^\r\n]*+)", re.MULTILINE)
_VERSIONS: Final = (b"JAVA_VERSION", b"JAVA_RUNTIME_VERSION")
_COMPILER: Final = b"jdk.compiler"


class JavaRuntimeReader(Reader):
    """Names each Java installation: ``openjdk``, ``zulu``, ``graalvm``, Oracle's ``jdk``, ``jre``.

    Builds of OpenJDK (Debian, Temurin, Corretto, Red Hat, Microsoft, …) share their versions and
    their advisories, so they share the name; who built it is the maintainer. A file of another
    kind that is called ``release`` is none of it, which is no error.
    """

    name = "java-runtime"
    version = 1
    patterns: tuple[str, ...] = ("**/release",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the installation."""
        fields = _fields(bytes(file.data[:MAX_BYTES]))
        version = runtime_version(fields)
        if version:
            yield Package(
                path=file.text_path,
                name=product(fields, file.path),
                version=value(version, "a version"),
                type="generic",
                maintainer=value(fields.get(b"IMPLEMENTOR", b""), "an implementor"),
                found_by=self.name,
            )


def _fields(content: bytes) -> Mapping[bytes, bytes]:
    """Return what is assigned, of values in quotes what stands between them."""
    pairs = ((name, text.strip(b" \t")) for name, text in _PAIR.findall(content))
    bare = ((name, text.removeprefix(b'"').removesuffix(b'"')) for name, text in pairs)
    return {name: text for name, text in bare if b'"' not in text}


def runtime_version(fields: Mapping[bytes, bytes]) -> bytes:
    """Return the most complete version; empty where the file is of no Java installation.

    ``FULL_VERSION`` counts where it continues ``JAVA_VERSION``: some builders write their own.
    """
    short, long = (fields.get(key, b"") for key in _VERSIONS)
    full = fields.get(b"FULL_VERSION", b"")
    if long or not short:
        return long
    return full if full.startswith(short) else short


def product(fields: Mapping[bytes, bytes], path: bytes) -> str:
    """Return what advisories call the installation."""
    maker = fields.get(b"IMPLEMENTOR", b"").lower()
    folder = path.lower()
    if b"azul" in maker or b"zulu" in folder:
        return "zulu"
    if b"GRAALVM_VERSION" in fields or b"graalvm" in maker:
        return "graalvm"
    if b"oracle" in maker or b"sun microsystems" in maker or b"oracle" in folder:
        return "jdk" if _is_jdk(fields) else "jre"
    return "openjdk"


def _is_jdk(fields: Mapping[bytes, bytes]) -> bool:
    """Say whether the installation has the compiler, as far as its file tells."""
    if kind := fields.get(b"IMAGE_TYPE", b""):
        return kind.upper() == b"JDK"
    modules = fields.get(b"MODULES", b"").split()
    return not modules or _COMPILER in modules
