#!/usr/bin/env bash
# Deals and their past from real data, with exact counts (SKIPPED where ../shared/data is not
# there), and any number of deals through one stream, on a Postgres of its own:
#   tests/pipeline_import.sh                     the whole
#   KEYNODE_IMPORT_ROWS=100000 …                 fewer than 750,000 rows in the stream
set -euo pipefail
cd "$(dirname "$0")/.."

# The crate that is measured is optimised; its dependencies are as the tests have built them.
cargo test --quiet --package keynode-pipeline --all-features --test it \
    --config 'profile.dev.package.keynode-pipeline.opt-level=2' \
    -- --ignored --nocapture --test-threads=1 import_figures::
