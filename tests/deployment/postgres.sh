#!/usr/bin/env bash
# What the public image of Postgres does with the variables that deploy/compose.yaml sets.
set -euo pipefail

data=/var/lib/postgresql/data
bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | tail -n 1)

as_postgres() {
    setpriv --reuid=postgres --regid=postgres --init-groups "$@"
}

if [ ! -s "$data/PG_VERSION" ]; then
    install -d -o postgres -g postgres -m 0700 "$data"
    password=$(mktemp)
    install -o postgres -m 0400 "$POSTGRES_PASSWORD_FILE" "$password"
    read -ra arguments <<<"${POSTGRES_INITDB_ARGS:-}"
    as_postgres "$bin/initdb" --pgdata="$data" --username=postgres --pwfile="$password" \
        --auth=scram-sha-256 "${arguments[@]}"
    rm -f "$password"
    echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
    as_postgres "$bin/postgres" --single -D "$data" postgres <<<"create database $POSTGRES_DB"
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups \
    "$bin/postgres" -D "$data" -c listen_addresses='*'
