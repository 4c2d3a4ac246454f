"""What readers say of one layer, as hashes: ``python -m tests.analyzers.facts.reader_outputs``.

Facts are kept by the version of their reader, for months and for a whole fleet. A reader that says
something else under the same version is believed where it was never asked.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from scantling_analyzers.contract import kind_of
from scantling_analyzers.extraction.imageview import view
from scantling_analyzers.extraction.matcher import Matcher
from scantling_analyzers.extraction.walk import index_facts, walk
from scantling_analyzers.facts.catalogue import READERS
from scantling_analyzers.limits import DEFAULT_LIMITS
from scantling_analyzers.storage.view import VERSION
from scantling_common.images.digests import Digest
from scantling_common.layers.verify import open_layer
from scantling_common.outcomes import FileReport
from tests.analyzers.facts.files import SEAL
from tests.analyzers.facts.seeds import SEEDS
from tests.builders.image import sha256
from tests.builders.layer import executable, layer
from tests.builders.malware_marker import TEST_FILE

if TYPE_CHECKING:
    from scantling_analyzers.facts.models import FactSet

KNOWN: Final = Path(__file__).with_name("reader-outputs.json")
VISIBILITY: Final = "visibility"
UNCOUNTED: Final = ("sealed", "sha1", "sha256")
"""What is sealed is another text each time; archives are other bytes by another compressor."""

Outputs = dict[str, dict[str, str | int]]


def outputs() -> Outputs:
    """Return by reader its version, its rules, how many facts it has, and the hash of them."""
    files = {path: executable(data) if "bin/" in path else data for path, data in SEEDS.items()}
    plain = layer({**files, "srv/test-file": TEST_FILE})
    with tempfile.TemporaryDirectory() as folder:
        blob = Path(folder) / "blob"
        blob.write_bytes(plain)
        matcher = Matcher(READERS)
        with (
            blob.open("rb") as file,
            open_layer(file, 0, len(plain), Digest(sha256(plain)), selection=matcher) as opened,
        ):
            sets = walk(
                opened, READERS, matcher, DEFAULT_LIMITS, seal=SEAL, entering=lambda _: None
            )
            sets.append(index_facts(opened.index))
            index = opened.index
    seen = view([index], [sets], [sha256(plain)], READERS)
    found = {kind_of(each.reader): _output(each) for each in sets}
    told = msgspec.to_builtins(replace(seen, files=FileReport(count=0, size=0)))
    return {**found, VISIBILITY: {"version": VERSION, "sha256": _hash(told)}}


def _output(facts: FactSet) -> dict[str, str | int]:
    files = msgspec.to_builtins(facts.files)
    for file in files:
        for fact in file.get("facts", ()):
            for name in UNCOUNTED:
                fact.pop(name, None)
    return {
        "version": facts.version,
        "rules": facts.reader.partition("@")[2],
        "facts": sum(len(file.facts) for file in facts.files),
        "sha256": _hash(files),
    }


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def known_outputs() -> Outputs:
    """Return what was written last."""
    found: Outputs = json.loads(KNOWN.read_text("utf-8"))
    return found


def unmarked(known: Outputs, now: Outputs) -> list[str]:
    """Return the readers that say something else by the same version and the same rules."""
    return [
        name
        for name, output in now.items()
        if name in known
        and output["sha256"] != known[name]["sha256"]
        and (output["version"], output.get("rules"))
        == (known[name]["version"], known[name].get("rules"))
    ]


def main() -> None:
    """Write what they say now, if each that says something else has another version."""
    now = outputs()
    if changed := unmarked(known_outputs(), now):
        sys.exit(f"they say something else: raise the version of {', '.join(changed)}")
    KNOWN.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
