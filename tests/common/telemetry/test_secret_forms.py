"""Values that are masked by their form, or by the name before them."""

from __future__ import annotations

import pytest

from scantling_common.telemetry.secret_forms import MARK, marked

WORD = "Zq9xK2vLm4Tn"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f'config.setPassword("{WORD}");', 'config.setPassword("[redacted]");'),
        (f"- name: DB_PASSWORD\n  value: {WORD}\nx", "- name: DB_PASSWORD\n  value: [redacted]\nx"),
        (f"curl -u bob:{WORD} https://h.example", "curl -u bob:[redacted] https://h.example"),
        (
            f"x ghp_{WORD * 3} y".replace(
                "ghp_Zq9xK2vLm4TnZq9xK2vLm4TnZq9xK2vLm4Tn", "ghp_" + "a1B2" * 9
            ),
            "x [redacted] y",
        ),
        (f"id AKIA{'A' * 16} {'aB3/' * 10}", "id [redacted] [redacted]"),
        (f"A_TOKEN={WORD} B_TOKEN={WORD}", "A_TOKEN=[redacted] B_TOKEN=[redacted]"),
    ],
)
def test_values_are_masked(text: str, shown: str) -> None:
    assert marked(text) == shown.replace("[redacted]", MARK)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "make && make install",
        "curl -u 1000:1000 https://h.example",
        "TOKENIZERS_PARALLELISM=false",
        "KEY_FILE=/etc/key",
        "TOKEN=$TOKEN",
        "gpg --recv-keys 573BFD6B3D8FBC641079A6ABABF5BD827BD9BF62",
        "PUBLIC_KEY=573BFD6B3D8FBC64",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert marked(text) == text


@pytest.mark.parametrize(
    "unit",
    [
        "password=",
        "password ",
        "token token=",
        'value="a" name=',
        "akia",
        "kty",
        "curl -u a:",
        "key: |\n ",
    ],
)
def test_hostile_repetition_takes_linear_time(unit: str) -> None:
    """Ends only if no pattern backtracks without bound; the suite's timeout is the judge."""
    assert marked(unit * (150_000 // len(unit))) is not None
