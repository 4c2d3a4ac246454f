"""Registers the sample registry, once, and writes its configuration with the webhook in it."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

CONFIG = Path("/registry-config/config.yml")
PATIENCE = 120.0


def main() -> None:
    """Do nothing where the configuration is there already."""
    if CONFIG.exists():
        return
    _wait()
    _call("POST", "/api/v1/projects", {"id": "default"}, tolerate=409)
    registry = _call(
        "POST",
        "/api/v1/registries",
        {
            "name": "sample",
            "url": "http://registry:5000",
            "plain_http": True,
            "allow_private": True,
        },
    )
    config = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": "/var/lib/registry"}},
        "http": {"addr": ":5000"},
        **json.loads(registry["webhook"]["configuration"]),
    }
    # JSON is YAML; it appears whole or not at all.
    draft = CONFIG.with_suffix(".draft")
    draft.write_text(json.dumps(config, indent=2))
    draft.replace(CONFIG)


def _wait() -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            _call("GET", "/api/v1/projects")
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(1)
        else:
            return


def _call(method: str, path: str, body: object = None, *, tolerate: int = 0) -> Any:
    token = Path(os.environ["SCANTLING_TOKEN_FILE"]).read_text().strip()
    request = urllib.request.Request(  # noqa: S310  # the address is the operator's
        os.environ["SCANTLING_SERVER"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # as above
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == tolerate:
            return None
        raise


if __name__ == "__main__":
    main()
