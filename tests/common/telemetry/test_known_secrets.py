"""What is masked in one place is masked in all."""

from __future__ import annotations

import pytest

from scantling_common.telemetry.known_secrets import MAX_VALUES, mask_values, masked_values
from scantling_common.telemetry.redaction import redact_history

SECRET = "Tr0ub4dor3x"


@pytest.mark.parametrize(
    "line",
    [
        f"|1 PASSWORD={SECRET} /bin/sh -c make",
        f"|1 A_PASSWORD={SECRET} and more /bin/sh -c make",
        f'RUN export DB_PASSWORD="{SECRET}" && make',
        f"ENV API_TOKEN={SECRET}",
        f"RUN mysql -p{SECRET} -e x && curl -u bob:{SECRET} host",
        f"RUN git clone https://{SECRET}@git.example/x",
        f"ENV HOOK_SECRET=https://hooks.example/services/{SECRET}",
    ],
)
def test_the_value_that_is_masked_is_found(line: str) -> None:
    assert any(SECRET in value for value in masked_values([(line, redact_history(line))]))


@pytest.mark.parametrize(
    "line",
    [
        "ENV PASSWORD=postgres",
        "ENV PASSWORD=ab12",
        "RUN export PASSWORD=$(cat /run/secrets/p)",
        "ENV PASSWORD=******",
        "RUN make",
        "ENV TOKEN_URL=https://auth.example.com:8443/oauth/v2/token",
        "ENV TOKEN_URL=http://x",
    ],
)
def test_what_any_text_may_hold_is_left_out(line: str) -> None:
    assert not masked_values([(line, redact_history(line))])


def test_texts_that_do_not_belong_together_tell_nothing() -> None:
    assert masked_values([("short", "a long text [redacted] with more [redacted] behind")]) == ()


def test_values_are_masked_where_they_are_words_of_their_own() -> None:
    values = (f"{SECRET}+tail", SECRET)
    text = f"echo bob:{SECRET} {SECRET}+tail x{SECRET} '{SECRET}'"
    assert mask_values(text, values) == f"echo bob:[redacted] [redacted] x{SECRET} '[redacted]'"
    assert mask_values("a (b", ("(b",)) == "a [redacted]"


def test_the_longest_values_are_looked_for_and_no_more_than_some() -> None:
    lines = [f"ENV PASSWORD=a1{'x' * n}" for n in range(10, 10 + 2 * MAX_VALUES)]
    values = masked_values((line, redact_history(line)) for line in lines)
    assert len(values) == MAX_VALUES
    assert len(values[0]) == 2 + 9 + 2 * MAX_VALUES
