#!/usr/bin/env bash
# Brings deploy/compose.yaml up for real and walks through it, also with one replica dead.
#
# Needs a container engine that answers and docker compose (v2, or docker-compose 1.29);
# without them it says SKIPPED and succeeds. KEYNODE_TEST_DOCKER=1 starts an engine of its own
# where none answers (as root, with dockerd installed) and ends it afterwards. Public images
# that cannot be pulled are replaced by ones made from Debian's packages. Tests the executable
# target/debug/keynode or the one that KEYNODE_TEST_BIN names.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=${KEYNODE_TEST_BIN:-target/debug/keynode}
project=keynode-test-$$
work=$(mktemp -d)
engine=
is_up=
passed=0

say() { printf 'deployment: %s\n' "$*"; }

skip() {
    say "SKIPPED: $*"
    exit 0
}

# check CLAIM COMMAND…: runs it and counts the claim.
check() {
    local claim=$1
    shift
    if ! "$@"; then
        say "FAILED: $claim"
        say "$passed passed, 1 failed"
        exit 1
    fi
    passed=$((passed + 1))
    say "ok: $claim"
}

compose() {
    env KEYNODE_IMAGE="$project" KEYNODE_POSTGRES_IMAGE="$postgres" KEYNODE_NGINX_IMAGE="$nginx" \
        KEYNODE_SECRETS="$work/secrets" KEYNODE_GRPC_PORT=0 KEYNODE_HTTP_PORT=0 \
        "${compose[@]}" --project-name "$project" --file deploy/compose.yaml "$@"
}

# Ends what this script started, in whatever way it ends.
finish() {
    local code=$?
    trap - EXIT INT TERM
    if [ -n "$is_up" ]; then
        if [ $code -ne 0 ]; then
            compose ps
            compose logs --no-color --tail=30
        fi
        compose down --volumes --remove-orphans --timeout 20 >"$work/down.log" 2>&1 || cat "$work/down.log"
        docker image rm "$project" >/dev/null 2>&1 || true
    fi
    if [ -n "$engine" ]; then
        kill "$engine" && wait "$engine" || true
    fi
    rm -rf "$work"
    exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM

answers() { timeout 10 docker info >/dev/null 2>&1; }

find_engine() {
    command -v docker >/dev/null || skip "there is no docker; apt-get install docker.io docker-compose debootstrap"
    if answers; then return; fi
    [ "${KEYNODE_TEST_DOCKER:-}" = 1 ] || skip "no container engine answers; KEYNODE_TEST_DOCKER=1 starts one"
    command -v dockerd >/dev/null || skip "there is no dockerd; apt-get install docker.io docker-compose debootstrap"
    dockerd >"$work/dockerd.log" 2>&1 &
    engine=$!
    for _ in $(seq 60); do
        if answers; then return; fi
        kill -0 "$engine" 2>/dev/null || break
        sleep 0.5
    done
    tail -n 5 "$work/dockerd.log"
    skip "the container engine does not start here"
}

find_compose() {
    if docker compose version >/dev/null 2>&1; then
        compose=(docker compose)
    elif command -v docker-compose >/dev/null; then
        compose=(docker-compose)
    else
        skip "there is no docker compose"
    fi
}

# The image under which the executable, linked on this machine, finds its libraries.
base_name() {
    # shellcheck source=/dev/null
    (. /etc/os-release && case $ID in
        ubuntu) echo "ubuntu:$VERSION_ID" ;;
        *) echo "debian:${VERSION_CODENAME:-bookworm}-slim" ;;
    esac)
}

has_image() {
    docker image inspect "$1" >/dev/null 2>&1 || timeout 120 docker pull --quiet "$1" >/dev/null 2>&1
}

find_base() {
    base=$(base_name)
    if has_image "$base"; then return; fi
    say "$base cannot be pulled; making one from Debian's packages"
    base=keynode-test-base
    if docker image inspect "$base" >/dev/null 2>&1; then return; fi
    if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
        skip "no image can be pulled, and making one needs root and debootstrap"
    fi
    debootstrap --variant=minbase --include=ca-certificates bookworm "$work/root" >"$work/debootstrap.log" 2>&1 \
        || skip "debootstrap reaches no packages: $(tail -n 1 "$work/debootstrap.log")"
    tar -C "$work/root" -c . | docker import - "$base" >/dev/null
}

# public_or_own NAME TARGET: prints NAME if it is to be had, else an image made here.
public_or_own() {
    if has_image "$1"; then
        echo "$1"
        return
    fi
    docker build --quiet --network host --build-arg BASE="$base" --target "$2" --tag "keynode-test-$2" \
        --file tests/deployment/debian.Dockerfile tests/deployment >"$work/build.log" 2>&1 \
        || { cat "$work/build.log" >&2; return 1; }
    echo "keynode-test-$2"
}

build_image() {
    [ -x "$binary" ] || { say "there is no $binary; run cargo build first"; return 1; }
    mkdir "$work/image"
    strip --strip-debug -o "$work/image/keynode" "$binary" 2>/dev/null || cp "$binary" "$work/image/keynode"
    docker build --quiet --network host --build-arg BASE="$base" --tag "$project" \
        --file deploy/Dockerfile.runtime "$work/image" >"$work/build.log" 2>&1 || { cat "$work/build.log"; return 1; }
}

start() {
    deploy/make-secrets.sh "$work/secrets" >/dev/null
    is_up=1
    compose up --detach --no-build >"$work/up.log" 2>&1 || { cat "$work/up.log"; return 1; }
}

containers() {
    docker ps --quiet --filter "label=com.docker.compose.project=$project" \
        --filter "label=com.docker.compose.service=$1"
}

all_healthy() {
    local service ids
    for service in postgres accounts pipeline scoring notification gateway grpc; do
        ids=$(containers "$service")
        [ -n "$ids" ] || return 1
        for id in $ids; do
            [ "$(docker inspect --format '{{.State.Health.Status}}' "$id")" = healthy ] || return 1
        done
    done
}

await_health() {
    for _ in $(seq 120); do
        if all_healthy; then return; fi
        sleep 1
    done
    return 1
}

replicas_are() { [ "$(containers pipeline | wc -l)" = "$1" ]; }

runs_unprivileged() { [ "$(docker exec "$(containers accounts)" id -u)" = 10001 ]; }

walk() {
    "$venv/bin/python" tests/python/deployment.py "$(compose port grpc 7400)" "$work/secrets/service_secret.txt" "$1"
}

# kill_replicas N
kill_replicas() { containers pipeline | head -n "$1" | xargs docker kill >/dev/null; }

# A walk of a few seconds; in the middle of it one of the two replicas is killed.
walk_while_one_dies() {
    walk 300 &
    local walking=$!
    sleep 2
    kill -0 "$walking" || { say "the walk ended before the replica was killed"; return 1; }
    kill_replicas 1
    wait "$walking"
}

walk_fails() { ! walk 1 >"$work/walk.log" 2>&1 && grep --quiet UNAVAILABLE "$work/walk.log"; }

revive_replicas() {
    docker ps --all --quiet --filter "label=com.docker.compose.project=$project" \
        --filter "label=com.docker.compose.service=pipeline" | xargs docker start >/dev/null
    await_health
}

find_engine
find_compose
find_base
postgres=$(public_or_own postgres:17 postgres)
nginx=$(public_or_own nginx:1.28 nginx)
venv=$(tests/venv.sh)
say "base $base, Postgres $postgres, nginx $nginx"
check "the image builds around $binary" build_image
check "the composition starts" start
check "every container becomes healthy" await_health
check "the services run as an unprivileged user" runs_unprivileged
check "pipeline has two replicas" replicas_are 2
check "a program walks through it" walk 5
check "the walk goes on while a replica of pipeline is killed" walk_while_one_dies
check "one replica is left" replicas_are 1
check "the other is killed" kill_replicas 1
check "without any the walk fails" walk_fails
check "replicas that start again serve again" revive_replicas
check "the walk goes on with both" walk 5
say "$passed passed, 0 failed"
