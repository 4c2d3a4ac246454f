"""``settings.md``: every environment variable."""

from __future__ import annotations

from typing import Final

from scantling.hosting.settings import (
    AdvisoriesRoleSettings,
    AnalyzerSettings,
    ExtractorSettings,
)
from scantling_analyzers.limits_file import limits_table
from scantling_common.settings import settings_table
from scantling_dispatcher.settings import DispatcherSettings
from scantling_reporter.settings import ReporterSettings
from scantling_sync.settings import SyncSettings

_INTRODUCTION: Final = """\
# Settings

Generated from the code by `make docs`. Services are configured by environment variables alone. A
secret may stand in a file instead, which `…_FILE` names. `scantling up` keeps everything on this
machine: it takes no notice of `SCANTLING_KAFKA` and `SCANTLING_MONGODB`, and makes its own keys.

"""
_LIMITS: Final = """
## Limits

What is read of layers and of the archives in them: the tables and keys of the TOML file that
`SCANTLING_LIMITS` names for the extractor and `up`, and `--limits` for `scantling scan`. What it
lacks stays as it is by default. Going over a limit makes an outcome *partial*, with the path or the
layer and the reason.

- Over `name_bytes`, `link_bytes` and `file_bytes` of `[layer]` the entry is left out, over
  `hostile_entries` entries are counted instead of named. Over `compressed_bytes` the layer is not
  fetched. Over any other limit of `[layer]` it is read up to there: what came before is listed.
- Over a limit of `[archive]` that archive is left out, or what of it is over the limit.

A layer that was cut by a limit is read again under other ones.

"""
_CLIENTS: Final = """
## Commands

| variable | default | what |
|---|---|---|
| `SCANTLING_SERVER` | `http://127.0.0.1:8686` | the server that client commands ask; `--server` |
| `SCANTLING_TOKEN_FILE` |  | file of the token that they ask with; `--token-file` |
| `SCANTLING_PROJECT` | `default` | the project that they are about; `--project` |
| `SCANTLING_ADVISORIES_FROM` |  | advisories in a registry that a scan fetches; `--offline` |
| `SCANTLING_ADVISORIES_PLAIN_HTTP` | `false` | that registry speaks http |
| `DOCKER_CONFIG` | `~/.docker` | where `scantling scan` finds the logins of registries |
| `NO_COLOR` |  | no colours, whatever its value |

## Tests

| variable | what |
|---|---|
| `SCANTLING_FAULT` | `POINT#N`: the process ends at the N-th passing of that side effect |
"""


def settings() -> str:
    """Return the document."""
    table = settings_table(
        {
            "sync": SyncSettings,
            "dispatcher": DispatcherSettings,
            "extractor": ExtractorSettings,
            "analyzer": AnalyzerSettings,
            "advisories": AdvisoriesRoleSettings,
            "reporter": ReporterSettings,
        }
    )
    return _INTRODUCTION + table + _LIMITS + limits_table() + _CLIENTS
