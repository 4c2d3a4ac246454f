"""Servers: web, proxies, databases, caches, mail, names."""

from __future__ import annotations

from typing import Final

from scantling_analyzers.facts.binaries.rules.rule import V3, V23, Rule, Sign

_BUILD: Final = rb"(?<![\d.])(\d{1,3}\.\d{1,3}\.\d{1,3})"
_BUILD_IN_DOCKER: Final = Sign(b"buildkitsandbox-", _BUILD + rb"buildkitsandbox-\d{10}")
_BUILD_IN_CONTAINER: Final = Sign(b"000000000", _BUILD + rb"[0-9a-f]{12}-\d{10}000000000")
"""Redis writes version, host and time without anything between them; hosts are container ids."""
_ATOMIC: Final = Sign(b"-builtin\0", rb"\0" + V3 + rb"\0(?:c11|atomic|sync)-builtin\0")

SERVERS: Final = (
    Rule(
        name="openresty",
        cpe=("openresty:openresty",),
        files=(b"nginx", b"openresty"),
        signs=(
            Sign(
                b"nginx version: openresty/",
                rb"nginx version: openresty/(\d{1,3}(?:\.\d{1,3}){3}(?:rc\d{1,2})?)",
            ),
        ),
    ),
    Rule(
        name="nginx",
        cpe=("f5:nginx", "nginx:nginx"),
        files=(b"nginx", b"nginx-debug", b"openresty"),
        signs=(Sign(b"nginx version: ", rb"nginx version: [A-Za-z]{1,24}/" + V3),),
    ),
    Rule(
        name="httpd",
        cpe=("apache:http_server",),
        files=(b"httpd", b"apache2"),
        signs=(Sign(b"Apache/", rb"\0Apache/" + V3 + rb"[ \0]"),),
    ),
    Rule(
        name="lighttpd",
        cpe=("lighttpd:lighttpd",),
        files=(b"lighttpd",),
        signs=(Sign(b"\0lighttpd/", rb"\0lighttpd/" + V3 + rb"[ \0]"),),
    ),
    Rule(
        name="unit",
        cpe=("f5:nginx_unit",),
        files=(b"unitd",),
        signs=(Sign(b"unit version: ", rb"unit version: " + V3),),
    ),
    Rule(
        name="haproxy",
        cpe=("haproxy:haproxy",),
        files=(b"haproxy",),
        signs=(
            Sign(
                b", released 20",
                rb"version (\d{1,2}\.\d{1,3}(?:\.\d{1,3}|-(?:dev|rc)\d{1,3}))[^\s,\0]{0,40}"
                rb", released 20",
            ),
            Sign(b"HA-Proxy version ", rb"HA-Proxy version (\d{1,2}\.\d{1,3}(?:\.|-dev)\d{1,3})"),
        ),
    ),
    Rule(
        name="varnish",
        cpe=("varnish-software:varnish_cache", "varnish_cache_project:varnish_cache"),
        files=(b"varnishd",),
        signs=(Sign(b"varnish-", rb"[\0(]varnish-" + V3 + rb" revision "),),
    ),
    Rule(
        name="squid",
        cpe=("squid-cache:squid",),
        files=(b"squid",),
        signs=(Sign(b"\0squid/", rb"\0squid/" + V23 + rb"\0"),),
    ),
    Rule(
        name="envoy",
        cpe=("envoyproxy:envoy",),
        files=(b"envoy",),
        signs=(
            Sign(
                b"envoy_reloadable_features",
                rb"(?s)\0(1\.3\d\.\d{1,2})\0.{0,1000}envoy_reloadable_features",
            ),
            Sign(b"\0Unable to", rb"(?s)\0(1\.[12]\d\.\d{1,2})\0.{0,1000}\0Unable to"),
            Sign(b"ValidationError", rb"(?s)\0(1\.[12]\d\.\d{1,2})\0.{0,1000}ValidationError"),
        ),
    ),
    Rule(
        name="stunnel",
        cpe=("stunnel:stunnel",),
        files=(b"stunnel", b"stunnel4"),
        signs=(Sign(b"stunnel ", rb"stunnel (\d{1,2}\.\d{2}) on "),),
    ),
    Rule(
        name="keepalived",
        cpe=("keepalived:keepalived",),
        files=(b"keepalived",),
        signs=(Sign(b"Keepalived v", rb"Keepalived v" + V3 + rb" \("),),
    ),
    Rule(
        name="redis",
        cpe=("redis:redis", "redislabs:redis"),
        files=(b"redis-server", b"redis-check-rdb", b"redis-check-aof", b"redis-sentinel"),
        signs=(
            _BUILD_IN_DOCKER,
            _ATOMIC,
            _BUILD_IN_CONTAINER,
            Sign(b"Redis version ", rb"Redis version " + V3),
        ),
    ),
    Rule(
        name="valkey",
        cpe=("lfprojects:valkey", "linuxfoundation:valkey"),
        files=(b"valkey-server", b"valkey-check-rdb", b"valkey-check-aof", b"valkey-sentinel"),
        signs=(_BUILD_IN_DOCKER, _BUILD_IN_CONTAINER),
    ),
    Rule(
        name="memcached",
        cpe=("memcached:memcached",),
        files=(b"memcached",),
        signs=(Sign(b"memcached ", rb"\0memcached " + V3),),
    ),
    Rule(
        name="postgresql",
        cpe=("postgresql:postgresql",),
        files=(b"postgres",),
        signs=(
            Sign(
                b"(PostgreSQL) ",
                rb"postgres \(PostgreSQL\) "
                rb"(\d{1,2}(?:\.\d{1,3}){1,2}|\d{1,2}(?:alpha|beta|rc)\d)",
            ),
        ),
    ),
    Rule(
        name="pgbouncer",
        cpe=("pgbouncer:pgbouncer",),
        files=(b"pgbouncer",),
        signs=(Sign(b"PgBouncer ", rb"PgBouncer " + V3),),
    ),
    Rule(
        name="mariadb",
        cpe=("mariadb:mariadb",),
        files=(b"mariadbd", b"mariadb", b"mysqld", b"mysql", b"mysqladmin", b"mariadb-admin"),
        signs=(Sign(b"-MariaDB", rb"(?<![\d.])" + V3 + rb"-MariaDB"),),
        family="mysql",
    ),
    Rule(
        name="percona-server",
        cpe=("percona:percona_server", "oracle:mysql"),
        files=(b"mysqld", b"mysql", b"mysqladmin"),
        signs=(Sign(b"/percona-server-", rb"/percona-server-" + V3),),
        family="mysql",
    ),
    Rule(
        name="percona-xtradb-cluster",
        cpe=("percona:xtradb_cluster", "percona:percona_server", "oracle:mysql"),
        files=(b"mysqld", b"mysql", b"mysqladmin"),
        signs=(Sign(b"/Percona-XtraDB-Cluster-", rb"/Percona-XtraDB-Cluster-" + V3),),
        family="mysql",
    ),
    Rule(
        name="mysql",
        cpe=("oracle:mysql",),
        files=(b"mysqld", b"mysql", b"mysqladmin"),
        signs=(
            Sign(b"/mysql-", rb"/mysql-" + V3 + rb"(?:-[a-z\d]{1,16})?/"),
            Sign(b"\0mysql", rb"\0" + V3 + rb"\0{1,16}mysql"),
        ),
        family="mysql",
    ),
    Rule(
        name="percona-xtrabackup",
        cpe=("percona:xtrabackup",),
        files=(b"xtrabackup",),
        signs=(Sign(b"/percona-xtrabackup-", rb"/percona-xtrabackup-" + V3),),
    ),
    Rule(
        name="mongodb",
        cpe=("mongodb:mongodb",),
        files=(b"mongod", b"mongos"),
        signs=tuple(
            Sign(b"\0" + after, rb"(?<![\d.])" + V3 + rb"\0{1,8}" + after)
            for after in (b"tcmalloc", b"heap_size", b"cppdefines")
        ),
    ),
    Rule(
        name="arangodb",
        cpe=("arangodb:arangodb",),
        files=(b"arangosh", b"arangod"),
        signs=(
            Sign(
                b"[linux]",
                rb"(\d{1,2}\.\d{1,3}\.\d{1,3}(?:-\d{1,3})?) (?:enterprise )?\[linux\]",
            ),
        ),
    ),
    Rule(
        name="openldap",
        cpe=("openldap:openldap",),
        files=(b"slapd", b"ldapsearch"),
        signs=(Sign(b"$OpenLDAP: ", rb"\$OpenLDAP: [a-z]{1,24} " + V3),),
    ),
    Rule(
        name="proftpd",
        cpe=("proftpd:proftpd",),
        files=(b"proftpd",),
        signs=(
            Sign(
                b"\0ProFTPD Version ",
                rb"\0ProFTPD Version (\d{1,2}\.\d{1,2}\.\d{1,2}(?:[a-z]|rc\d)?)\0",
            ),
        ),
    ),
    Rule(
        name="vsftpd",
        cpe=("vsftpd_project:vsftpd",),
        files=(b"vsftpd",),
        signs=(Sign(b"vsftpd: version ", rb"vsftpd: version " + V3),),
    ),
    Rule(
        name="exim",
        cpe=("exim:exim",),
        files=(b"exim", b"exim4"),
        signs=(Sign(b"<<eximversion>>", rb"\0(4\.\d{2,3}(?:\.\d{1,2})?)\0<<eximversion>>"),),
    ),
    Rule(
        name="postfix",
        cpe=("postfix:postfix",),
        files=(b"master", b"postconf"),
        signs=(Sign(b"mail_version=", rb"\0mail_version=" + V3),),
    ),
    Rule(
        name="dovecot",
        cpe=("dovecot:dovecot",),
        files=(b"dovecot",),
        signs=(Sign(b"Dovecot v", rb"Dovecot v(\d{1,2}(?:\.\d{1,3}){2,3})"),),
    ),
    Rule(
        name="dnsmasq",
        cpe=("thekelleys:dnsmasq",),
        files=(b"dnsmasq",),
        signs=(Sign(b"\0dnsmasq-", rb"\0dnsmasq-(\d\.\d{2,3})"),),
    ),
    Rule(
        name="unbound",
        cpe=("nlnetlabs:unbound",),
        files=(b"unbound",),
        signs=(Sign(b"unbound ", rb"\0unbound " + V3 + rb"[\0\n]"),),
    ),
    Rule(
        name="mosquitto",
        cpe=("eclipse:mosquitto",),
        files=(b"mosquitto",),
        signs=(Sign(b"mosquitto version %s", rb"\0" + V3 + rb"\0{1,8}mosquitto version %s"),),
    ),
    Rule(
        name="fluent-bit",
        cpe=("treasuredata:fluent_bit",),
        files=(b"fluent-bit",),
        signs=(
            Sign(
                b"Fluent Bit",
                rb"\0" + V3 + rb"\0{1,4}(?:\x1b\[1m\0)?(?:%s)?Fluent Bit",
            ),
        ),
    ),
    Rule(
        name="tor",
        cpe=("torproject:tor",),
        files=(b"tor",),
        signs=(Sign(b"(on Tor ", rb"\(on Tor (\d(?:\.\d{1,2}){3}) ?"),),
    ),
)
"""All of them; within a family, and where two fit one file, in this order."""
