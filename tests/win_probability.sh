#!/usr/bin/env bash
# What win models are worth on real data, through the public RPCs, on a Postgres of its own: a
# hundred trainings on 448 deals (learnt, and as a card of whole points), a negative control, and
# how long 10,000 deals of 25 factors take. SKIPPED where ../shared/data is not there.
set -euo pipefail
cd "$(dirname "$0")/.."

# The crate that is measured is optimised; its dependencies are as the tests have built them.
cargo test --quiet --package keynode-scoring --all-features --test it \
    --config 'profile.dev.package.keynode-scoring.opt-level=3' \
    -- --ignored --nocapture --test-threads=1 win_figures::
