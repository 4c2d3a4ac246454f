"""Which paths are never searched for secrets."""

from __future__ import annotations

import time

import pytest

from scantling_common.unchecked_paths.default import DEFAULT_PATHS, is_unchecked_by_default


@pytest.mark.parametrize(
    ("path", "unchecked"),
    [
        (b"usr/share/doc/a", True),
        (b"usr", False),
        (b"usrx/a", False),
        (b"srv/usr/a", False),
        (b"lib/a", True),
        (b"lib32/a", True),
        (b"lib64/a", False),
        (b"bin/a", True),
        (b"sbin/a", True),
        (b"var/lib/dpkg/status", True),
        (b"var/log/a.log", True),
        (b"var/www/a", False),
        (b"node_modules/a/README.md", True),
        (b"srv/node_modules/README.md", True),
        (b"srv/node_modules/a/b/README.md", True),
        (b"srv/my_node_modules/README.md", False),
        (b"srv/README.md", False),
        (b"srv/node_modules/a/index.js", False),
        (b"srv/node_modules/a/test/b/c.js", True),
        (b"srv/node_modules/test/c.pem", True),
        (b"srv/node_modules/a/test", False),
        (b"srv/node_modules/a/tests/c.js", False),
        (b"srv/test/node_modules/a/c.js", False),
        (b"go/service/iam/examples_test.go", True),
        (b"service/iam/examples_test.go", True),
        (b"go/microservice/iam/examples_test.go", False),
        (b"go/service/iam/example_test.go", False),
        (b"srv/grafana/public/build/app.js", True),
        (b"grafana/public/build/x/app.js", True),
        (b"grafana/public/build/app.json", False),
        (b"mygrafana/public/build/app.js", False),
        (b"etc/passwd", False),
    ],
)
def test_a_path_is_one_of_the_list_or_is_not(path: bytes, *, unchecked: bool) -> None:
    assert is_unchecked_by_default(path) is unchecked


def test_the_list_is_that_of_the_requirement() -> None:
    assert len(DEFAULT_PATHS) == 11


def test_a_path_made_to_hurt_takes_no_time() -> None:
    path = b"node_modules/" * 4000 + b"a"
    begun = time.process_time()
    for _ in range(200):
        is_unchecked_by_default(path)
    assert time.process_time() - begun < 1
