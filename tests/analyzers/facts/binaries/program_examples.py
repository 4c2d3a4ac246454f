"""What stands in real programs where their version is told, and what looks nearly like it.

For each rule: a file's name, bytes of it, and the version that they tell; None where they tell
none. The bytes are as compilers lay strings out, with what stands beside them.
"""

from __future__ import annotations

from typing import Final

Example = tuple[str, bytes, str | None]

EXAMPLES: Final[dict[str, tuple[Example, ...]]] = {
    "openresty": (
        ("nginx", b"\0nginx version: openresty/1.21.4.1\n\0", "1.21.4.1"),
        ("nginx", b"\0nginx version: nginx/1.21.4\n\0", None),
    ),
    "nginx": (
        ("nginx", b"\0nginx version: nginx/1.22.1\n\0", "1.22.1"),
        ("nginx", b"\0nginx version: openresty/1.21.4.1\n\0", "1.21.4"),
        ("nginx", b"\0Server: nginx/1.22.1\r\n\0", None),
        ("nginx-module", b"\0nginx version: nginx/1.22.1\n\0", None),
        ("nginx-1.22", b"\0nginx version: nginx/1.22.1\n\0", "1.22.1"),
        ("nginx_v1", b"\0nginx version: nginx/1.22.1\n\0", "1.22.1"),
    ),
    "httpd": (
        ("httpd", b"\0Apache/2.4.58 (Unix)\0", "2.4.58"),
        ("apache2", b"\0Apache/2\0Apache/2.4\0Apache/2.4.71\0", "2.4.71"),
        ("httpd", b"\0Apache/2.4\0", None),
    ),
    "lighttpd": (
        ("lighttpd", b"\0lighttpd/1.4.69\0", "1.4.69"),
        ("lighttpd", b"(lighttpd/1.4)\0", None),
    ),
    "unit": (
        ("unitd", b"\0unit version: 1.32.1\n\0", "1.32.1"),
        ("unitd", b"\0unit version: %s\n\0", None),
    ),
    "haproxy": (
        ("haproxy", b"\0 version 2.6.12-1+deb12u4, released 2026/10/17\0", "2.6.12"),
        ("haproxy", b"\0 version 3.0-dev3-1a2b3c4, released 2024/02/17\0", "3.0-dev3"),
        ("haproxy", b"\0HA-Proxy version 1.8.30 2021/04/12\0", "1.8.30"),
        ("haproxy", b"not supported any more since HAProxy version 2.5.\0", None),
    ),
    "varnish": (
        ("varnishd", b"\0varnish-7.1.1 revision 7cee1c581\0", "7.1.1"),
        ("varnishd", b"\0varnish-7.1\0", None),
    ),
    "squid": (
        ("squid", b"\0squid/5.7\0", "5.7"),
        ("squid", b"\0squid/%s\0", None),
    ),
    "envoy": (
        ("envoy", b"\x001.36.4\0x\0envoy_reloadable_features_a\0", "1.36.4"),
        ("envoy", b"\x001.22.11\0x\0Unable to parse\0", "1.22.11"),
        ("envoy", b"\x001.14.3\0x\0ValidationError\0", "1.14.3"),
        ("envoy", b"\x001.36.4\0" + bytes(1200) + b"envoy_reloadable_features_a\0", None),
    ),
    "stunnel": (
        ("stunnel4", b"\0stunnel 5.68 on x86_64-pc-linux-gnu platform\0", "5.68"),
        ("stunnel4", b"\0stunnel %s on %s platform\0", None),
    ),
    "keepalived": (
        ("keepalived", b"\0Keepalived v2.2.7 (01/16,2022)\0", "2.2.7"),
        ("keepalived", b"\0Keepalived v2\0", None),
    ),
    "redis": (
        ("redis-server", b"\x007.0.14buildkitsandbox-1702957741000000000\0", "7.0.14"),
        ("redis-server", b"\x004.0.11841ce7054bd9-1542359302000000000\0", "4.0.11"),
        ("redis-check-rdb", b"\0err\x007.0.15\0c11-builtin\0", "7.0.15"),
        ("redis-server", b"\0Server started, Redis version 2.8.23\0", "2.8.23"),
        ("redis-server", b"\x007.0.151790282056000000000\0", None),
        ("redis-cli", b"\0Redis version 2.8.23\0", None),
    ),
    "valkey": (
        ("valkey-server", b"valkey9.0.0buildkitsandbox-1764887574000000000\0", "9.0.0"),
        ("valkey-server", b"\x007.2.4\0c11-builtin\0", None),
    ),
    "memcached": (
        ("memcached", b"listen\0memcached 1.6.18\0udp-port\0", "1.6.18"),
        ("memcached", b"\0run memcached as user\0", None),
    ),
    "postgresql": (
        ("postgres", b"\0postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\0", "15.20"),
        ("postgres", b"\0postgres (PostgreSQL) 9.6.24\n\0", "9.6.24"),
        ("postgres", b"\0postgres (PostgreSQL) 17beta2\n\0", "17beta2"),
        ("postgres", b"\0PostgreSQL protocol 3.0\0", None),
    ),
    "pgbouncer": (
        ("pgbouncer", b"\0PgBouncer 1.18.0\0", "1.18.0"),
        ("pgbouncer", b"\0PgBouncer %s\0", None),
    ),
    "mariadb": (
        ("mariadbd", b"\x0010.11.19-MariaDB\0x86_64\0", "10.11.19"),
        ("mysqld", b"\x005.5.5-10.3.39-MariaDB-0+deb10u1\0", "10.3.39"),
        ("mariadbd", b"\x0010.11.19\0", None),
    ),
    "percona-server": (
        ("mysqld", b"/src/percona-server-8.0.36-28/sql/mysqld.cc\0", "8.0.36"),
        ("mysqld", b"/src/percona-toolkit-3.0.1/x\0", None),
    ),
    "percona-xtradb-cluster": (
        ("mysqld", b"/src/Percona-XtraDB-Cluster-8.0.36/sql/mysqld.cc\0", "8.0.36"),
        ("mysqld", b"/src/Percona-XtraDB-Cluster/sql/mysqld.cc\0", None),
    ),
    "mysql": (
        ("mysqld", b"/pb2/build/sb_0-1/release/mysql-8.0.4-rc/mysys_ssl/my.cc\0", "8.0.4"),
        ("mysql", b"shutdown\x008.0.37\0\0\0\0mysql_real_escape\0", "8.0.37"),
        ("mysql", b"\x0010.11.19-MariaDB\0\x0010.11.19\0mysql_native_password\0", None),
    ),
    "percona-xtrabackup": (
        ("xtrabackup", b"/src/percona-xtrabackup-8.0.35-30/storage\0", "8.0.35"),
        ("xtrabackup", b"xtrabackup version %s\0", None),
    ),
    "mongodb": (
        ("mongod", b"\x006.0.27\0tcmalloc\0", "6.0.27"),
        ("mongod", b"\x007.0.28\0\0heap_size\0", "7.0.28"),
        ("mongos", b"\x008.0.17\0cppdefines\0", "8.0.17"),
        ("mongod", b"\x006.0\0tcmalloc\0", None),
    ),
    "arangodb": (
        ("arangosh", b"\x003.11.8-1 enterprise [linux]\0", "3.11.8-1"),
        ("arangosh", b"\x003.11.8 [darwin]\0", None),
    ),
    "openldap": (
        ("slapd", b"@(#) $OpenLDAP: slapd 2.5.13+dfsg-5 (Feb  8 2023) $\0", "2.5.13"),
        ("ldapsearch", b"$OpenLDAP$\0", None),
    ),
    "proftpd": (
        ("proftpd", b"\0ProFTPD Version 1.3.8b\0", "1.3.8b"),
        ("proftpd", b"\0ProFTPD Version: %s\0", None),
    ),
    "vsftpd": (
        ("vsftpd", b"\0vsftpd: version 3.0.3\n\0", "3.0.3"),
        ("vsftpd", b"\0vsftpd: not found\0", None),
    ),
    "exim": (
        ("exim4", b"<<eximcnumber>>\x004.96\0<<eximversion>>\0", "4.96"),
        ("exim", b"<<eximcnumber>>\0<<eximversion>>\0", None),
    ),
    "postfix": (
        ("master", b"\0mail_version=3.7.11\0", "3.7.11"),
        ("postconf", b"\0$mail_name $mail_version\0", None),
    ),
    "dovecot": (
        ("dovecot", b"\0Dovecot v2.3.19.1 (9b53102964) starting up\0", "2.3.19.1"),
        ("dovecot", b"\0Dovecot v%s starting up\0", None),
    ),
    "dnsmasq": (
        ("dnsmasq", b"\0dnsmasq-2.90\0", "2.90"),
        ("dnsmasq", b"\0dnsmasq-dhcp\0", None),
    ),
    "unbound": (
        ("unbound", b"\0unbound 1.17.1\0", "1.17.1"),
        ("unbound", b"\0start unbound 1\0", None),
    ),
    "mosquitto": (
        ("mosquitto", b"mapping.\x002.0.11\0mosquitto version %s\n\0", "2.0.11"),
        ("mosquitto", b"\0mosquitto version %s starting\0", None),
    ),
    "fluent-bit": (
        ("fluent-bit", b"\x003.0.2\0%sFluent Bit v%s\0", "3.0.2"),
        ("fluent-bit", b"\x001.7.0\0\x1b[1m\0%sFluent Bit\0", "1.7.0"),
        ("fluent-bit", b"\0Fluent Bit\0", None),
    ),
    "tor": (
        ("tor", b"\0 (on Tor 0.4.9.11 )\0", "0.4.9.11"),
        ("tor", b"not supported by Tor 0.1.2.17 and later\0", None),
    ),
    "python": (
        ("python3.11", b"\x003.11.2\0", "3.11.2"),
        ("libpython3.13t.so.1.0", b"\x003.13.0rc1+\0", "3.13.0rc1"),
        ("libpython3.11.so.1.0", b"\x003.12.1\0", None),
        ("python3.11", b"\x003.11.2\0\x003.11.9\0", None),
        ("python3", b"\x003.11.2\0", None),
        ("python3", b"\0PYTHONHOME\0\x003.2.0\0\x003.11.2\0", "3.11.2"),
        ("python", b"\0PYTHONHOME\0\x003.13.0rc1+\0", "3.13.0rc1"),
    ),
    "pypy": (
        ("libpypy3.10-c.so", b"[PyPy 7.3.15 with GCC 10.2.1]\0", "7.3.15"),
        ("libpypy3.10-c.so", b"[PyPy %d.%d.%d\0", None),
    ),
    "node": (
        ("node", b"\0node.js/v26.12.1\0", "26.12.1"),
        ("libnode.so.108", b"release/v18.20.4/node-v18.20.4.tar.gz\0", "18.20.4"),
        ("node", b"\0node v0.10.48\0", "0.10.48"),
        ("node", b"\0v0.12.18\0", "0.12.18"),
        ("node", b"\0node-v108\0", None),
    ),
    "deno": (
        ("deno", b"over2.9.62.9.6+e518fbdDeno/2.9.6Deno/2.9.6+e518fbde518", "2.9.6"),
        ("deno", b"version Deno/1.41.0 (", "1.41.0"),
        ("deno", b"Deno/0.80.0 Deno/1.41.0", None),
    ),
    "bun": (
        ("bun", b"\0Bun/1.4.5\0", "1.4.5"),
        ("bunx", b"\0Bun v1.4.5 (Linux x64)\0", "1.4.5"),
        ("bun", b"\0bun-v\0", None),
    ),
    "ruby": (
        ("ruby", b"\0ruby 3.1.2p20 (2022-04-12 revision 4491bb740a)\0", "3.1.2"),
        ("libruby.so.3.4.0", b"\0ruby 3.4.0rc1 (2024-12-12 master)\0", "3.4.0rc1"),
        ("ruby", b"\0ruby 3.1.2 is needed\0", None),
    ),
    "perl": (
        ("perl", b"\0PERL_INTERNAL_RAND_SEED\0v5.36.0\0", "5.36.0"),
        ("libperl.so.5.36.0", b"/usr/local/lib/perl5/5.38.0/x86_64\0", "5.38.0"),
        ("perl", b"\0v5.36\0", None),
    ),
    "php": (
        ("php8.2", b"\0X-Powered-By: PHP/8.2.36\0", "8.2.36"),
        ("libphp.so", b"\0X-Powered-By: PHP/8.4.0RC1\0", "8.4.0RC1"),
        ("php-fpm", b"\0PHP/8\0", None),
    ),
    "openjdk": (
        ("java", b"\0openjdk\0java\x000.0\x0017.0.9+9\0", "17.0.9+9"),
        ("java", b"\x000.0\0\0\0\x0011.0.22+7-LTS\0openjdk\0java\0", "11.0.22+7-LTS"),
        ("java", b"\x000.0\0\0\0\x0011.0.22+7\0\0openjdk\0java\0", "11.0.22+7"),
        ("java", b"\0openjdk\0java\x001.8\x001.8.0_352-b08\0", "1.8.0_352-b08"),
        (
            "libjvm.so",
            b"\0OpenJDK 64-Bit Server VM (17.0.21+2-1) for linux-amd64 JRE (17.0.21+2-1), built\0",
            "17.0.21+2-1",
        ),
        ("java", b"\0java\0java\x001.8\x001.8.0_451-b10\0", None),
    ),
    "jdk": (
        ("java", b"\0java\0java\x001.8\x001.8.0_451-b10\0", "1.8.0_451-b10"),
        (
            "libjvm.so",
            b"\0Java HotSpot(TM) 64-Bit Server VM (25.451-b10) for linux-amd64 JRE (1.8.0_451-b10)",
            "1.8.0_451-b10",
        ),
        ("java", b"\0openjdk\0java\x000.0\x0017.0.9+9\0", None),
    ),
    "erlang": (
        ("erlexec", b"/usr/src/otp_src_25.3.2.6/erts/etc/common\0", "25.3.2.6"),
        ("beam.smp", b"/usr/local/src/otp-26.2/erts/x\0", "26.2"),
        ("beam.smp", b"/src/otp-OTP-26.2.1/erts/x\0", "26.2.1"),
        ("beam.smp", b"/build/erlang-25.2.3+dfsg/erts/x\0", "25.2.3"),
        ("beam.smp", b"\x0026.1.2\0\0\0Erlang/OTP\0", "26.1.2"),
        ("beam.smp", b"runtime system than the current (Erlang/OTP 25)\0", None),
    ),
    "julia": (
        ("libjulia-internal.so.1.10", b"__init__\x001.10.2\0verify\0", "1.10.2"),
        ("libjulia-internal.so", b"__init__\0verify\0", None),
    ),
    "dart": (
        ("dart", b"\x003.5.2 (stable) (Wed Aug 28)\0", "3.5.2"),
        ("dart", b"\x003.6.0-216.1.beta (beta) (x)\0", "3.6.0-216.1.beta"),
        ("dart", b"\0 (stable)\0", None),
    ),
    "ghc": (
        ("ghc", b"\0libHSghc-9.0.2-ghc9.0.2.so\0", "9.0.2"),
        ("ghc-9.8.1", b"\0GHC 9.8.1\0", "9.8.1"),
        ("ghc", b"\0libHSghci-9.0.2-ghc9.0.2.so\0", None),
    ),
    "rust": (
        ("libstd-0123456789abcdef.so", b"LLVM (rustc version 1.48.0 (7eac88abb 2020))\0", "1.48.0"),
        (
            "librustc_driver-0123456789abcdef.so",
            b"rustc version 1.97.0-nightly (7eac88abb 2026-11-16)\0",
            "1.97.0-nightly",
        ),
        ("librustc_driver-0123456789abcdef.so", b"/usr/src/rustc-1.63.0/library/a.rs\0", "1.63.0"),
        ("libstd-0123456789abcdef.so", b"rustc version unknown\0", None),
        ("libstd-1.so", b"rustc version 1.48.0 (7eac88abb 2020)\0", None),
    ),
    "gcc": (
        ("gcc", b"\x0012.2.0\0(GNU) \0gcc version %s %s\n\0", "12.2.0"),
        (
            "x86_64-linux-gnu-gcc-12",
            b"\x0012.2.0\0(Debian 12.2.0-14) \0gcc version %s %s\n\0",
            "12.2.0",
        ),
        ("gcc", b"\0gcc version %s %s\n\0", None),
    ),
    "lua": (
        ("lua5.4", b"$LuaVersion: Lua 5.4.4  Copyright (C) 1994\0", "5.4.4"),
        ("lua", b"\0Lua 5.4\0", None),
    ),
    "luajit": (
        ("libluajit-5.1.so.2", b"\0LuaJIT 2.1.0-beta3\0", "2.1.0-beta3"),
        ("luajit", b"\0LuaJIT 2.1.1700008891 --\0", "2.1.1700008891"),
        ("luajit", b"\0LuaJIT 2\0", None),
    ),
    "tcl": (
        ("libtcl8.6.so", b"\x008.6.13\0tcl_patchLevel\0", "8.6.13"),
        ("libtcl8.6.so", b"\x008.6\0tcl_version\0", None),
    ),
    "swipl": (
        ("libswipl.so.9", b"/src/swipl-9.0.4/src/pl.c\0", "9.0.4"),
        ("swipl", b"\0libswipl.so.9\0", None),
    ),
    "busybox": (
        ("busybox", b"\0BusyBox v1.35.0 (Debian 1:1.35.0-4)\0", "1.35.0"),
        ("sh", b"\0BusyBox v1.35.0\0", "1.35.0"),
        ("ls", b"\0BusyBox v1.35.0\0", None),
        ("busybox", b"\0BusyBox\0", None),
    ),
    "bash": (
        ("bash", b"@(#)Bash version 5.2.15(1) release GNU\0", "5.2.15"),
        ("bash", b"GNU bash, version %s\0", None),
    ),
    "curl": (
        ("curl", b"\0curl/7.88.1\0", "7.88.1"),
        ("curl", b"\0curl 7.88.1 (x86_64-pc-linux-gnu) %s\n\0", "7.88.1"),
        ("libcurl.so.4.8.0", b"\0libcurl/7.88.1\0", "7.88.1"),
        ("curl", b"\0libcurl/7.88.1\0", None),
    ),
    "wget": (
        ("wget", b"GNU Wget\0-Wall\x001.21.3\0", "1.21.3"),
        ("wget", b"-Wall\x001.21.3\0", None),
        ("wget", b"GNU Wget\0\x001.21.3\0\x001.24\0", None),
    ),
    "git": (
        ("git", b"\xff\xfegit/2.39.5\0GIT_USER_AGENT\0", "2.39.5"),
        ("git", b"\0git/2.45.0-rc1\0", "2.45.0-rc1"),
        ("git", b"/.git/2.39.5\0", None),
    ),
    "openssl": (
        ("openssl", b"\0OpenSSL 3.0.22 25 Aug 2026\0", "3.0.22"),
        ("libcrypto.so.1.1", b"\0OpenSSL 1.1.1k  FIPS 25 Mar 2021\0", "1.1.1k"),
        ("libssl.so.1.0.2k", b"\0OpenSSL 1.0.2k-fips  26 Jan 2017\0", "1.0.2k"),
        ("openssl", b"\0OpenSSL 1.1.1 (compatible; AWS-LC 1.69.0)\0", None),
    ),
    "libressl": (
        ("libcrypto.so.52", b"\0LibreSSL 3.8.2\0", "3.8.2"),
        ("libcrypto.so.52", b"\0LibreSSL\0", None),
    ),
    "aws-lc": (
        ("openssl", b"\0OpenSSL 1.1.1 (compatible; AWS-LC 1.69.0)\0", "1.69.0"),
        ("bssl", b"\0AWS-LC FIPS\0", None),
    ),
    "openssh": (
        ("sshd", b"\0OpenSSH_9.2\0OpenSSH_9.2p1 Debian-2\0", "9.2p1"),
        ("ssh", b"\0OpenSSH_2.*,OpenSSH_3.0*\0", None),
    ),
    "sudo": (
        ("sudo", b"\0Sudo version %s\n\x001.9.13p3\0", "1.9.13p3"),
        ("sudo", b"\0Sudo version %s\n\0", None),
    ),
    "util-linux": (
        ("getopt", b"\0util-linux 2.38.1\0", "2.38.1"),
        ("getopt", b"/util-linux.debug\0", None),
    ),
    "xz": (
        ("xz", b"\0xz (XZ Utils) 5.4.1\0", "5.4.1"),
        ("liblzma.so.5.6.1", b"\x005.6.1\0XZ_5.1.2alpha\0", "5.6.1"),
        ("xz", b"\0XZ Utils\0", None),
    ),
    "zstd": (
        ("zstd", b"\0v1.5.4\0Zstandard CLI\0", "1.5.4"),
        ("libzstd.so.1.5.4", b"\x851.5.4\0", "1.5.4"),
        ("zstd", b"\0v1.5.4\0", None),
    ),
    "gawk": (
        ("gawk", b"\0GNU Awk 5.2.1\0", "5.2.1"),
        ("gawk", b"\0GNU Awk\0", None),
    ),
    "tini": (
        ("tini", b"\0tini version 0.19.0\0", "0.19.0"),
        ("tini", b"\0tini version\0", None),
    ),
    "jq": (
        ("jq", b"jq: error\0\x001.6\0", "1.6"),
        ("jq", b"jq: error\0\0jq-1.7.1\0", "1.7.1"),
        ("jq", b"\x001.6\0", None),
    ),
    "ffmpeg": (
        ("ffmpeg", b"\0%s version 5.1.9-0+deb12u1\0", "5.1.9"),
        ("libavcodec.so.59", b"\0FFmpeg version n6.0\0", "6.0"),
        ("ffmpeg", b"\0%s version %s\0", None),
    ),
    "imagemagick": (
        ("libMagickCore-6.Q16.so.6", b"\0ImageMagick 6.9.11-60 Q16 x86_64\0", "6.9.11-60"),
        ("magick", b"\0ImageMagick 6\0", None),
    ),
    "chrome": (
        ("chromium", b"timer\x00156.0.8078.108\0chrome\0", "156.0.8078.108"),
        ("chrome", b"\x00127.0.6533.119\0Default\0", "127.0.6533.119"),
        ("chrome", b"\x00127.0.0.1\0chrome\0", None),
    ),
    "glibc": (
        (
            "libc.so.6",
            b"GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\n\0",
            "2.36",
        ),
        ("libc-2.31.so", b"GNU C Library (GNU libc) stable release version 2.31.\n\0", "2.31"),
        ("libc.so.6", b"GNU C Library\0", None),
    ),
    "musl": (
        ("ld-musl-x86_64.so.1", b"musl libc (x86_64)\0\x001.2.3\0", "1.2.3"),
        ("libc.so", b"\x001.2.3\0", None),
    ),
    "zlib": (
        ("libz.so.1.2.13", b" deflate 1.2.13 Copyright 1995-2022 Jean-loup Gailly\0", "1.2.13"),
        ("libz.so.1", b" inflate 1.3 Copyright 1995-2023 Mark Adler \0", None),
        ("libz.so.1", b" inflate 1.3.1 Copyright 1995-2024 Mark Adler \0", "1.3.1"),
    ),
    "sqlite": (
        ("libsqlite3.so.0.8.6", b"sqlite_master\0\0\x003.40.1\0", "3.40.1"),
        ("sqlite3", b"\x003.40.1\0", None),
    ),
    "expat": (
        ("libexpat.so.1.8.10", b"\0expat_2.5.0\0", "2.5.0"),
        ("libexpat.so.1", b"\0expat_malloc\0", None),
    ),
    "libarchive": (
        ("libarchive.so.13", b"\0libarchive 3.6.2\0", "3.6.2"),
        ("libarchive.so.13", b"\0libarchive 3\0", None),
    ),
    "gnutls": (
        ("libgnutls.so.30", b"Enabled GnuTLS 3.7.9 logging...\n\0", "3.7.9"),
        ("libgnutls.so.30", b"GnuTLS\0", None),
    ),
    "pcre2": (
        ("libpcre2-8.so.0.11.2", b"\x0010.42 2022-12-11\0", "10.42"),
        ("libpcre2-8.so.0", b"\x0010.42\0", None),
    ),
    "nghttp2": (
        ("libnghttp2.so.14.24.1", b"\x011.52.0\0", "1.52.0"),
        ("libnghttp2.so.14", b"\x011.52.0\0\x011.53.0\0", None),
    ),
    "c-ares": (
        ("libcares.so.2.5.1", b"\x001.18.1\0", "1.18.1"),
        ("libcares.so.2", b"\x001.18\0", None),
    ),
    "qtbase": (
        ("libQt5Core.so.5", b"\0Qt 5.15.8 (x86_64-little_endian-lp64)\0", "5.15.8"),
        ("libQtCore.so.4", b"QtCore library version 4.8.7\0", "4.8.7"),
        ("libQt6Core.so.6", b"\0Qt %s\0", None),
    ),
}
