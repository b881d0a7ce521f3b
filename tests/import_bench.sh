#!/usr/bin/env bash
# Takes in 100,000 accounts with one or two contacts each through the command line and says how
# long it took:
#   tests/import_bench.sh [EXECUTABLE [ACCOUNTS [DUPLICATES]]]
# The Postgres is one of its own, with synchronous_commit on, as `keynode up` starts it.
set -euo pipefail
cd "$(dirname "$0")/.."
keynode=${1:-target/release/keynode}
accounts=${2:-100000}
duplicates=${3:-create}
[ -x "$keynode" ] || cargo build --quiet --release --package keynode
folder=$(mktemp -d /tmp/keynode-import.XXXXXX)
chmod 755 "$folder"
up=
finish() {
    if [ -n "$up" ]; then kill "$up" && wait "$up" || true; fi
    rm -rf "$folder"
}
trap finish EXIT

cat >"$folder/mapping.toml" <<'TOML'
source_system = "bench"
[files.accounts]
name = "accounts.csv"
[files.accounts.fields]
external_id = "id"
display_name = "name"
legal_name = "legal"
industry = "industry"
location = "town"
[files.contacts]
name = "contacts.csv"
[files.contacts.fields]
external_id = "id"
display_name = "name"
account = "account"
title = "title"
mobile = "mobile"
TOML
python3 - "$folder" "$accounts" <<'PYTHON'
import csv, random, sys
folder, count = sys.argv[1], int(sys.argv[2])
random.seed(7)
towns = ["上海", "北京", "深圳", "杭州", "西安", "武汉", "成都", "沈阳"]
words = "宏力华信中恒金石天和远大正泰新源同方东方龙腾海博瑞德安泰嘉禾明阳永兴"
trades = ["电力", "钢铁", "化工", "水泥", "机械", "环保", "电子", "矿业"]
with open(f"{folder}/accounts.csv", "w", newline="", encoding="utf-8") as a, \
     open(f"{folder}/contacts.csv", "w", newline="", encoding="utf-8") as c:
    accounts, contacts = csv.writer(a), csv.writer(c)
    accounts.writerow(["id", "name", "legal", "industry", "town"])
    contacts.writerow(["id", "name", "account", "title", "mobile"])
    for n in range(count):
        town, trade = random.choice(towns), random.choice(trades)
        core = "".join(random.choices(words, k=4))
        accounts.writerow([n, core + trade, f"{town}{core}{trade}有限公司", trade, town])
        for m in range(1 + n % 2):
            person = random.choice("张王李赵陈刘") + "".join(random.choices(words, k=2))
            contacts.writerow([f"{n}-{m}", person, n, "科长", f"138{random.randrange(10**8):08}"])
PYTHON

KEYNODE_SERVER__LISTEN=127.0.0.1:0 KEYNODE_OPS__LISTEN='' "$keynode" up --data "$folder/data" >"$folder/log" 2>&1 &
up=$!
for _ in $(seq 600); do
    endpoint=$(grep -o 'http://127\.0\.0\.1:[0-9]*' "$folder/log" | head -n 1) && break
    sleep 0.1
done
[ -n "${endpoint:-}" ] || { cat "$folder/log" >&2; exit 1; }
begun=$(date +%s.%N)
"$keynode" import "$folder/mapping.toml" --from "$folder" --duplicates "$duplicates" \
    --endpoint "$endpoint" --token-file "$folder/data/tokens/administrator"
python3 -c "
import sys
seconds, accounts = float(sys.argv[2]) - float(sys.argv[1]), int(sys.argv[3])
contacts = accounts + accounts // 2
print(f'{accounts} accounts and {contacts} contacts in {seconds:.1f} s: {accounts / seconds:.0f} accounts/s, {(accounts + contacts) / seconds:.0f} records/s')
" "$begun" "$(date +%s.%N)" "$accounts"
