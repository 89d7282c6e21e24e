//! The report of the daemon on who trusts it, beside that of `beidctl`.

use crate::databases::{home, make_database, tls};
use beid_e2e::{DaemonOptions, SessionBus};
use serde_json::json;

#[test]
fn the_daemon_says_of_itself_what_beidctl_says_of_it() {
    let bus = SessionBus::start();
    let daemon = DaemonOptions::new().bus(&bus).start();
    make_database(&home(&daemon).join(".mozilla/firefox/one"));
    for (command, expected) in [
        ("status", "not-trusted"),
        ("install", "trusted"),
        ("remove", "not-trusted"),
    ] {
        tls(&daemon, command);
        let answer = bus.call("/org/beidd1", "org.beidd1.Manager", "ReadTlsStatus", &json!({}));
        let answer = answer.expect("a report");
        assert_eq!(answer, daemon.beidctl(&["tls", "status", "--json"]).json(), "{command}");
        assert_eq!(answer["endpoint"]["state"], "trusted", "{command}");
        let mut stores = answer["stores"].as_array().expect("stores").iter();
        let firefox = stores.find(|store| store["store"] == "firefox").expect("the profile");
        assert_eq!(firefox["state"], expected, "{command}");
    }
}
