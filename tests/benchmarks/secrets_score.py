"""How many of labelled secrets are found: ``python -m tests.benchmarks.secrets_score``.

The labelled lines are sample data that lies beside the repository (``SCANTLING_SAMPLE_DATA``);
without it nothing is measured. A labelled span counts as found where a finding overlaps its lines;
a finding on a line that is labelled as none is false. What is only an identifier is left out.
Printed are the score, the same for each half of the repositories, and for each rule how many of
its findings are true, false, undecided or on lines that nobody has judged, then what was missed.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter, defaultdict
from time import process_time
from typing import TYPE_CHECKING, Final, NamedTuple

from _pytest.outcomes import Skipped

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.secrets.engine import default_engine
from scantling_analyzers.secrets.text import text_problem
from tests.analyzers.facts.sample_data import sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.secrets.models import SecretMatch

IDENTIFIERS: Final = frozenset({"UUID", "AWS S3 Bucket", "Nonce"})
MAX_LINES: Final = 100
"""Lines of one finding that count."""

Line = tuple[str, int]
Span = tuple[str, int, int]


class Labels(NamedTuple):
    """What people said of lines: spans of true ones, and the labels of all others."""

    spans: dict[Span, set[str]]
    over: dict[Line, set[Span]]
    other: dict[Line, dict[str, set[str]]]


class Score(NamedTuple):
    """How many spans there are, which were found, and how many lines were wrong."""

    spans: int
    found: int
    wrong: int

    def __str__(self) -> str:
        """Return precision, recall and F1."""
        precision = self.found / max(self.found + self.wrong, 1)
        recall = self.found / max(self.spans, 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        return f"precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}  ({self.spans} true)"


def main() -> None:
    """Print the score and what makes it up."""
    try:
        archive = zipfile.ZipFile(sample("secrets/set.zip"))
    except Skipped as reason:
        print(reason)
        return
    with archive:
        labels = read_labels(archive.read("labels.csv").decode())
        begun = process_time()
        found = list(_findings(archive, {file for file, _, _ in _files(labels)}))
        spent = process_time() - begun
    repositories = sorted({path.split("/")[1] for path, _ in found})
    print(f"all           {score(labels, found)}   {spent:.1f} s")
    for half in (0, 1):
        chosen = set(repositories[half::2])
        print(f"half {half + 1}        {score(labels, found, chosen)}")
    _print_rules(labels, found)
    _print_missed(labels, found)


def read_labels(text: str) -> Labels:
    """Return the labels of a table of lines."""
    labels = Labels(defaultdict(set), defaultdict(set), defaultdict(lambda: defaultdict(set)))
    for row in csv.DictReader(io.StringIO(text)):
        span = (row["file"], int(row["line_start"]), int(row["line_end"]))
        categories = set(row["category"].split(":"))
        for line in range(span[1], span[2] + 1):
            if row["label"] == "T":
                labels.over[span[0], line].add(span)
            else:
                labels.other[span[0], line][row["label"]] |= categories
        if row["label"] == "T":
            labels.spans[span] |= categories
    return labels


def score(
    labels: Labels,
    found: Iterable[tuple[str, SecretMatch]],
    repositories: set[str] | None = None,
) -> Score:
    """Return the score, of some repositories only where they are given."""
    keys = {
        span
        for span, categories in labels.spans.items()
        if not categories <= IDENTIFIERS and _within(span[0], repositories)
    }
    hit: set[Span] = set()
    wrong: set[Line] = set()
    for path, match in found:
        if not _within(path, repositories):
            continue
        kind, places = _kind(labels, path, match)
        hit |= places if kind == "true" else set()
        line = (path, match.line)
        if kind == "false" and not labels.other[line]["F"] <= IDENTIFIERS:
            wrong.add(line)
    return Score(len(keys), len(hit & keys), len(wrong))


def _within(path: str, repositories: set[str] | None) -> bool:
    return repositories is None or path.split("/")[1] in repositories


def _kind(labels: Labels, path: str, match: SecretMatch) -> tuple[str, set[Span]]:
    last = min(match.last_line, match.line + MAX_LINES - 1)
    lines = [(path, number) for number in range(match.line, last + 1)]
    spans: set[Span] = set()
    for line in lines:
        spans |= labels.over.get(line, set())
    if spans:
        return "true", spans
    if any("X" in labels.other.get(line, {}) for line in lines):
        return "undecided", spans
    if any(line in labels.other for line in lines):
        return "false", spans
    return "unlabelled", spans


def _files(labels: Labels) -> Iterator[Span]:
    yield from labels.spans
    yield from ((file, line, line) for file, line in labels.other)


def _findings(archive: zipfile.ZipFile, files: set[str]) -> Iterator[tuple[str, SecretMatch]]:
    engine = default_engine()
    for path in sorted(files):
        data = archive.read(path)
        if text_problem(data, path) is not None:
            continue
        try:
            for match in engine.find(data, path=path):
                yield path, match
        except Unreadable as error:
            print(f"{path}: {error}")


def _print_rules(labels: Labels, found: Iterable[tuple[str, SecretMatch]]) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for path, match in found:
        counts[match.rule][_kind(labels, path, match)[0]] += 1
    kinds = ("true", "false", "undecided", "unlabelled")
    print(f"\n{'rule':28}" + "".join(f"{kind:>12}" for kind in kinds))
    for rule, each in sorted(counts.items(), key=lambda item: -item[1].total()):
        print(f"{rule:28}" + "".join(f"{each[kind]:12}" for kind in kinds))


def _print_missed(labels: Labels, found: Iterable[tuple[str, SecretMatch]]) -> None:
    hit: set[Span] = set()
    for path, match in found:
        hit |= _kind(labels, path, match)[1]
    missed: Counter[str] = Counter()
    for span, categories in labels.spans.items():
        if span not in hit:
            missed.update(categories - IDENTIFIERS)
    print("\nmissed: " + (", ".join(f"{name} {n}" for name, n in missed.most_common()) or "none"))


if __name__ == "__main__":
    main()
