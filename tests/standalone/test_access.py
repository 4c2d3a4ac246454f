"""How a scan reaches registries: each host gets what is kept for it, and nothing else."""

from __future__ import annotations

import base64
import json
from argparse import Namespace
from typing import TYPE_CHECKING, Any

import pytest

from scantling.cli.errors import UsageError
from scantling.scan.access import Access, access_of, endpoint_of, limits_of, parse_mirrors
from scantling.scan.certificates import (
    MAX_FILES,
    Certificates,
    CertificateUnusable,
    certificate_folders,
    certificates_for,
)
from scantling_common.images.errors import ReferenceInvalid
from scantling_common.images.reference import parse_reference
from scantling_common.images.sources.mirror import MAX_MIRRORS
from tests.builders.certificates import Authority

if TYPE_CHECKING:
    from pathlib import Path

REFERENCE = parse_reference("registry.example/team/app:1")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def kept(folder: Path, host: str, **files: str) -> Path:
    """Keep certificates for a host as docker does; return the folder of all hosts."""
    folder = folder / "docker" / "certs.d"
    (folder / host).mkdir(parents=True)
    for name, content in files.items():
        (folder / host / name.replace("_", ".")).write_text(content)
    return folder


def said(**given: Any) -> Namespace:
    names = ("plain_http", "ca", "cert", "key", "mirror", "limit")
    return Namespace(**{**dict.fromkeys(names), **given})


def test_certificates_of_a_host_are_found(tmp_path: Path, authority: Authority) -> None:
    issued = authority.issue("me")
    files = {"a_crt": authority.certificate, "client_cert": issued.certificate}
    folder = kept(tmp_path, "registry.example:5000", **files, client_key=issued.key, note_txt="x")
    found = certificates_for("registry.example:5000", [tmp_path / "none", folder])

    assert found == Certificates(authority.certificate, issued.certificate, issued.key)
    assert certificates_for("registry.example", [folder]) == Certificates()
    assert "PRIVATE" not in repr(found)


def test_a_client_certificate_without_its_key_is_an_error(
    tmp_path: Path, authority: Authority
) -> None:
    folder = kept(tmp_path, "registry.example", client_cert=authority.issue("me").certificate)

    with pytest.raises(CertificateUnusable, match=r"client\.key"):
        certificates_for("registry.example", [folder])


@pytest.mark.parametrize("content", ["junk", "\xff", "-----BEGIN " + "x" * 1_048_577])
def test_a_certificate_that_is_none_is_an_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(CertificateUnusable, match=r"a\.crt"):
        certificates_for("registry.example", [kept(tmp_path, "registry.example", a_crt=content)])


def test_a_folder_of_many_files_is_an_error(tmp_path: Path) -> None:
    files = {f"f{number}_crt": "x" for number in range(MAX_FILES + 1)}

    with pytest.raises(CertificateUnusable, match="more than"):
        certificates_for("registry.example", [kept(tmp_path, "registry.example", **files)])


def test_certificates_are_looked_for_where_docker_and_podman_keep_them() -> None:
    folders = [str(folder) for folder in certificate_folders({"XDG_CONFIG_HOME": "/conf"})]

    assert folders == [
        "/conf/docker/certs.d",
        "/conf/containers/certs.d",
        "/etc/docker/certs.d",
        "/etc/containers/certs.d",
    ]


def test_each_host_has_its_own_login_and_certificates(tmp_path: Path, authority: Authority) -> None:
    issued, mirrors = authority.issue("me"), authority.issue("mirror")
    kept(tmp_path, "registry.example", a_cert=issued.certificate, a_key=issued.key)
    kept(tmp_path, "m.example", a_cert=mirrors.certificate, a_key=mirrors.key)
    auths = {
        host: {"auth": base64.b64encode(f"{user}:pw".encode()).decode()}
        for host, user in (("registry.example", "me"), ("m.example/hub", "mirrored"))
    }
    (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
    environment = {"DOCKER_CONFIG": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    named = ["registry.example=https://m.example/hub", "registry.example=http://n.example"]
    named += ["other.example=https://m.example"]

    endpoint = endpoint_of(REFERENCE, Access(mirrors=parse_mirrors(named)), environment)
    first, second = endpoint.mirrors
    assert (endpoint.username, endpoint.certificate) == ("me", issued.certificate)
    assert (first.host, first.prefix, first.username) == ("m.example", "hub", "mirrored")
    assert (first.certificate, first.key) == (mirrors.certificate, mirrors.key)
    assert (second.host, second.plain_http, second.username) == ("n.example", True, "")
    assert (second.certificate, second.key, second.password) == ("", "", "")
    # Nobody waits for a mirror: the registry is asked next.
    assert endpoint.patience
    assert not first.patience


def test_what_is_given_by_hand_is_for_the_registry(tmp_path: Path, authority: Authority) -> None:
    issued, kept_one = authority.issue("me"), authority.issue("kept")
    kept(tmp_path, "registry.example", a_cert=kept_one.certificate, a_key=kept_one.key)
    texts = {"ca": authority.certificate, "cert": issued.certificate, "key": issued.key}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    arguments = said(
        ca=tmp_path / "ca",
        cert=tmp_path / "cert",
        key=tmp_path / "key",
        mirror=["registry.example=https://m.example"],
    )
    environment = {"DOCKER_CONFIG": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    endpoint = endpoint_of(REFERENCE, access_of(arguments, {}), environment)

    assert (endpoint.certificate, endpoint.key) == (issued.certificate, issued.key)
    assert (endpoint.ca_file, endpoint.ca) == (tmp_path / "ca", "")
    (mirror,) = endpoint.mirrors
    assert (mirror.certificate, mirror.key, mirror.ca_file) == ("", "", None)
    assert mirror.ca.strip() == authority.certificate.strip()
    assert mirror.system_ca


def test_a_user_that_stands_for_a_token_is_one(tmp_path: Path) -> None:
    entry = {"auth": base64.b64encode(b"<token>:refresh").decode()}
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"registry.example": entry}}))
    environment = {"DOCKER_CONFIG": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    endpoint = endpoint_of(REFERENCE, Access(), environment)

    assert (endpoint.username, endpoint.password) == ("", "")
    assert endpoint.identity_token == "refresh"
    assert "refresh" not in repr(endpoint)


def test_mirrors_are_named_on_the_command_line_and_by_the_environment() -> None:
    more = " index.docker.io=https://b.example\n docker.io=https://c.example "
    given = said(mirror=["docker.io=https://a.example"])
    access = access_of(given, {"SCANTLING_MIRRORS": more})

    assert [(host, mirror.host) for host, mirror in access.mirrors] == [
        ("docker.io", "a.example"),
        ("docker.io", "b.example"),
        ("docker.io", "c.example"),
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"mirror": ["docker.io"]},
        {"mirror": ["=https://a.example"]},
        {"mirror": ["docker.io=a.example"]},
        {"mirror": ["a b=https://a.example"]},
        {"mirror": ["docker.io=https://a.example"] * (MAX_MIRRORS + 1)},
        {"cert": "x"},
        {"key": "x"},
        {"limit": ["layers"]},
        {"limit": ["layers=0"]},
        {"limit": ["layers=-1"]},
        {"limit": ["layers=1000000"]},
        {"limit": ["nesting=17"]},
        {"limit": ["colour=1"]},
    ],
)
def test_what_can_not_be_meant_is_an_error_of_usage(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        access_of(said(**given), {})


def test_limits_can_be_changed() -> None:
    limits = limits_of(said(limit=["layers=2000", "document_bytes=1000"]))

    assert (limits.layers, limits.document_bytes, limits.nesting) == (2000, 1000, 4)


def test_a_registry_is_called_by_one_name() -> None:
    assert str(parse_reference("index.docker.io/alpine")) == "docker.io/library/alpine:latest"
    with pytest.raises(ReferenceInvalid):
        parse_mirrors(["docker.io/library=https://a.example"])
