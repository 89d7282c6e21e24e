#!/bin/sh
# Verifies the heads that care providers signed in an export of evidence: verify-heads.sh EXPORT [ROOTS.pem]
# Needs jq and openssl. Without roots, nobody vouches for the signers. The chain itself: verify-evidence.py.
set -eu
file=${1:?usage: verify-heads.sh EXPORT [ROOTS.pem]} roots=${2-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
broken() { echo "BROKEN at record $record: $1"; exit 1; }

jq -c 'select(.record and .content) | (.record | fromjson) as $record | select($record.kind == "chain-head")
       | {record: $record.position, content: (.content | fromjson)}' "$file" > "$work/heads"
while IFS= read -r line; do
    record=$(printf %s "$line" | jq .record)
    printf %s "$line" | jq -j .content.head > "$work/head"
    printf %s "$line" | jq -r .content.signature | openssl base64 -d -A > "$work/signature"
    # The header that the head names, exactly as it is hashed.
    jq -j --argjson head "$(cat "$work/head")" \
        'select(.record) | .record | select(fromjson | .desk == $head.desk and .position == $head.position)' \
        "$file" > "$work/named"
    hash=$(openssl dgst -sha256 -r "$work/named" | cut -d ' ' -f 1)
    [ "$hash" = "$(jq -r .hash "$work/head")" ] || broken "its head knows another record"
    # Judged as of its own time: certificates end long before records do.
    at=$(date -d "$(jq -r .time "$work/head")" +%s)
    if [ -n "$roots" ]; then set -- -purpose any -attime "$at" -CAfile "$roots"; else set -- -noverify; fi
    openssl cms -verify -binary -inform DER -in "$work/signature" -content "$work/head" \
        -signer "$work/signer" -out /dev/null "$@" 2> "$work/said" || broken "its signature"
    signer=$(openssl x509 -in "$work/signer" -noout -subject -nameopt multiline,utf8,-esc_msb | sed -n 's/^ *commonName *= //p')
    echo "record $record: head over $(jq .position "$work/head") records, signed by $signer"
done < "$work/heads"
echo "$(wc -l < "$work/heads") heads signed by care providers"
