#!/usr/bin/env bash
# Runs a command with a throwaway Postgres in DATABASE_URL and ends it afterwards:
#   tests/with-postgres.sh tests/prepare-sql.sh
# Nobody else can reach it: it listens on a socket in a folder of its own. As root it runs as
# postgres, or else nobody, because Postgres refuses root.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: $0 COMMAND…" >&2; exit 2; }

# The newest: folders sort by version.
bin=${KEYNODE_PG_BIN:-$(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort | tail -n 1)}
[ -x "$bin/initdb" ] || bin=$(dirname "$(command -v initdb)") \
    || { echo "there is no initdb; apt-get install postgresql, or name its folder in KEYNODE_PG_BIN" >&2; exit 1; }

folder=$(mktemp -d /tmp/keynode-postgres.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then
    user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    chown "$user" "$folder"
    as=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
fi
server() { (cd "$folder" && "${as[@]}" "$bin/$1" "${@:2}"); }

finish() {
    local code=$?
    trap - EXIT INT TERM
    server pg_ctl stop --pgdata="$folder/data" --mode=immediate --silent || true
    rm -rf "$folder"
    exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM

server initdb --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
    --no-sync >"$folder.log" 2>&1 || { cat "$folder.log" >&2; rm -f "$folder.log"; exit 1; }
rm -f "$folder.log"
server pg_ctl start --pgdata="$folder/data" --silent --wait --log="$folder/log" \
    --options="-c listen_addresses='' -c unix_socket_directories=$folder -c fsync=off"
export DATABASE_URL="postgres://postgres@${folder//\//%2F}/keynode_sql"
"$@"
