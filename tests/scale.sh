#!/usr/bin/env bash
# How long the reads of the accounts service take, and which indexes serve them: a table for a
# million accounts and five million contacts, over the wire, on a Postgres of its own whose
# data lie in a folder that is removed at the end.
#   tests/scale.sh                        the whole, in about ten minutes
#   KEYNODE_SCALE_ACCOUNTS=50000 …        fewer accounts (contacts: five times as many)
#   TMPDIR=FOLDER …                       where the data lie (about 10 GB); /tmp otherwise
set -euo pipefail
cd "$(dirname "$0")/.."
export TMPDIR=${TMPDIR:-/tmp}

# The crate that is measured is optimised; its dependencies are as the tests have built them.
cargo test --quiet --package keynode-accounts --all-features --test it \
    --config 'profile.dev.package.keynode-accounts.opt-level=2' \
    -- --ignored --nocapture --test-threads=1 it::scale
