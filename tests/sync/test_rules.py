"""Small pure rules: URLs, authorisation, waits, causes, what a first sync only lists."""

from __future__ import annotations

import pytest

from scantling_common.records.sync import DeliveryBody, Repository, WebhookDelivery
from scantling_sync.authorisation import judged
from scantling_sync.deliveries import FUTURE_MS, cause_of, wait_ms
from scantling_sync.registries.port import Authorisation
from scantling_sync.registries.url import RegistryUrlInvalid, checked_url
from scantling_sync.repository_sync import Tally, is_listed_only, summed
from scantling_sync.schedule import HOUR_MS, NEVER, next_sync
from scantling_sync.webhooks.notice import Notice
from tests.sync.samples import A, registry


@pytest.mark.parametrize(
    ("url", "plain_http", "expected"),
    [
        ("https://registry.example", False, "https://registry.example"),
        ("https://Registry.Example:5000/", False, "https://registry.example:5000"),
        ("http://127.0.0.1:5000", True, "http://127.0.0.1:5000"),
        ("https://[::1]:5000", False, "https://[::1]:5000"),
    ],
)
def test_a_registry_url_is_kept_in_one_form(url: str, *, plain_http: bool, expected: str) -> None:
    assert checked_url(url, plain_http=plain_http) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "registry.example",
        "http://registry.example",
        "ftp://registry.example",
        "file:///etc/passwd",
        "https://user:password@registry.example",
        "https://user@registry.example",
        "https://registry.example/v2",
        "https://registry.example?x=1",
        "https://registry.example#x",
        "https://registry.example:0",
        "https://registry.example:99999",
        "https://registry.example:port",
        "https://",
        "https://[::1",
        "https://registry.example\\@evil.example",
        "https://registry .example",
        "https://registry.example\r\nHost: evil",
        "https://r\u00e9gistry.example",
    ],
)
def test_a_url_that_is_no_registry_is_refused(url: str) -> None:
    with pytest.raises(RegistryUrlInvalid) as caught:
        checked_url(url, plain_http=False)
    assert "password" not in str(caught.value)


@pytest.mark.parametrize(
    ("state", "expires_at", "expected"),
    [
        ("refused", 0, "refused"),
        ("refused", 999, "expired"),
        ("refused", 1000, "expired"),
        ("refused", 1001, "refused"),
        ("authorized", 999, "authorized"),
        ("unreachable", 999, "unreachable"),
    ],
)
def test_a_refusal_after_the_end_of_the_credential_is_its_expiry(
    state: str, expires_at: int, expected: str
) -> None:
    answer = Authorisation(state, "why")  # type: ignore[arg-type]  # a parameter
    assert judged(answer, expires_at, 1000).state == expected


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    waits = [wait_ms(attempts) for attempts in range(1, 12)]
    assert waits[:3] == [2000, 4000, 8000]
    assert waits[-1] == 900_000
    assert wait_ms(10_000) == 900_000


@pytest.mark.parametrize(
    ("action", "occurred_at", "expected"),
    [
        ("push", 900, (900, "event")),
        ("push", 1000 + FUTURE_MS, (1000, "event")),
        ("push", 1001 + FUTURE_MS, (0, "")),
        ("push", 0, (0, "")),
        ("delete", 900, (0, "")),
    ],
)
def test_the_time_of_an_event_is_believed_within_bounds(
    action: str, occurred_at: int, expected: tuple[int, str]
) -> None:
    delivery = WebhookDelivery(
        id="reg/1",
        project="default",
        registry="reg",
        received_at=1000,
        due_at=1000,
        body=DeliveryBody(content_type="", data=b""),
    )
    notice = Notice(
        repository="app",
        tag="v1",
        digest=A,
        action=action,  # type: ignore[arg-type]  # a parameter
        occurred_at=occurred_at,
    )
    cause = cause_of(delivery, registry(), notice)
    assert (cause.updated_at, cause.updated_source) == expected
    assert (cause.push, cause.delete_notified) == (action == "push", action == "delete")


@pytest.mark.parametrize(
    ("first_sync_at", "first_seen_at", "complete_at", "only_listed"),
    [
        (0, 100, 0, True),
        (0, 100, 150, True),
        (200, 100, 150, False),
        (200, 100, 0, True),
        (200, 300, 0, False),
    ],
)
def test_what_was_there_at_the_first_sync_is_only_listed_until_it_was_listed_once(
    first_sync_at: int, first_seen_at: int, complete_at: int, *, only_listed: bool
) -> None:
    repository = Repository(
        id="reg/app",
        project="default",
        registry="reg",
        name="app",
        first_seen_at=first_seen_at,
        complete_at=complete_at,
    )
    assert is_listed_only(registry(first_sync_at=first_sync_at), repository) == only_listed


def test_no_periodic_sync_is_never_due() -> None:
    assert next_sync(24, 1000) == 1000 + 24 * HOUR_MS
    assert next_sync(0, 1000) == NEVER


def test_tallies_add_up_and_tell_the_first_errors() -> None:
    many = [Tally(error=f"e{number}", images_new=1) for number in range(7)]
    total = summed([*many, Tally(placements_gone=2, confirm_at=9)], tags_seen=3)
    assert total == Tally(
        tags_seen=3,
        images_new=7,
        placements_gone=2,
        confirm_at=9,
        error="e0; e1; e2; e3; e4; and 2 more",
    )
