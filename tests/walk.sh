#!/usr/bin/env bash
# A client in another language walks the Zhang case through `keynode up` by reflection only.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(tests/venv.sh)/bin/python
folder=$(mktemp --directory)
# Started by root, Postgres runs as another user, who must be able to come here.
chmod 755 "$folder"
target/debug/keynode up --data "$folder/data" --set server.listen=127.0.0.1:0 --set ops.listen= \
    >"$folder/up.log" 2>"$folder/up.err" &
keynode=$!
trap 'kill -INT "$keynode" 2>/dev/null && wait "$keynode" || true; rm -rf "$folder"' EXIT

until grep --quiet 'Try next' "$folder/up.log"; do
    kill -0 "$keynode" || { cat "$folder/up.err" >&2; exit 1; }
    sleep 0.1
done
endpoint=$(sed --quiet 's#.*gRPC http://\([0-9.:]*\).*#\1#p' "$folder/up.log")
"$python" tests/python/zhang.py "$endpoint" "$folder/data/tokens/administrator"
