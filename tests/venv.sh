#!/usr/bin/env bash
# Makes the Python environment of the tests, unless it is there, and prints where it is.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=$PWD/target/venv
wanted=tests/requirements.txt
if ! cmp --quiet "$wanted" "$venv/installed.txt"; then
    python3 -m venv --clear "$venv" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" >&2
    cp "$wanted" "$venv/installed.txt"
fi
echo "$venv"
