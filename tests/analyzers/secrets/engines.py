"""Engines of the product's rules, one by each prefilter, made once for all tests."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Final

from scantling_analyzers.secrets.engine import SecretEngine
from scantling_analyzers.secrets.hyperscan_prefilter import HyperscanPrefilter
from scantling_analyzers.secrets.rules import packaged_rules
from tests.builders.secret_examples import expand

if TYPE_CHECKING:
    from scantling_analyzers.secrets.models import SecretMatch
    from scantling_analyzers.secrets.rule import Rule

PATHS: Final = {
    "htpasswd-hash": "etc/htpasswd",
    "pgpass-password": "root/.pgpass",
    "delimited-value": "srv/users.csv",
    "terraform-default": "srv/variables.tf",
    "terraform-output": "srv/terraform.tfstate",
    "terraform-random-password": "srv/terraform.tfstate",
    "mail-relay-password": "etc/postfix/sasl_passwd",
    "ppp-secret": "etc/ppp/chap-secrets",
    "snmp-secret": "etc/snmp/snmpd.conf",
    "directory-root-password": "etc/ldap/slapd.conf",
    "directory-root-hash": "etc/ldap/slapd.conf",
    "haproxy-password": "etc/haproxy/haproxy.cfg",
    "haproxy-hash": "etc/haproxy/haproxy.cfg",
    "pgbouncer-password": "etc/pgbouncer/userlist.txt",
    "unattended-password": "srv/unattend.xml",
    "vpn-secret": "etc/ipsec.secrets",
    "vpn-user-password": "etc/openvpn/auth-user-pass",
    "samba-hash": "etc/samba/smbpasswd",
    "account-list-password": "etc/rsyncd.secrets",
    "daemon-password": "etc/squid.conf",
    "key-file": "srv/config/master.key",
    "bracketed-text": "srv/app.rb",
    "terraform-json-default": "srv/variables.tf.json",
    "boot-menu-password": "etc/grub.d/40_custom",
    "mount-secret": "etc/davfs2/secrets",
    "numbered-key": "etc/chrony/chrony.keys",
    "shared-key-of-list": "etc/stunnel/psk.txt",
    "realm-account-password": "srv/activemq/jetty-realm.properties",
    "paired-lines-password": "etc/vsftpd/logins.txt",
    "agent-community": "etc/telegraf/telegraf.conf",
    "test-plan-argument": "srv/plan.jmx",
}
"""Where the examples of rules stand that are for certain files only."""


@cache
def fast() -> SecretEngine:
    """Return the engine that uses hyperscan."""
    return SecretEngine(packaged_rules(), partial(HyperscanPrefilter, cache=None))


@cache
def slow() -> SecretEngine:
    """Return the engine that needs no other library."""
    return SecretEngine(packaged_rules())


def found(text: str | bytes, path: str = "srv/app.conf") -> list[SecretMatch]:
    """Return what the engine finds in a text; in the notation of examples where it is a str."""
    raw = expand(text).encode() if isinstance(text, str) else text
    return list(fast().find(raw, path=path))


def examples() -> list[tuple[Rule, str]]:
    """Return every example of every rule."""
    return [(rule, text) for rule in packaged_rules() for text in rule.examples]


def counterexamples() -> list[tuple[Rule, str]]:
    """Return every counter-example of every rule."""
    return [(rule, text) for rule in packaged_rules() for text in rule.counterexamples]


def path_of(rule: Rule) -> str:
    """Return where an example of a rule stands."""
    return PATHS.get(rule.id, "srv/app.conf")
