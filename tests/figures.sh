#!/usr/bin/env bash
# Prints what the release build weighs: size, time to SERVING with the database up, idle memory.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --quiet --release
exec tests/with-postgres.sh "$(tests/venv.sh)/bin/python" tests/python/figures.py target/release/keynode
