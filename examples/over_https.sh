#!/bin/sh
# A patient at the desk, over HTTPS, with curl and jq.
#
# Reads the patient, has a therapeutic link signed, makes a consent, and ends both. The token is in the file that
# BEIDD_TOKEN_FILE names (`beidctl token create NAME --scope identity.full,proof.therlink,proof.consent`).
# Ends with 3 if the person refuses, with 5 after a wrong PIN, with 1 for anything else.
set -eu

# Says what is missing and what to do, and ends.
missing() {
    echo "$1" >&2
    exit 1
}

start='Start it: systemctl --user start beidd, or beidd in another terminal.'
make_token='Make one, and name its file in BEIDD_TOKEN_FILE:
  (umask 077; beidctl token create example --scope identity.full,proof.therlink,proof.consent > token)
  export BEIDD_TOKEN_FILE=$PWD/token'
for program in curl jq; do
    command -v "$program" > /dev/null || missing "$program is missing: sudo apt install $program"
done
[ -n "${XDG_RUNTIME_DIR-}" ] || missing 'XDG_RUNTIME_DIR is not set: start this in the session of the user of beidd.'
daemon=$XDG_RUNTIME_DIR/beidd/https.json
[ -r "$daemon" ] || missing "Cannot read $daemon. beidd does not run for this user. $start"
[ -r "${BEIDD_TOKEN_FILE-}" ] || missing "There is no token. $make_token"
base=https://localhost:$(jq .port "$daemon")/v1
ca=$(jq -r .caCertificate "$daemon")

# Calls: method, path, members. A person reads, thinks and types: that takes longer than a computer. The token goes to
# curl through a pipe, because everybody can read the arguments of a program.
call() {
    printf 'header = "Authorization: Bearer %s"\n' "$(cat "$BEIDD_TOKEN_FILE")" |
        curl --silent --fail-with-body --max-time 180 --cacert "$ca" --config - --header 'Accept-Language: en' \
            --header 'Content-Type: application/json' --request "$1" "$base$2" ${3+--data "$3"} || refused=$?
    return "${refused:-0}"
}

# Says why a call was refused, and ends.
give_up() {
    case $(printf '%s\n' "$1" | jq -r .code) in
        pin-incorrect) echo "wrong PIN, tries left: $(printf '%s\n' "$1" | jq .triesLeft)"; exit 5 ;;
        user-declined | user-timeout) echo "refused, nothing is signed"; exit 3 ;;
        '') missing "beidd does not answer at $base. $start" ;;
        *) printf '%s\n' "$1" | jq -r '"\(.detail) [\(.code)]"' >&2; exit 1 ;;
    esac
}

patient=$(call GET '/cards/current/identity?fields=familyName,birthDate') || give_up "$patient"
echo "patient: $(printf '%s\n' "$patient" | jq -r '"\(.familyName) \(.birthDate) \(.authenticity.outcome)"')"
# From here on, this card or none: if it is changed, calls are refused (`card-removed`).
card=$(printf '%s\n' "$patient" | jq .cardId)

what="\"cardId\": $card, \"type\": \"gpconsultation\""
link=$(call POST /therapeutic-links "{$what, \"operation\": \"put\", \"proof\": \"eidsigning\"}") || give_up "$link"
echo "link: $(printf '%s\n' "$link" | jq -r .proof.type)"

consent=$(call POST /consents "{\"cardId\": $card, \"operation\": \"put\"}") || give_up "$consent"
echo "consent: $(printf '%s\n' "$consent" | jq -r 'if .xml | contains("PutPatientConsentRequest") then "made" else "?" end')"

# `xml` goes into the body of your SOAP messages. The platform finds what to end by what was registered.
days=$(printf '%s\n' "$link" | jq -r '"\"startDate\": \"\(.period.start)\", \"endDate\": \"\(.period.end)\""')
ended=$(call POST /therapeutic-links "{$what, $days, \"operation\": \"revoke\", \"proof\": \"eidreading\"}") || give_up "$ended"
withdrawn=$(call POST /consents "{\"cardId\": $card, \"operation\": \"revoke\"}") || give_up "$withdrawn"
echo "revoked: $(printf '%s' "$ended $withdrawn" | jq -sr 'if all(.xml | contains("Revoke")) then "both" else "?" end')"
