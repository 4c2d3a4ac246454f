"""Where the programs are that test servers need: on PATH, or in the repository's cache.

``make test-services`` fills the cache; a missing jar is also fetched when a test asks for it.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".cache"
FETCH_SECONDS = 300


class Missing(LookupError):
    """A program or a jar is not here; the message says what to install."""


def program(*names: str) -> str:
    """Return the path of the first of ``names`` that is in the cache or on PATH."""
    for name in names:
        cached = CACHE / "bin" / name
        if cached.is_file():
            return str(cached)
        if found := shutil.which(name):
            return found
    raise Missing(f"{' or '.join(names)} is neither on PATH nor fetched by `make test-services`")


@cache
def class_path(server: str) -> str:
    """Return the Java class path of ``tests/services/java/<server>/pom.xml``; fetch its jars.

    The stamp is written last, by make as here, so that half a download is never used.
    """
    jars = CACHE / "java" / server
    if not (jars / ".fetched").exists():
        _fetch(server, jars)
    return str(jars / "*")


def _fetch(server: str, jars: Path) -> None:
    project = Path(__file__).parent / "java" / server / "pom.xml"
    command = [
        *(program("mvn"), "--quiet", "--batch-mode", "--file", str(project)),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={jars}",
        "-DincludeScope=runtime",
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=FETCH_SECONDS)
    except subprocess.CalledProcessError as error:
        raise Missing(f"mvn could not fetch the jars of {server}: {error.stdout}") from error
    except subprocess.TimeoutExpired as error:
        raise Missing(f"mvn took over {FETCH_SECONDS} s for the jars of {server}") from error
    (jars / ".fetched").touch()


@cache
def docker_answers() -> bool:
    """Tell whether a Docker engine answers here."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        asked = subprocess.run(
            [docker, "version", "--format", "{{.Server.Version}}"],
            check=False,
            capture_output=True,
            timeout=10,
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0
