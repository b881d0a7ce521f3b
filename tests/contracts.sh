#!/usr/bin/env bash
# Checks the contracts under proto/: lint, format, and that nothing breaks those who use them.
#
# They may not break what was published: the newest of the last release (tag v*), the last
# commit whose message has a line `Contract-Break: why`, and the first commit with contracts.
# Whoever must break something says so in that line, and compares afresh from there.
set -euo pipefail
cd "$(dirname "$0")/.."

buf=$(tests/venv.sh)/bin/buf
# The folder may belong to somebody else than who runs this, e.g. in a container.
git() { command git -c safe.directory="$PWD" "$@"; }

# The newer of two commits of one line of history; either may be empty.
newer() {
    if [ -z "$1" ] || { [ -n "$2" ] && git merge-base --is-ancestor "$1" "$2"; }; then
        echo "$2"
    else
        echo "$1"
    fi
}

base() {
    local first released broken
    first=$(git rev-list HEAD -- proto | tail -n 1)
    released=$(git describe --tags --match 'v*' --abbrev=0 2>/dev/null) \
        && released=$(git rev-list -n 1 "$released")
    broken=$(git rev-list -n 1 --grep='^Contract-Break: ' HEAD)
    newer "$(newer "$first" "$released")" "$broken"
}

"$buf" lint
"$buf" format --diff --exit-code
if ! git rev-parse --verify --quiet HEAD >/dev/null; then
    echo "contracts: linted; SKIPPED what breaks: there is no history to compare with"
    exit 0
fi
against=$(base)
[ -n "$against" ] || { echo "contracts: linted; SKIPPED what breaks: no commit has contracts yet"; exit 0; }
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
git archive "$against" buf.yaml proto | tar -x -C "$before"
"$buf" breaking --against "$before" || {
    echo "contracts: this breaks who was built against $(git log -1 --format='%h %s' "$against");" \
        "undo it, or give the commit a line 'Contract-Break: why'" >&2
    exit 1
}
echo "contracts: linted, formatted, compatible with $(git log -1 --format='%h %s' "$against")"
