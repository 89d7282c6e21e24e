//! Roles of readers: changed by a person who was asked, kept, and announced to everybody.

use crate::pin::call;
use beid_api::ErrorCode;
use beid_api::words::{CardStatus, ReaderRole};
use beid_service::cards::{Registry, Roles};
use beid_service::events::Events;
use beid_settings::AssignedRole;
use beid_sources::simulated::SimulatedReader;
use beid_testkit::daemon::{Desk, Person, wait_for};
use beid_texts::ErrorTexts;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;

async fn set(desk: &Desk, role: &str) -> Result<Value, ErrorCode> {
    let outcome = call(desk, "set-reader-role", json!({"reader": "0", "role": role})).await;
    outcome.map_err(|error| error.code)
}

fn role(desk: &Desk) -> ReaderRole {
    desk.service.registry.readers()[0].role.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn role_changes_only_after_a_yes_and_decides_which_card_is_the_patients() {
    let desk = Desk::open(Person::Follows(&["no", "cancel", "timeout", "ok", "ok", "ok"])).await;
    desk.insert("anna").await;
    for code in [ErrorCode::UserDeclined, ErrorCode::UserDeclined, ErrorCode::UserTimeout] {
        assert_eq!(set(&desk, "provider").await, Err(code));
        assert_eq!(role(&desk), ReaderRole::Any);
    }
    let expected = json!({"reader": "0", "name": "Simulated reader", "role": "provider"});
    assert_eq!(set(&desk, "provider").await, Ok(expected));
    assert_eq!(role(&desk), ReaderRole::Provider);
    let current = desk.service.registry.resolve("current").map(|card| card.reader);
    assert_eq!(current.map_err(|error| error.code), Err(ErrorCode::NoCard));
    let said = &desk.dialogs()[3].1;
    for words in [
        "“desk”",
        "“Simulated reader”",
        "Now: for any card",
        "the care provider's own card",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // A role that the reader has already is not asked about.
    assert_eq!(set(&desk, "provider").await.unwrap()["role"], "provider");
    assert_eq!(desk.asked_for(), ["CONFIRM"; 4]);
    assert_eq!(set(&desk, "patient").await.unwrap()["role"], "patient");
    assert!(desk.service.registry.resolve("current").is_ok());
    assert_eq!(set(&desk, "default").await.unwrap()["role"], "any");
    assert_eq!(desk.asked_for(), ["CONFIRM"; 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn role_is_there_again_after_a_start_and_wins_over_the_settings() {
    let desk = Desk::open(Person::Follows(&["ok"])).await;
    set(&desk, "patient").await.unwrap();
    let settings = BTreeMap::from([("Simulated".to_owned(), AssignedRole::Provider)]);
    let roles = Roles::open(settings, desk.dir.join("roles.json")).unwrap();
    let registry = Registry::new(Events::new(), roles, Arc::default());
    let _chosen = SimulatedReader::plug_in(&registry, "Simulated reader");
    let _other = SimulatedReader::plug_in(&registry, "Simulated reader 2");
    let roles: Vec<_> = registry.readers().into_iter().map(|reader| reader.role).collect();
    assert_eq!(roles, [ReaderRole::Patient, ReaderRole::Provider]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_ask_nobody() {
    let desk = Desk::open(Person::Follows(&[])).await;
    #[rustfmt::skip] // one row a line
    let rows = [
        (json!({"reader": "7", "role": "patient"}), ErrorCode::NotFound),
        (json!({"reader": "Simulated reader", "role": "patient"}), ErrorCode::NotFound),
        (json!({"reader": "0", "role": "doctor"}), ErrorCode::InvalidRequest),
        (json!({"reader": "0"}), ErrorCode::InvalidRequest),
    ];
    for (members, code) in rows {
        let outcome = call(&desk, "set-reader-role", members.clone()).await;
        assert_eq!(outcome.unwrap_err().code, code, "{members}");
    }
    assert!(desk.dialogs().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_on_the_bus_is_told_of_the_new_role() {
    let desk = Desk::open(Person::Follows(&["ok"])).await;
    let file = desk.dir.join("signals");
    let mut monitor = Command::new("dbus-monitor")
        .args([
            "--address",
            desk.bus.address(),
            "type='signal',member='PropertiesChanged'",
        ])
        .stdout(Stdio::from(std::fs::File::create(&file).unwrap()))
        .spawn()
        .expect("dbus-monitor is installed");
    let signals = || std::fs::read_to_string(&file).unwrap();
    wait_for("the monitor", || !signals().is_empty()).await;
    let arguments = ["a{sv}", "2", "reader", "s", "0", "role", "s", "provider"];
    let answer = desk.call("/org/beidd1", "org.beidd1.Manager", "SetReaderRole", &arguments);
    assert_eq!(answer["role"], "provider");
    wait_for("PropertiesChanged", || {
        let signals = signals();
        signals.contains("/org/beidd1/reader/0") && signals.contains("\"Role\"") && signals.contains("\"provider\"")
    })
    .await;
    monitor.kill().unwrap();
    monitor.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_finds_no_card_or_several_is_told_which_reader_holds_what() {
    let settings = "[pcsc.roles]\n\"Provider\" = \"provider\"\n";
    let desk = Desk::open_at(Person::Declines, settings, jiff::Timestamp::now).await;
    let provider = SimulatedReader::plug_in(&desk.service.registry, "Provider's reader");
    let card = |citizen: &str| {
        let citizen = beid_simulator::Citizen::find(citizen).unwrap();
        beid_simulator::VirtualCard::new(citizen, &desk.pki).unwrap()
    };
    let said = async |operation: &str, code: ErrorCode| {
        let error = call(&desk, operation, json!({"cardId": "current"})).await.unwrap_err();
        assert_eq!(error.code, code);
        error
    };
    provider.insert(card("jan"));
    wait_for("the provider's card", || {
        let readers = desk.service.registry.readers();
        readers[1]
            .card
            .as_ref()
            .is_some_and(|card| card.status == CardStatus::Ready)
    })
    .await;
    let error = said("read-identity", ErrorCode::NoCard).await;
    let expected = "Put the patient's card into a reader for patients. The readers now: Simulated reader: empty; \
                    Provider's reader (for the care provider's card): an eID card.";
    assert_eq!(error.detail(beid_texts::Language::En), expected);
    for language in beid_texts::Language::ALL {
        let text = error.detail(language);
        assert!(text.contains("Provider's reader (") && !text.contains('{'), "{text}");
    }
    desk.insert("anna").await;
    let second = SimulatedReader::plug_in(&desk.service.registry, "Second reader");
    second.insert(card("bram"));
    let error = said("read-identity", ErrorCode::SeveralCards).await;
    let text = error.detail(beid_texts::Language::En);
    assert!(
        text.contains("Simulated reader: an eID card; Provider's reader (for"),
        "{text}"
    );
    provider.remove();
    let refused = desk.service.registry.provider().map(|card| card.reader).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NoCard);
    let text = refused.detail(beid_texts::Language::En);
    assert!(
        text.starts_with("Put the care provider's card into the reader that is for it."),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_card_service_no_list_is_empty() {
    let desk = Desk::open(Person::Declines).await;
    for code in [ErrorCode::PcscUnavailable, ErrorCode::PcscNotAuthorised] {
        desk.service.registry.set_trouble(Some(code));
        for operation in ["list-readers", "list-cards"] {
            let refused = call(&desk, operation, json!({})).await.map_err(|error| error.code);
            assert_eq!(refused, Err(code), "{operation}");
        }
    }
    desk.service.registry.set_trouble(None);
    assert_eq!(call(&desk, "list-cards", json!({})).await.unwrap()["cards"], json!([]));
}
