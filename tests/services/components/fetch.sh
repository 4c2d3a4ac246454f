# Fetches real components into the folder that is named: by mvn, and by npm and pip where they are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=$1
python=$2
for set in vulnerable fixed; do
  mvn --quiet --batch-mode -Dstyle.color=never --file "$here/pom.xml" "dependency:copy@$set" "-Dplace=$place"
done
# The wheels for Windows hold nothing but the metadata: what is to be recognised, without half a gigabyte.
for version in 2.11.0:vulnerable 2.17.1:fixed; do
  "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --platform win_amd64 --python-version 3.10 --dest "$place/${version#*:}" "tensorflow==${version%:*}"
done
if command -v npm >/dev/null; then
  npm pack --silent --pack-destination "$place/vulnerable" bootstrap@3.3.7 >/dev/null
  npm pack --silent --pack-destination "$place/fixed" bootstrap@5.3.8 >/dev/null
fi
