#!/usr/bin/env python3
"""A patient at the desk, over D-Bus, with jeepney (https://jeepney.readthedocs.io).

Reads the patient, has a therapeutic link signed, makes a consent, and ends both. Programs of the same user need no token.
Ends with 3 if the person refuses, with 5 after a wrong PIN, with 1 for anything else.
"""
import sys
import time

try:
    from jeepney import DBusAddress, HeaderFields, MessageType, Properties, new_method_call
    from jeepney.io.blocking import open_dbus_connection
except ImportError:
    sys.exit("jeepney is missing: sudo apt install python3-jeepney")

MANAGER = "/org/beidd1"


def at(path, interface):
    return DBusAddress(path, bus_name="org.beidd1", interface="org.beidd1." + interface)


def variant(value):
    """JSON to D-Bus: signature and value."""
    if isinstance(value, bool):
        return "b", value
    if isinstance(value, int):
        return "x", value
    if isinstance(value, str):
        return "s", value
    if isinstance(value, dict):
        return "a{sv}", {name: variant(one) for name, one in value.items()}
    if all(isinstance(one, str) for one in value):
        return "as", value
    return "av", [variant(one) for one in value]


def plain(signature, value):
    """D-Bus to JSON."""
    if signature == "a{sv}":
        return {name: plain(*one) for name, one in value.items()}
    if signature == "av":
        return [plain(*one) for one in value]
    return value


class Refused(Exception):
    """The daemon refused a call; `code` is the last part of the error's name."""

    def __init__(self, name, text):
        super().__init__(text)
        self.code = name.rsplit(".", 1)[-1]


try:
    bus = open_dbus_connection(bus="SESSION")
except (KeyError, OSError):
    sys.exit("There is no message bus of the session: start this in the session of the user of beidd.")


def call(address, method, members=None):
    signature, body = (None, ()) if members is None else ("a{sv}", (variant(members)[1],))
    reply = bus.send_and_get_reply(new_method_call(address, method, signature, body))
    if reply.header.message_type is MessageType.error:
        raise Refused(reply.header.fields[HeaderFields.error_name], (reply.body or [""])[0])
    return plain("a{sv}", reply.body[0])


def get(address, name):
    return bus.send_and_get_reply(Properties(address).get(name)).body[0][1]


def signed(method, members):
    """A call that waits for a person: it runs on by itself, because libraries give up after 25 seconds."""
    operation = at(call(at(MANAGER, "Manager"), method, {**members, "respondAsync": True})["operation"], "Operation")
    while get(operation, "State") not in ("succeeded", "failed", "cancelled"):
        time.sleep(0.2)
    return call(operation, "Result")


def visit():
    manager = at(MANAGER, "Manager")
    patient = call(at(MANAGER + "/card/current", "Card"), "ReadIdentity", {"fields": ["familyName", "birthDate"]})
    print("patient:", patient["familyName"], patient["birthDate"], patient["authenticity"]["outcome"])
    # From here on, this card or none: if it is changed, calls are refused (`CardRemoved`).
    card = {"cardId": patient["cardId"]}
    what = {"type": "gpconsultation"}
    try:
        link = signed("TherapeuticLink", {**card, **what, "operation": "put", "proof": "eidsigning"})
    except Refused as refused:
        if refused.code == "PinIncorrect":
            print("wrong PIN, tries left:", get(at(f"{MANAGER}/card/{patient['cardId']}", "Card"), "PinTriesLeft"))
            sys.exit(5)
        raise
    print("link:", link["proof"]["type"])
    consent = call(manager, "Consent", {**card, "operation": "put"})
    print("consent:", "made" if "PutPatientConsentRequest" in consent["xml"] else "?")
    # `xml` goes into the body of your SOAP messages. The platform finds what to end by what was registered.
    days = {"startDate": link["period"]["start"], "endDate": link["period"]["end"]}
    ended = call(manager, "TherapeuticLink", {**card, **what, **days, "operation": "revoke", "proof": "eidreading"})
    withdrawn = call(manager, "Consent", {**card, "operation": "revoke"})
    print("revoked:", "both" if "Revoke" in ended["xml"] and "Revoke" in withdrawn["xml"] else "?")


try:
    visit()
except Refused as refused:
    if refused.code in ("UserDeclined", "UserTimeout"):
        print("refused, nothing is signed")
        sys.exit(3)
    if refused.code == "ServiceUnknown":
        sys.exit("beidd does not run. Start it: systemctl --user start beidd, or beidd in another terminal.")
    sys.exit(f"{refused} [{refused.code}]")
