# Fetches what the oracles need beside the packages of Debian into .cache/oracles, by each ecosystem's own client.
# From Debian: dpkg, python3-rpm, libalpm13, ruby, php-composer-semver, perl, elixir, mono-runtime, mono-mcs, r-base-core, nodejs, cargo.
set -eu
cd "$(dirname "$0")/../.."
place=$PWD/.cache/oracles
here=$PWD/tests/oracles
mkdir -p "$place"
npm install --silent --no-audit --no-fund --prefix "$place" semver@7.8.6 nuget-exe@5.8.0
python3 -m venv "$place/conan"
"$place/conan/bin/python" -m pip install --quiet 'conan==2.34.0'
mkdir -p "$place/cargo-source"
cp -r "$here/cargo/." "$place/cargo-source"
cargo build --quiet --release --manifest-path "$place/cargo-source/Cargo.toml" --target-dir "$place/cargo"
mcs -out:"$place/nuget-order.exe" "$here/tools/nuget.cs"
