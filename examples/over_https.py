#!/usr/bin/env python3
"""A patient at the desk, over HTTPS, with Python's own library alone.

Reads the patient, has a therapeutic link signed, makes a consent, and ends both. The token is in the file that
BEIDD_TOKEN_FILE names (`beidctl token create NAME --scope identity.full,proof.therlink,proof.consent`).
Ends with 3 if the person refuses, with 5 after a wrong PIN, with 1 for anything else.
"""
import json
import os
import ssl
import sys
import urllib.error
import urllib.request

START = "Start it: systemctl --user start beidd, or beidd in another terminal."
NO_TOKEN = """There is no token. Make one, and name its file in BEIDD_TOKEN_FILE:
  (umask 077; beidctl token create example --scope identity.full,proof.therlink,proof.consent > token)
  export BEIDD_TOKEN_FILE=$PWD/token"""


def read(path, otherwise):
    """Reads a file that must be there; ends with what to do if it is not."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        sys.exit(f"Cannot read {path}. {otherwise}")


runtime = os.environ.get("XDG_RUNTIME_DIR") or sys.exit(
    "XDG_RUNTIME_DIR is not set: start this in the session of the user of beidd."
)
daemon = json.loads(read(os.path.join(runtime, "beidd/https.json"), f"beidd does not run for this user. {START}"))
token = read(os.environ.get("BEIDD_TOKEN_FILE") or sys.exit(NO_TOKEN), NO_TOKEN).strip()
# The daemon has a certificate authority of its own, for this computer alone.
authority = read(daemon["caCertificate"], f"The certificate of beidd is missing. {START}")
trust = ssl.create_default_context(cadata=authority)


class Refused(Exception):
    """The daemon refused a call; `problem` is its answer (RFC 9457)."""

    def __init__(self, problem):
        super().__init__(problem["detail"])
        self.problem = problem


def call(method, path, members=None):
    body = None if members is None else json.dumps(members).encode()
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json", "Accept-Language": "en"}
    request = urllib.request.Request(f"https://localhost:{daemon['port']}/v1{path}", body, headers, method=method)
    try:
        # A person reads, thinks and types: that takes longer than a computer.
        with urllib.request.urlopen(request, timeout=180, context=trust) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Refused(json.load(error)) from None
    except OSError as error:
        sys.exit(f"beidd does not answer on port {daemon['port']} ({getattr(error, 'reason', error)}). {START}")


def visit():
    patient = call("GET", "/cards/current/identity?fields=familyName,birthDate")
    print("patient:", patient["familyName"], patient["birthDate"], patient["authenticity"]["outcome"])
    # From here on, this card or none: if it is changed, calls are refused (`card-removed`).
    card = {"cardId": patient["cardId"]}
    what = {"type": "gpconsultation"}
    link = call("POST", "/therapeutic-links", {**card, **what, "operation": "put", "proof": "eidsigning"})
    print("link:", link["proof"]["type"])
    consent = call("POST", "/consents", {**card, "operation": "put"})
    print("consent:", "made" if "PutPatientConsentRequest" in consent["xml"] else "?")
    # `xml` goes into the body of your SOAP messages. The platform finds what to end by what was registered.
    days = {"startDate": link["period"]["start"], "endDate": link["period"]["end"]}
    ended = call("POST", "/therapeutic-links", {**card, **what, **days, "operation": "revoke", "proof": "eidreading"})
    withdrawn = call("POST", "/consents", {**card, "operation": "revoke"})
    print("revoked:", "both" if "Revoke" in ended["xml"] and "Revoke" in withdrawn["xml"] else "?")


try:
    visit()
except Refused as refused:
    code = refused.problem["code"]
    if code == "pin-incorrect":
        print("wrong PIN, tries left:", refused.problem["triesLeft"])
        sys.exit(5)
    if code in ("user-declined", "user-timeout"):
        print("refused, nothing is signed")
        sys.exit(3)
    sys.exit(f"{refused} [{code}]")
