//! The private bus and its client themselves, tried on the one service every bus has.

use beid_e2e::SessionBus;
use serde_json::{Value, json};

#[test]
fn errors_arrive_with_their_names() {
    let bus = SessionBus::start();
    let error = bus
        .call(
            "/org/beidd1",
            "org.beidd1.Manager",
            "Status",
            &json!({ "language": "nl" }),
        )
        .unwrap_err();
    assert_eq!(error.name, "org.freedesktop.DBus.Error.ServiceUnknown");
    assert_eq!(error.code(), "");
}

#[test]
fn monitor_sees_what_is_said() {
    let bus = SessionBus::start();
    let unanswered = bus.call(
        "/org/beidd1",
        "org.beidd1.Manager",
        "Sign",
        &json!({ "member": "seen by the monitor" }),
    );
    assert!(unanswered.is_err());
    let traffic = Value::from(bus.traffic()).to_string();
    assert!(traffic.contains("seen by the monitor"), "{traffic}");
}

#[test]
fn other_clients_reach_the_bus() {
    let bus = SessionBus::start();
    let arguments = [
        "--session",
        "--dest=org.freedesktop.DBus",
        "--print-reply",
        "/",
        "org.freedesktop.DBus.ListNames",
    ];
    assert!(bus.run("dbus-send", &arguments).ok().contains("org.freedesktop.DBus"));
}
