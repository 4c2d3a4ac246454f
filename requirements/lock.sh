#!/usr/bin/env bash
# Resolves the dependencies of all members into run.txt and dev.txt: for every supported Python and
# platform at once, with hashes, without URLs. Usage: lock.sh UV [--upgrade]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
uv=$1
shift

compile() { # OUTPUT INPUT…
  local output=$1
  shift
  "$uv" --quiet pip compile --universal --python-version 3.11 --generate-hashes \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
    --no-emit-package scantling --no-emit-package scantling-common \
    --no-emit-package scantling-sync --no-emit-package scantling-dispatcher \
    --no-emit-package scantling-analyzers --no-emit-package scantling-reporter \
    --output-file "$output" "${extra[@]}" "$@" >/dev/null
}

extra=("$@")
compile requirements/run.txt requirements/members.in requirements/build.in
compile requirements/dev.txt requirements/members.in requirements/build.in requirements/dev.in \
  --constraints requirements/run.txt
