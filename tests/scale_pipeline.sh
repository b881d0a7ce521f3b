#!/usr/bin/env bash
# How long lists and boards of the pipeline service take, and which indexes serve them: a table
# for a million deals, over the wire, on a Postgres of its own whose data lie in a folder that is
# removed at the end.
#   tests/scale_pipeline.sh               the whole, in some minutes
#   KEYNODE_SCALE_DEALS=100000 …          fewer deals
#   TMPDIR=FOLDER …                       where the data lie (about 3 GB); /tmp otherwise
set -euo pipefail
cd "$(dirname "$0")/.."
export TMPDIR=${TMPDIR:-/tmp}

# The crate that is measured is optimised; its dependencies are as the tests have built them.
cargo test --quiet --package keynode-pipeline --all-features --test it \
    --config 'profile.dev.package.keynode-pipeline.opt-level=2' \
    -- --ignored --nocapture --test-threads=1 scale
