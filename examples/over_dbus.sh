#!/bin/sh
# A patient at the desk, over D-Bus, with busctl and jq.
#
# Reads the patient, has a therapeutic link signed, makes a consent, and ends both. Programs of the same user need no
# token. Ends with 3 if the person refuses, with 5 after a wrong PIN, with 1 for anything else.
set -eu

# Says what is missing and what to do, and ends.
missing() {
    echo "$1" >&2
    exit 1
}

command -v busctl > /dev/null || missing 'busctl is missing: it comes with systemd'
command -v jq > /dev/null || missing 'jq is missing: sudo apt install jq'
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Calls: path, interface, method, and members as busctl writes them: their number, then name, type and value of each.
# A person reads, thinks and types: that takes longer than the 25 seconds that busctl waits by itself. Only in its debug
# log does busctl name errors, so that log is read along.
call() {
    path=/org/beidd1$1 interface=org.beidd1.$2 method=$3
    shift 3
    SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console busctl --user --json=short --timeout=180 \
        call org.beidd1 "$path" "$interface" "$method" 'a{sv}' "$@" 2> "$log"
}

# Reads a member of an answer: busctl gives the D-Bus type of each value.
member() {
    printf '%s\n' "$1" |
        jq -r "def plain: if type == \"object\" then map_values(.data | plain) else . end; .data[0] | plain | $2"
}

# Says why a call was refused, and ends.
give_up() {
    case $(sed -n 's/.*error-name=[^ ]*\.Error\.\([A-Za-z]*\).*/\1/p' "$log") in
        PinIncorrect) echo "wrong PIN, tries left: $(tries_left)"; exit 5 ;;
        UserDeclined | UserTimeout) echo "refused, nothing is signed"; exit 3 ;;
        ServiceUnknown) missing 'beidd does not run. Start it: systemctl --user start beidd, or beidd in another terminal.' ;;
        *)
            grep '^Call failed' "$log" >&2 ||
                missing 'There is no message bus of the session: start this in the session of the user of beidd.'
            exit 1
            ;;
    esac
}

tries_left() {
    busctl --user --json=short get-property org.beidd1 "/org/beidd1/card/$card" org.beidd1.Card PinTriesLeft | jq .data
}

patient=$(call /card/current Card ReadIdentity 1 fields as 2 familyName birthDate) || give_up
echo "patient: $(member "$patient" '"\(.familyName) \(.birthDate) \(.authenticity.outcome)"')"
# From here on, this card or none: if it is changed, calls are refused (`CardRemoved`).
card=$(member "$patient" .cardId)

link=$(call '' Manager TherapeuticLink \
    4 cardId s "$card" operation s put type s gpconsultation proof s eidsigning) || give_up
echo "link: $(member "$link" .proof.type)"

consent=$(call '' Manager Consent 2 cardId s "$card" operation s put) || give_up
echo "consent: $(member "$consent" 'if .xml | contains("PutPatientConsentRequest") then "made" else "?" end')"

# `xml` goes into the body of your SOAP messages. The platform finds what to end by what was registered.
ended=$(call '' Manager TherapeuticLink \
    6 cardId s "$card" operation s revoke type s gpconsultation proof s eidreading \
    startDate s "$(member "$link" .period.start)" endDate s "$(member "$link" .period.end)") || give_up
withdrawn=$(call '' Manager Consent 2 cardId s "$card" operation s revoke) || give_up
both='if .xml | contains("Revoke") then "both" else "?" end'
echo "revoked: $(member "$ended" "$both" | grep -Fx "$(member "$withdrawn" "$both")" || echo '?')"
