"""What is generated from code is committed as it is generated."""

from __future__ import annotations

from pathlib import Path

from scantling.docs import DIRECTORY, drift, generate

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_reference_is_what_the_code_says() -> None:
    assert drift(REPOSITORY / DIRECTORY) == [], "run `make docs`"


def test_drift_is_found(tmp_path: Path) -> None:
    written = generate(tmp_path)
    assert drift(tmp_path) == []

    (tmp_path / "cli.md").write_text("old\n")
    (tmp_path / "events" / "schemas" / "gone.json").write_text("{}\n")
    (tmp_path / "metrics.md").unlink()

    assert drift(tmp_path) == ["cli.md", "events/schemas/gone.json", "metrics.md"]
    assert len(written) > 10
