"""The image's configuration and its build steps."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from scantling_analyzers.checks.catalogue import items
from scantling_analyzers.risks.setting.build_steps import SHOWN, steps_of
from scantling_analyzers.risks.setting.judging import judge, look_at
from scantling_analyzers.risks.setting.sections import MAX_OBSERVED
from tests.analyzers.risks.setting.images import image

ITEMS: Final = {item.id: item for item in items()}
NOP: Final = "/bin/sh -c #(nop) "


def status(item: str, **given: Any) -> str:
    return judge(ITEMS[item], look_at(image(**given))).status


def after(item: str, *history: str) -> str:
    return status(item, history=list(history))


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("", "failed"),
        ("root", "failed"),
        ("0", "failed"),
        ("0:1000", "failed"),
        ("00", "failed"),
        ("app", "passed"),
        ("1000:0", "passed"),
    ],
)
def test_root_is_root_however_it_is_written(user: str, expected: str) -> None:
    assert status("image-user", config={"user": user}) == expected


@pytest.mark.parametrize(
    ("line", "instruction", "text"),
    [
        (f"{NOP} ADD file:abc in / ", "ADD", "file:abc in /"),
        (f'{NOP} CMD ["sh"]', "CMD", '["sh"]'),
        ("/bin/sh -c apt-get update", "RUN", "apt-get update"),
        ("RUN /bin/sh -c make # buildkit", "RUN", "make # buildkit"),
        ("RUN |1 A=b /bin/sh -c make # buildkit", "RUN", "make # buildkit"),
        (
            "|2 A=b C=d e /bin/bash -o pipefail -c make",
            "RUN",
            "|2 A=b C=d e /bin/bash -o pipefail -c make",
        ),
        ("COPY a /b # buildkit", "COPY", "a /b # buildkit"),
        ("bazel build ...", "RUN", "bazel build ..."),
    ],
)
def test_steps_are_told_apart_whoever_built(line: str, instruction: str, text: str) -> None:
    (step,) = steps_of(["", line])
    assert (step.number, step.instruction, step.text) == (2, instruction, text)


def test_long_steps_are_shown_shortened() -> None:
    (step,) = steps_of(["RUN " + "x" * 100_000])
    assert len(step.observed) < SHOWN + 20


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"{NOP} ADD file:0123456789abcdef in / ", "passed"),
        ("ADD alpine-minirootfs-3.19-x86_64.tar.gz / # buildkit", "passed"),
        ("ADD rootfs.tar.xz /srv # buildkit", "passed"),
        ("ADD app.py /srv/app.py # buildkit", "failed"),
        ("ADD https://x.example/a.tar.gz /srv # buildkit", "failed"),
        (f"{NOP} ADD file:0123456789abcdef in /app ", "failed"),
        ("COPY app.py /srv # buildkit", "passed"),
    ],
)
def test_what_must_be_added_may_be(line: str, expected: str) -> None:
    assert after("image-add", line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends x", "passed"),
        ("RUN /bin/sh -c apt-get -qq update", "failed"),
        ("/bin/sh -c apk update", "failed"),
        ("/bin/sh -c apk update && apk add x", "passed"),
        ("/bin/sh -c yum makecache", "failed"),
        ("/bin/sh -c echo update", "passed"),
    ],
)
def test_an_update_must_not_be_alone(line: str, expected: str) -> None:
    assert after("image-update", line) == expected


@pytest.mark.parametrize(
    "command",
    [
        "curl -k https://x",
        "curl -fsSLk https://x",
        "curl --insecure https://x",
        "wget --no-check-certificate https://x",
        "git -c http.sslVerify=false clone https://x",
        "pip install --trusted-host x y",
        "npm config set strict-ssl=false",
    ],
)
def test_downloads_that_nobody_checks_are_found(command: str) -> None:
    assert after("image-unverified-downloads", f"RUN /bin/sh -c {command}") == "failed"


@pytest.mark.parametrize(
    "command", ["curl -fsSL https://x", "curl --max-time 5 -o k https://x", "wget https://x"]
)
def test_ordinary_downloads_are_not(command: str) -> None:
    assert after("image-unverified-downloads", f"RUN /bin/sh -c {command}") == "passed"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("curl https://x | sh", "failed"),
        ("wget -qO- https://x | sudo -E bash -", "failed"),
        ('bash -c "$(curl -fsSL https://x)"', "failed"),
        ("bash <(curl https://x)", "failed"),
        ("curl https://x | tar xz", "passed"),
        ("curl https://x | sha256sum", "passed"),
    ],
)
def test_scripts_that_are_run_as_they_come_are_found(command: str, expected: str) -> None:
    assert after("image-piped-scripts", f"RUN /bin/sh -c {command}") == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("chmod 777 /a", "failed"),
        ("chmod -R 0777 /a", "failed"),
        ("chmod a+w /a", "failed"),
        ("chmod o+rw /a", "failed"),
        ("chmod a+rwx /a", "failed"),
        ("chmod ugo=rwx /a", "failed"),
        ("chmod 0666 /a", "failed"),
        ("chmod 2757 /a", "failed"),
        ("chmod 0664 /a", "passed"),
        ("chmod 1777 /tmp", "passed"),
        ("chmod u+w /a", "passed"),
        ("chmod +x /a", "passed"),
    ],
)
def test_files_that_are_opened_to_everybody_are_found(command: str, expected: str) -> None:
    assert after("image-open-modes", f"RUN /bin/sh -c {command}") == expected


@pytest.mark.parametrize(
    ("cmd", "expected"),
    [
        (["sh", "-c", "service ssh start && app"], "failed"),
        (["sh", "-c", "/etc/init.d/ssh start; app"], "failed"),
        (["sh", "-c", "service nginx start"], "passed"),
    ],
)
def test_a_server_that_a_service_starts_is_found(cmd: list[str], expected: str) -> None:
    assert status("image-ssh-server", config={"cmd": cmd}) == expected


def test_without_history_nothing_is_said_of_steps() -> None:
    assert after("image-add", "", "") == "not_applicable"


def test_ranges_of_ports_are_looked_at_by_both_ends() -> None:
    ports = {"exposed_ports": ["20-2000/udp", "x/tcp"]}
    assert status("image-privileged-ports", config=ports) == "failed"
    assert (
        status("image-remote-shell-ports", config={"exposed_ports": ["8080-9000/tcp"]}) == "passed"
    )


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("debian", "failed"),
        ("registry.example:5000/debian", "failed"),
        ("registry.example/debian:latest", "failed"),
        ("registry.example:5000/debian:12", "passed"),
        ("debian@sha256:" + "0" * 64, "passed"),
    ],
)
def test_a_base_has_a_version(base: str, expected: str) -> None:
    labels = {"org.opencontainers.image.base.name": base}
    assert status("image-base-tag", labels=labels) == expected


def test_without_file_information_nothing_is_said_of_files() -> None:
    assert status("image-setuid") == "not_applicable"


def test_the_last_variable_of_a_name_counts() -> None:
    env = {"env": ["GIT_SSL_NO_VERIFY=1", "GIT_SSL_NO_VERIFY=0", "no equals"]}
    assert status("image-verification-off", config=env) == "passed"


def test_steps_made_to_take_for_ever_end() -> None:
    hostile = ["RUN /bin/sh -c " + part * 4000 for part in ("apt ", "curl x ", "|1 /", "chmod -a ")]
    for item in ("image-update", "image-piped-scripts", "image-open-modes", "image-add"):
        assert after(item, *hostile) in {"passed", "failed"}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("GPG_KEY=[redacted]", "passed"),
        ("NGINX_GPGKEYS=[redacted]", "passed"),
        ("PHP_GPG_KEYS=[redacted]", "passed"),
        ("API_KEY=[redacted]", "failed"),
        ("GPG_KEY=[redacted] TOKEN=[redacted]", "failed"),
        ("URL=http://[redacted]@db.example/", "failed"),
    ],
)
def test_names_of_public_keys_are_no_secrets(entry: str, expected: str) -> None:
    assert status("image-secrets-environment", config={"env": [entry]}) == expected
    assert after("image-secrets-history", f"ENV {entry}") == expected


@pytest.mark.parametrize(
    "name",
    [
        *("TOKEN_ENDPOINT", "TOKEN_URL", "TOKEN_ISSUER", "TOKEN_TTL", "TOKEN_TTL_SECONDS"),
        *("SECRET_NAME", "PASSWORD_POLICY", "API_KEY_HEADER", "CSRF_TOKEN_NAME", "accessTokenUrl"),
        *("ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD", "ENABLE_TOKEN_AUTH", "GPG_KEY"),
        *("AWS_ACCESS_KEY_ID", "NEXT_PUBLIC_API_KEY", "CACHE_KEY", "DB_PASSWORD_FILE"),
        *("SESSION_COOKIE_SECURE", "SIGNING_KEY_SHA256"),
    ],
)
def test_names_that_tell_something_about_a_secret_are_none(name: str) -> None:
    entry = f"{name}=[redacted]"
    assert status("image-secrets-environment", config={"env": [entry]}) == "passed"
    assert status("image-secrets-labels", labels={name: "[redacted]"}) == "passed"
    assert after("image-secrets-history", f"ENV {entry}") == "passed"


@pytest.mark.parametrize(
    "name",
    [
        *("TOKEN", "SECRET_KEY_BASE", "REGISTRY_PASSWORD", "JWT_SIGNING_KEY", "VAULT_SECRET_ID"),
        *("DOCKER_AUTH_CONFIG", "RANDOM_SECRET", "PASSWORD_HASH", "DB_CONNECTION_STRING"),
        *("GPG_KEY_PASSPHRASE", "PUBLIC_PASSWORD", "API_KEY_2", "CLIENT_KEY_DATA"),
    ],
)
def test_words_that_sound_harmless_hide_no_secret(name: str) -> None:
    entry = f"{name}=[redacted]"
    assert status("image-secrets-environment", config={"env": [entry]}) == "failed"


def test_a_harmless_name_hides_no_secret_in_a_part_of_its_value() -> None:
    env = ["TOKEN_URL=https://[redacted]@x.example/token"]
    assert status("image-secrets-environment", config={"env": env}) == "failed"


def test_all_variables_and_steps_are_shown_and_the_rest_counted() -> None:
    env = ["A_TOKEN=[redacted]", "PATH=/bin", "B_PASSWORD=[redacted]"]
    looked = look_at(image(config={"env": env}))
    said = judge(ITEMS["image-secrets-environment"], looked).observed
    assert said == "ENV A_TOKEN=[redacted] ; ENV B_PASSWORD=[redacted]"

    steps = [f"RUN /bin/sh -c curl -k https://x/{'a' * 100}{number}" for number in range(50)]
    looked = look_at(image(history=steps))
    said = judge(ITEMS["image-unverified-downloads"], looked).observed
    assert "step 1: " in said
    assert "step 2: " in said
    assert re.search(r" ; and \d\d more$", said)
    assert len(said) < MAX_OBSERVED


@pytest.mark.parametrize(
    ("user", "passwd", "expected"),
    [
        ("app", "app:x:0:0::/:/bin/sh", "failed"),
        ("app:app", "app:x:0:0::/:/bin/sh", "failed"),
        ("toor", "toor:x:00:0::/:/bin/sh", "failed"),
        ("app", "app:x:+0:0::/:/bin/sh", "failed"),
        ("app", "app:x::0::/:/bin/sh", "failed"),
        ("app", "app:x:none:0::/:/bin/sh", "failed"),
        ("app", "app:x:1000:0::/:/bin/sh", "passed"),
        ("app", "app:x:0:0::/:/bin/sh\napp:x:1000:0::/:/bin/sh", "failed"),
        ("app", "app:x:1000:0::/:/bin/sh\napp:x:0:0::/:/bin/sh", "passed"),
        ("app", "#app:x:0:0::/:/bin/sh\napp:x:1000:0::/:/bin/sh", "passed"),
        ("app", "app:x:0", "unknown"),
        ("root", "root:x:0:0::/:/bin/sh", "failed"),
        ("+0", "app:x:1000:0::/:/bin/sh", "failed"),
        ("-0", "app:x:1000:0::/:/bin/sh", "failed"),
        ("1000", "app:x:0:0::/:/bin/sh", "passed"),
        ("1000", "1000:x:0:0::/:/bin/sh", "passed"),
    ],
)
def test_a_user_is_root_by_its_number(user: str, passwd: str, expected: str) -> None:
    given = {"files": {"etc/passwd": passwd}, "config": {"user": user}}
    assert status("image-user", **given) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("RUN |1 TOKEN_URL=[redacted] /bin/sh -c make", "passed"),
        ("RUN |2 A=b TOKEN_URL=[redacted] /bin/sh -c make", "passed"),
        ("RUN |2 TOKEN_URL=[redacted] /bin/sh -c make", "failed"),
        ("|3 A=b TOKEN_URL=[redacted] /bin/bash -o pipefail -c make", "failed"),
        ("RUN |2 A=b /bin/sh -c make", "passed"),
    ],
)
def test_what_is_masked_behind_a_harmless_argument_is_not_taken_for_harmless(
    line: str, expected: str
) -> None:
    assert after("image-secrets-history", line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("|1 TOKEN=[redacted] /bin/sh -c x", "RUN x with the build argument TOKEN=[redacted]"),
        (
            "RUN |3 A=b TOKEN=[redacted] PASS=https://[redacted]@x /bin/sh -c make # buildkit",
            "RUN make # buildkit with the build argument TOKEN=[redacted] PASS=https://[redacted]@x",
        ),
        ("RUN |2 TOKEN=[redacted] /bin/sh -c x", "RUN x with the build argument TOKEN=[redacted]"),
        (
            f"RUN |1 {'T' * 200}=[redacted] /bin/sh -c x",
            f"RUN x with the build argument {'T' * SHOWN}…",
        ),
        ("RUN /bin/sh -c login --token [redacted]", "RUN login --token [redacted]"),
        (
            f"RUN /bin/sh -c {'a' * 400} --token [redacted] b",
            f"RUN …{'a' * (SHOWN - len('[redacted] --token '))} --token [redacted]",
        ),
    ],
)
def test_where_a_secret_was_in_a_step_is_shown(line: str, expected: str) -> None:
    verdict = judge(ITEMS["image-secrets-history"], look_at(image(history=["ENV A=b", line])))
    assert (verdict.status, verdict.observed) == ("failed", f"step 2: {expected}")


@pytest.mark.timeout(5)
def test_hostile_arguments_take_no_time() -> None:
    for part in (" /a", "a=", " /", "|1 "):
        after("image-secrets-history", "RUN |9 TOKEN_URL=[redacted] " + part * 8000)
