"""Registers the sample registry and writes its configuration with the webhook in it, once.

A run that ended in between is repeated: the secret of the webhook is drawn here, before anything
is asked for, and a registry that is there already is given it anew.
"""

from __future__ import annotations

import json
import os
import secrets
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

CONFIG = Path("/registry-config/config.yml")
PATIENCE = 120.0
NAME = "sample"
BASE = """\
version: 0.1
storage:
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
"""


def main() -> None:
    """Do nothing where the configuration is there already."""
    if CONFIG.exists():
        return
    _wait()
    _call("POST", "/api/v1/projects", {"id": "default"}, tolerate=409)
    registry = _registered(secrets.token_hex(32))
    # It appears whole or not at all.
    draft = CONFIG.with_suffix(".draft")
    draft.write_text(BASE + registry["webhook"]["configuration"])
    draft.replace(CONFIG)


def _registered(secret: str) -> Any:
    registry = {
        "name": NAME,
        "url": "http://registry:5000",
        "plain_http": True,
        "allow_private": True,
        "webhook_secret": secret,
    }
    made = _call("POST", "/api/v1/registries", registry, tolerate=409)
    if made is not None:
        return made
    known = _call("GET", "/api/v1/registries?project=default&page_size=100")["items"]
    id_ = next(each["id"] for each in known if each["name"] == NAME)
    return _call("PATCH", f"/api/v1/registries/{id_}", {"webhook_secret": secret})


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
