#!/usr/bin/env bash
# How well and how fast matching and search are, through the RPCs, on a Postgres of its own.
#   tests/matching.sh            figures on ../shared/data (SKIPPED where it is not there)
#   tests/matching.sh scale      also what tests/scale.sh prints: times on a million accounts and five million contacts;
#                                KEYNODE_SCALE_ACCOUNTS=50000 for fewer (contacts: five times as many)
# KEYNODE_PREDICTIONS=FOLDER keeps the answers there, for `evaluate.py match` and `clusters`.
set -euo pipefail
cd "$(dirname "$0")/.."

# The crate that is measured is optimised; its dependencies are as the tests have built them.
measure() {
    cargo test --quiet --package keynode-accounts --all-features --test it \
        --config 'profile.dev.package.keynode-accounts.opt-level=2' \
        -- --ignored --nocapture --test-threads=1 "$@"
}

case "${1:-}" in
    "") measure it::matching_figures ;;
    scale) measure it::matching_figures it::scale ;;
    *)
        echo "usage: tests/matching.sh [scale]" >&2
        exit 2
        ;;
esac
