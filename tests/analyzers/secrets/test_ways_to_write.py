"""Ways in which files of settings write a password: quoted, escaped, tagged, before its name."""

from __future__ import annotations

import pytest

from tests.analyzers.secrets.engines import fast, found
from tests.builders.secret_examples import expand

VALUE = expand("{mixed:12}")


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("srv/a.xml", "<password>§</password>", "§"),
        ("srv/a.xml", "<password><![CDATA[§]]></password>", "§"),
        ("srv/a.xml", "<password>§&amp;rest</password>", "§&amp;rest"),
        ("srv/a.xml", '<password value="§"/>', "§"),
        ("srv/a.xml", '<property value="§" name="db.password"/>', "§"),
        ("srv/a.xml", "<name>db.password</name>\n  <value>§</value>", "§"),
        ("srv/a.xml", "<param-name>password</param-name><param-value>§</param-value>", "§"),
        ("srv/.env", 'DB_PASSWORD="a\\"b§"', 'a\\"b§'),
        ("srv/a.json", '{"password":"a\\"b§"}', 'a\\"b§'),
        ("srv/a.yaml", "password: 'it''s§'", "it''s§"),
        ("srv/a.cs", 'string password = @"§""more";', '§""more'),
        ("srv/a.ps1", '$password = "§`"more"', '§`"more'),
        ("srv/a.py", "connect(password='it\\'s§')", "it\\'s§"),
        ("srv/.env", "DB_PASSWORD='§ §'", "§ §"),
        ("srv/a.yaml", 'password: "§ §"', "§ §"),
        ("srv/a.yaml", "password: !!str §", "§"),
        ("srv/a.yaml", "password: &db §", "§"),
        ("srv/a.yaml", "env:\n- value: §\n  name: DB_PASSWORD", "§"),
        ("srv/a.json", '{"Value": "§", "Key": "DbPassword"}', "§"),
        ("srv/a.properties", "db.password=\\\n    §", "§"),
        ("srv/a.toml", 'password = """\n§\n"""', "§"),
        ("srv/a.edn", '{:db-password "§"}', "§"),
        ("srv/a.lua", "local password = [[§]]", "§"),
        ("srv/a.txt", "mysql://bob:§@§@h/x", "§@§"),
        ("srv/a.txt", "密码=§", "§"),
        ("srv/.env", "DB_PASSWORD=48291736", "48291736"),
        ("srv/a.txt", "mysql://bob:48291736@h/x", "48291736"),
    ],
)
def test_a_value_is_read_to_its_end(path: str, text: str, value: str) -> None:
    text, value = text.replace("§", VALUE), value.replace("§", VALUE)
    matches = list(fast().find(text.encode(), path=path))
    assert [match.value.reveal().decode() for match in matches] == [value]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("srv/a.json", '{"password":"Mot de passe","token":"Jeton"}'),
        ("srv/a.json", '{"password":"Must have 8 letters","ok":"1"}'),
        ("srv/a.yaml", "password: 'Le mot secret'"),
        ("srv/a.yaml", "kind: SealedSecret\nencryptedData:\n  password: AgB{b62:300}"),
        ("srv/a.xml", "<name>db.password</name><value>${env.PW}</value>"),
        ("srv/a.conf", "DB_PASSWORD_TIMEOUT=48291736"),
        ("srv/t.yaml", "password: {{ .Values.auth.password | b64enc | quote }}"),
        ("srv/t.yaml", "pw: {{ $pw | b64enc }}"),
        ("srv/x.xml", '<check test_ref="oval:ssg-test_bypass_password_sudo:tst:1"/>'),
        ("srv/l.json", '"license_key": "agpl-3.0-plus"'),
        ("srv/a.txt", "Issuer Public Key: MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE{b62:86}=="),
        ("srv/a.json", '"key": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE{b62:86}=="'),
        ("srv/m.config", '<map Token="{hex:16}" PublicKey="0024000004800000"/>'),
        ("srv/n.md", "Repository Key: {hex:64}"),
        ("srv/i.json", '"forgotPassword":"Passwort-vergessen?"'),
        ("srv/i.properties", "user.token=Jeton-utilisateur"),
        ("srv/g.lark", "TOKEN: /_?[A-Z][_A-Z0-9]*/"),
        ("srv/b.json", '"output_token": "Jobs[-1].JobId"'),
        ("srv/b.json", '"en_PW": "en_001"'),
        ("srv/c.txt", "cvs://:pserver:anoncvs@h.example"),
        ("srv/c.sh", 'grep "GRUB2_PASSWORD=grub\\.pbkdf2\\.sha512.*$"'),
        ("srv/METADATA", "https://h.example/badge.svg?token={B36:10}"),
        ("srv/a.conf", "token_count=48291736"),
        ("srv/a.conf", "password = 3600"),
        ("srv/a.yaml", "- name: HOST\n  value: {mixed:12}\n- name: DB_PASSWORD\n"),
        ("srv/a.txt", "密码: 请输入密码"),
        ("srv/a.txt", "http://h.example:8080/@scope/name@1.0"),
    ],
)
def test_what_only_looks_like_one_is_none(path: str, text: str) -> None:
    assert found(text, path) == []
