#!/usr/bin/env bash
# Makes the secrets that compose.yaml mounts, in deploy/secrets or the folder named. What is
# there already is kept, so it may run again, also after an upgrade that needs one more.
#
# The folder is closed to everyone else on this machine; the files in it are readable because
# each container reads its own under another user id.
set -euo pipefail

folder=${1:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$folder"
chmod 0700 "$folder"

# put NAME VALUE: writes a secret unless it is there.
put() {
    local file=$folder/$1.txt
    if [ ! -s "$file" ]; then
        printf '%s\n' "$2" >"$file.new"
        chmod 0444 "$file.new"
        mv "$file.new" "$file"
    fi
}

# 32 random bytes as hexadecimal digits, which need no quoting in an address.
random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

put postgres_password "$(random)"
put admin_url "postgres://postgres:$(cat "$folder/postgres_password.txt")@postgres:5432/keynode"
for service in accounts pipeline scoring notification; do
    put "${service}_password" "$(random)"
done
put service_secret "$(random)"
echo "secrets are in $folder"
