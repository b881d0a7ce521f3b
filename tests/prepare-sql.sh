#!/usr/bin/env bash
# Writes the data with which SQL is checked at compile time (.sqlx) anew:
#   tests/with-postgres.sh tests/prepare-sql.sh                writes .sqlx
#   tests/with-postgres.sh tests/prepare-sql.sh --check        fails if .sqlx is not what it would write
#   DATABASE_URL=… tests/prepare-sql.sh --database-only        only makes the database, to write SQL against
# Needs a Postgres in which it may create a database and roles: DATABASE_URL, of a superuser.
# The database is dropped and made again.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${DATABASE_URL:?name a scratch Postgres, e.g. postgres://postgres@127.0.0.1/keynode_sql, or run under tests/with-postgres.sh}"

name=${DATABASE_URL##*/}
server=${DATABASE_URL%/*}/postgres

sql() { psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 "$@" >/dev/null; }

make_database() {
    sql "$server" --command="set client_min_messages = warning" \
        --command="drop database if exists \"$name\"" --command="create database \"$name\""
    for role in owner accounts pipeline scoring notification; do
        sql "$server" --command="do \$\$ begin create role keynode_$role; exception when duplicate_object then null; end \$\$"
    done
    for service in kit accounts pipeline scoring notification; do
        sql "$DATABASE_URL" --command="create schema ${service/kit/events} authorization keynode_owner"
        for migration in crates/"$service"/migrations/*.sql; do
            [ -e "$migration" ] || continue
            sql "$DATABASE_URL" --command="set role keynode_owner" --file="$migration"
        done
    done
}

# Writes the data of every query into a new folder. Queries are described when their crate is
# compiled, hence the touch.
describe() {
    touch crates/*/src/lib.rs crates/*/src/main.rs
    env -u SQLX_OFFLINE SQLX_OFFLINE_DIR="$1" cargo check --quiet --workspace --all-targets --all-features
}

make_database
if [ "${1:-}" = --database-only ]; then exit 0; fi
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
describe "$new"
if [ "${1:-}" = --check ]; then
    diff --recursive --brief .sqlx "$new" \
        || { echo ".sqlx is stale: run tests/with-postgres.sh tests/prepare-sql.sh and commit it" >&2; exit 1; }
    echo "the data of $(find .sqlx -name '*.json' | wc -l) queries is fresh"
    exit 0
fi
rm -rf .sqlx
mkdir .sqlx
cp "$new"/*.json .sqlx/
