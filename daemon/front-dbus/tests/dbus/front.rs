//! The front, called by busctl, which shares no code with it, and by zbus.

use beid_api::{Interface, OPERATIONS};
use beid_front_dbus::{Audience, Bus, BusError, card_path};
use beid_simulator::Citizen;
use beid_testkit::PrivateBus;
use beid_testkit::daemon::{Desk, Person, wait_for};
use beid_texts::ErrorTexts;
use futures_util::{FutureExt, StreamExt};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};
use std::time::Duration;
use zbus::{Connection, MessageStream, OwnedObjectPath, OwnedVariant, Variant, connection, message};

const MANAGER: (&str, &str) = ("/org/beidd1", "org.beidd1.Manager");
pub(crate) const CARD: &str = "org.beidd1.Card";
pub(crate) const NO_ARGUMENTS: [&str; 2] = ["a{sv}", "0"];

type BusReply = HashMap<String, OwnedVariant>;

async fn connect(desk: &Desk) -> Connection {
    connection::Builder::address(desk.bus.address()).build().await.unwrap()
}

/// Calls a method of ours with zbus.
async fn method(
    client: &Connection,
    path: &str,
    interface: &str,
    method: &str,
    arguments: &[(&str, Variant<'_>)],
) -> zbus::Result<BusReply> {
    let arguments: BTreeMap<&str, &Variant<'_>> = arguments.iter().map(|(name, value)| (*name, value)).collect();
    let reply = client
        .call_method(Some("org.beidd1"), path, Some(interface), method, &arguments)
        .await?;
    reply.body().deserialize()
}

fn link(proof: &'static str, more: &[(&'static str, Variant<'static>)]) -> Vec<(&'static str, Variant<'static>)> {
    let mut arguments = vec![
        ("operation", Variant::from("put")),
        ("type", Variant::from("gpconsultation")),
        ("proof", Variant::from(proof)),
    ];
    arguments.extend(more.iter().map(|(name, value)| (*name, value.try_clone().unwrap())));
    arguments
}

async fn start_signing(client: &Connection) -> OwnedObjectPath {
    let arguments = link("eidsigning", &[("respondAsync", Variant::from(true))]);
    let mut answer = method(client, MANAGER.0, MANAGER.1, "TherapeuticLink", &arguments)
        .await
        .unwrap();
    answer.remove("operation").unwrap().try_into().unwrap()
}

async fn state(client: &Connection, operation: &str) -> zbus::Result<String> {
    let body = ("org.beidd1.Operation", "State");
    let name = Some("org.freedesktop.DBus.Properties");
    let reply = client
        .call_method(Some("org.beidd1"), operation, name, "Get", &body)
        .await?;
    let value: OwnedVariant = reply.body().deserialize()?;
    String::try_from(value)
}

/// Name and detail of an error, which has no other parts.
fn error(error: zbus::Error) -> (String, String) {
    let zbus::Error::MethodError(name, _, message) = error else {
        panic!("{error}")
    };
    assert_eq!(message.body().signature().to_string(), "s", "GLib reads no other body");
    (name.to_string(), message.body().deserialize().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn busctl_reads_the_identity() {
    let desk = Desk::open(Person::Declines).await;
    let id = desk.insert("anna").await;
    let identity = desk.call(&card_path(&id), CARD, "ReadIdentity", &NO_ARGUMENTS);
    let anna = Citizen::find("anna").unwrap();
    assert_eq!(identity["familyName"], anna.surname);
    assert_eq!(identity["givenNames"], json!(["Anna", "Petronella"]));
    assert_eq!(identity["nationalNumber"], anna.national_number);
    assert_eq!(identity["documentType"]["code"], 1);
    assert_eq!(identity["cardId"], id.as_str());
    assert_eq!(identity["simulated"], true);
    assert_eq!(identity["authenticity"]["outcome"], "passed");
    assert_eq!(identity["authenticity"]["checks"][0]["trust"], "test");

    let fields = ["a{sv}", "1", "fields", "as", "1", "familyName"];
    let identity = desk.call(&card_path(&id), CARD, "ReadIdentity", &fields);
    assert!(identity.get("familyName").is_some() && identity.get("nationalNumber").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn busctl_reads_everything_else() {
    let desk = Desk::open(Person::Declines).await;
    let id = desk.insert("claire").await;
    let path = card_path(&id);
    let address = desk.call(&path, CARD, "ReadAddress", &NO_ARGUMENTS);
    assert_eq!(address["municipality"], Citizen::find("claire").unwrap().address[2]);
    let photo = desk.call(&path, CARD, "ReadPhoto", &NO_ARGUMENTS);
    assert_eq!(photo["mediaType"], "image/jpeg");
    assert_eq!(photo["data"].as_array().unwrap()[..2], [json!(0xFF), json!(0xD8)]);
    let summary = desk.call(&path, CARD, "ReadSummary", &NO_ARGUMENTS);
    assert_eq!(summary["checks"].as_array().unwrap().len(), 3);
    let checks = desk.call(
        &path,
        CARD,
        "VerifyCard",
        &["a{sv}", "1", "checks", "as", "1", "photo-hash"],
    );
    assert_eq!(checks["checks"][0]["outcome"], "passed");
    let status = desk.call(MANAGER.0, MANAGER.1, "Status", &NO_ARGUMENTS);
    assert_eq!(
        (&status["service"], &status["simulated"]),
        (&json!("beidd"), &json!(true))
    );
    let cards = desk.call(MANAGER.0, MANAGER.1, "ListCards", &NO_ARGUMENTS);
    assert_eq!(cards["cards"][0]["applet"], "1.8");
    let readers = desk.call(MANAGER.0, MANAGER.1, "ListReaders", &NO_ARGUMENTS);
    assert_eq!(readers["readers"][0]["card"]["id"], id.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_of_the_table_is_introspected_and_nothing_else() {
    let desk = Desk::open(Person::Declines).await;
    let id = desk.insert("anna").await;
    for (path, interface, of) in [
        (MANAGER.0.to_owned(), MANAGER.1, Interface::Manager),
        (card_path(&id), CARD, Interface::Card),
    ] {
        // busctl parses our introspection data.
        let output = desk.busctl(&["introspect", "org.beidd1", &path, interface]);
        let text = String::from_utf8(output.stdout).unwrap();
        let methods = text.lines().filter(|line| line.contains(" method ")).map(|line| {
            let mut columns = line.split_whitespace();
            let name = columns.next().unwrap().trim_start_matches('.').to_owned();
            assert_eq!(columns.collect::<Vec<_>>(), ["method", "a{sv}", "a{sv}", "-"], "{line}");
            name
        });
        let rows = OPERATIONS
            .iter()
            .filter_map(|row| row.dbus.filter(|member| member.interface == of));
        let rows: BTreeSet<_> = rows.map(|member| member.method.to_owned()).collect();
        assert_eq!(methods.collect::<BTreeSet<_>>(), rows);
    }
    let tree = String::from_utf8(desk.busctl(&["tree", "--list", "org.beidd1"]).stdout).unwrap();
    let paths: BTreeSet<&str> = tree.lines().collect();
    assert!(
        paths.contains("/org/beidd1/reader/0") && paths.contains(card_path(&id).as_str()),
        "{tree}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn properties_say_what_the_registry_says() {
    let desk = Desk::open(Person::Declines).await;
    let property = |path: &str, interface: &str, name: &str| {
        let output = desk.busctl(&["get-property", "org.beidd1", path, interface, name]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|_| json!(text))
    };
    let reader = "/org/beidd1/reader/0";
    assert_eq!(
        property(reader, "org.beidd1.Reader", "Card"),
        json!({"type": "o", "data": "/"})
    );
    let id = desk.insert("jan").await;
    let path = card_path(&id);
    assert_eq!(
        property(reader, "org.beidd1.Reader", "Card"),
        json!({"type": "o", "data": path})
    );
    assert_eq!(
        property(reader, "org.beidd1.Reader", "PinPad"),
        json!({"type": "b", "data": false})
    );
    assert_eq!(property(&path, CARD, "Applet"), json!({"type": "s", "data": "1.8"}));
    assert_eq!(property(&path, CARD, "Status"), json!({"type": "s", "data": "ready"}));
    assert_eq!(property(&path, CARD, "PinTriesLeft"), json!({"type": "n", "data": -1}));
    assert_eq!(
        property(MANAGER.0, MANAGER.1, "HttpsPort"),
        json!({"type": "q", "data": 32032})
    );
    assert!(
        property(MANAGER.0, MANAGER.1, "Colour")
            .as_str()
            .unwrap()
            .contains("no property")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_card_and_unknown_card_differ() {
    let desk = Desk::open(Person::Declines).await;
    let path = card_path(&desk.insert("anna").await);
    desk.reader.remove();
    let client = connect(&desk).await;
    let (name, _) = error(method(&client, &path, CARD, "ReadIdentity", &[]).await.unwrap_err());
    assert_eq!(name, "org.beidd1.Error.CardRemoved");
    let never = card_path("0123456789abcdef0123456789abcdef");
    let (name, ..) = error(method(&client, &never, CARD, "ReadIdentity", &[]).await.unwrap_err());
    assert_eq!(name, "org.beidd1.Error.NotFound");
    let gone = desk.busctl(&["get-property", "org.beidd1", &path, CARD, "Status"]);
    assert!(!gone.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_speak_the_callers_language() {
    let desk = Desk::open(Person::Declines).await;
    let client = connect(&desk).await;
    let mut details = BTreeSet::new();
    for language in ["nl", "fr", "de", "en"] {
        let mut arguments = link("eidreading", &[]);
        arguments.push(("language", Variant::from(language)));
        let refused = method(&client, MANAGER.0, MANAGER.1, "TherapeuticLink", &arguments)
            .await
            .unwrap_err();
        let (name, detail) = error(refused);
        assert_eq!(name, "org.beidd1.Error.NoCard");
        details.insert(detail);
    }
    assert_eq!(details.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_calls_are_refused_by_name() {
    let desk = Desk::open(Person::Declines).await;
    let path = card_path(&desk.insert("anna").await);
    let refused = |path: &str, interface: &str, method: &str, arguments: &[&str]| {
        desk.refused(path, interface, method, arguments)
    };
    let client = connect(&desk).await;
    for (arguments, word) in [
        (vec![("respondAsync", Variant::from(true))], "respondAsync"),
        (vec![("cardId", Variant::from("current"))], "cardId"),
        (vec![("colour", Variant::from("red"))], "colour"),
        (vec![("fields", Variant::from(1.5))], "fields"),
        (vec![("pin", Variant::from("0000"))], "pin"),
        (vec![("language", Variant::from(3))], "language"),
    ] {
        let (name, detail) = error(
            method(&client, &path, CARD, "ReadIdentity", &arguments)
                .await
                .unwrap_err(),
        );
        assert_eq!(name, "org.beidd1.Error.InvalidRequest");
        assert!(detail.contains(word), "{detail}");
    }
    assert!(refused(&path, CARD, "ReadIdentity", &["s", "x"]).contains("a{sv}"));
    assert!(refused(&path, CARD, "ReadMind", &NO_ARGUMENTS).contains("ReadMind"));
    assert!(refused("/org/beidd1/nothing/here", CARD, "ReadIdentity", &NO_ARGUMENTS).contains("ReadIdentity"));
    // A call without interface is taken for the object's own.
    let none = client
        .call_method(Some("org.beidd1"), MANAGER.0, None::<&str>, "Status", &BusReply::new())
        .await;
    assert!(none.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_said_twice_is_refused_at_any_depth() {
    let desk = Desk::open(Person::Declines).await;
    let same = [
        "nationalNumber",
        "s",
        "85051402418",
        "nationalNumber",
        "s",
        "82000000073",
    ];
    let path = [MANAGER.0, MANAGER.1, "TherapeuticLink"];
    for before in [
        &["a{sv}", "2"][..],
        &["a{sv}", "2", "operation", "s", "put", "patient", "a{sv}", "2"],
        &["a{sv}", "1", "links", "av", "1", "a{sv}", "1", "patient", "a{sv}", "2"],
        &["a{sv}", "1", "patient", "v", "a{ss}", "2"],
    ] {
        let plain: Vec<&str> = same.iter().copied().filter(|word| *word != "s").collect();
        let same = if before.contains(&"a{ss}") {
            &plain[..]
        } else {
            &same[..]
        };
        let refused = desk.refused(path[0], path[1], path[2], &[before, same].concat());
        assert!(
            refused.contains("nationalNumber") && refused.contains("twice"),
            "{before:?}: {refused}"
        );
    }
}

/// Signals of ours that arrive until the bus falls silent.
async fn heard(signals: &mut MessageStream) -> Vec<String> {
    let mut names = Vec::new();
    while let Ok(Some(Ok(message))) = tokio::time::timeout(Duration::from_millis(500), signals.next()).await {
        let header = message.header();
        let ours = header.path().is_some_and(|path| path.starts_with("/org/beidd1"));
        if header.message_type() == message::Type::Signal && ours {
            names.push(header.member().unwrap().to_string());
        }
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_hears_itself_over_the_bus_while_calls_are_served_and_not_before() {
    let desk = Desk::open(Person::Declines).await;
    let machine = PrivateBus::start_as_system_bus();
    let front = Bus::connect_to(desk.service.clone(), machine.address(), Audience::OwnCallers, 0).await;
    let front = front.unwrap();
    let echo = front.echo();
    let silence = tokio::time::timeout(Duration::from_millis(100), echo.heard()).await;
    assert!(silence.is_err(), "nobody serves calls");
    let serving = tokio::spawn(front.serve(desk.stop.clone()));
    echo.heard().await.unwrap();
    echo.heard().await.unwrap();
    desk.stop.cancel();
    serving.await.unwrap();
    drop(machine);
    wait_for("an end of the bus", || {
        matches!(echo.heard().now_or_never(), Some(Err(_)))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_machines_bus_only_our_own_callers_hear_of_cards() {
    let desk = Desk::open(Person::Declines).await;
    let machine = PrivateBus::start_as_system_bus();
    let front = Bus::connect_to(desk.service.clone(), machine.address(), Audience::OwnCallers, 0).await;
    let serving = tokio::spawn(front.unwrap().serve(desk.stop.clone()));
    let connect = async || {
        let client = connection::Builder::address(machine.address()).build().await.unwrap();
        let bus = zbus::fdo::DBusProxy::new(&client).await.unwrap();
        bus.add_match_rule("type='signal'".try_into().unwrap()).await.unwrap();
        client
    };
    let (caller, listener) = (connect().await, connect().await);
    let (mut told, mut overheard) = (MessageStream::from(&caller), MessageStream::from(&listener));
    method(&caller, MANAGER.0, MANAGER.1, "Status", &[]).await.unwrap();
    let ping = ("org.freedesktop.DBus.Peer", "Ping");
    let pinged = listener
        .call_method(Some("org.beidd1"), MANAGER.0, Some(ping.0), ping.1, &())
        .await;
    assert!(pinged.is_ok());
    desk.insert("anna").await;
    let told = heard(&mut told).await;
    for name in ["InterfacesAdded", "PropertiesChanged", "Event"] {
        assert!(told.iter().any(|told| told == name), "{name}: {told:?}");
    }
    assert_eq!(heard(&mut overheard).await, Vec::<String>::new());
    desk.stop.cancel();
    serving.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_of_the_machine_is_told_nothing_but_that_we_are_there() {
    let desk = Desk::open(Person::Declines).await;
    let id = desk.insert("anna").await;
    let machine = PrivateBus::start_as_system_bus();
    let front = Bus::connect_to(desk.service.clone(), machine.address(), Audience::OwnCallers, 0).await;
    tokio::spawn(front.unwrap().serve(desk.stop.clone()));
    // Only root can become another user, so nobody else can run the rest of this test.
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return;
    }
    let (card, properties) = (card_path(&id), "org.freedesktop.DBus.Properties");
    let calls: &[&[&str]] = &[
        &[MANAGER.0, "org.freedesktop.DBus.Introspectable", "Introspect"],
        &[MANAGER.0, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects"],
        &[MANAGER.0, "org.freedesktop.DBus.Peer", "GetMachineId"],
        &["/org/beidd1/reader/0", properties, "GetAll", "s", "org.beidd1.Reader"],
        &[&card, properties, "Get", "ss", CARD, "PinTriesLeft"],
        &[&card, properties, "Set", "ssv", CARD, "PinTriesLeft", "n", "3"],
        &["/no/such/object", MANAGER.1, "Status", "a{sv}", "0"],
        &[MANAGER.0, MANAGER.1, "Status", "a{sv}", "0"],
        &[MANAGER.0, MANAGER.1, "NoSuchMethod"],
    ];
    let as_nobody = |call: &[&str]| {
        Command::new("setpriv")
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "busctl"])
            .args(["--address", machine.address(), "call", "org.beidd1"])
            .args(call)
            .output()
            .unwrap()
    };
    for call in calls {
        let output = as_nobody(call);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && output.stdout.is_empty(), "{call:?}");
        let expected = beid_api::ApiError::from(beid_api::ErrorCode::PolicyDenied);
        assert!(
            said.contains(&expected.detail(beid_texts::Language::default())),
            "{call:?}: {said}"
        );
    }
    let ping = as_nobody(&[MANAGER.0, "org.freedesktop.DBus.Peer", "Ping"]);
    assert!(ping.status.success(), "{ping:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pin_that_is_wrong_says_how_many_tries_are_left() {
    let desk = Desk::open(Person::Types("9999")).await;
    let path = card_path(&desk.insert("anna").await);
    let client = connect(&desk).await;
    let refused = method(
        &client,
        MANAGER.0,
        MANAGER.1,
        "TherapeuticLink",
        &link("eidsigning", &[]),
    )
    .await;
    let (name, detail) = error(refused.unwrap_err());
    assert_eq!(name, "org.beidd1.Error.PinIncorrect");
    assert!(detail.contains('2'), "{detail}");
    let output = desk.busctl(&["get-property", "org.beidd1", &path, CARD, "PinTriesLeft"]);
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout).unwrap(),
        json!({"type": "n", "data": 2})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn operation_is_for_its_creator_only() {
    let desk = Desk::open(Person::Types("1234")).await;
    desk.insert("anna").await;
    let (client, other) = (connect(&desk).await, connect(&desk).await);
    let mut heard = MessageStream::from(&client);
    let mut overheard = MessageStream::from(&other);
    // The other client asks for every signal; signals that are sent to one receiver alone still do not reach it.
    let bus = zbus::fdo::DBusProxy::new(&other).await.unwrap();
    bus.add_match_rule("type='signal'".try_into().unwrap()).await.unwrap();

    let operation = start_signing(&client).await;
    let mut names = Vec::new();
    while state(&client, &operation).await.unwrap() != "succeeded" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    while let Ok(Some(Ok(message))) = tokio::time::timeout(Duration::from_millis(500), heard.next()).await {
        let header = message.header();
        if header.message_type() == message::Type::Signal
            && header.path().is_some_and(|path| path.starts_with("/org/beidd1"))
        {
            names.push(header.member().unwrap().to_string());
        }
    }
    assert_eq!(names.first().map(String::as_str), Some("InterfacesAdded"), "{names:?}");
    assert!(
        names.contains(&"PropertiesChanged".to_owned()) && names.contains(&"Event".to_owned()),
        "{names:?}"
    );
    while let Ok(Some(Ok(message))) = tokio::time::timeout(Duration::from_millis(200), overheard.next()).await {
        let text = format!("{message:?} {}", String::from_utf8_lossy(message.data()));
        assert!(!text.contains(operation.rsplit('/').next().unwrap()), "{text}");
    }

    for method in ["Cancel", "Result"] {
        let refused = other
            .call_method(
                Some("org.beidd1"),
                &operation,
                Some("org.beidd1.Operation"),
                method,
                &(),
            )
            .await;
        assert_eq!(error(refused.unwrap_err()).0, "org.beidd1.Error.NotFound");
    }
    assert_eq!(
        error(state(&other, &operation).await.unwrap_err()).0,
        "org.beidd1.Error.NotFound"
    );
    let managed = |client: Connection| async move {
        let name = Some("org.freedesktop.DBus.ObjectManager");
        let reply = client
            .call_method(Some("org.beidd1"), MANAGER.0, name, "GetManagedObjects", &())
            .await
            .unwrap();
        let objects: HashMap<OwnedObjectPath, HashMap<String, BusReply>> = reply.body().deserialize().unwrap();
        objects.into_keys().collect::<Vec<_>>()
    };
    assert!(managed(client.clone()).await.contains(&operation));
    assert!(!managed(other.clone()).await.contains(&operation));

    let result = client
        .call_method(
            Some("org.beidd1"),
            &operation,
            Some("org.beidd1.Operation"),
            "Result",
            &(),
        )
        .await;
    let result: BusReply = result.unwrap().body().deserialize().unwrap();
    let proof: BusReply = result["proof"].try_clone().unwrap().try_into().unwrap();
    assert_eq!(
        String::try_from(proof["type"].try_clone().unwrap()).unwrap(),
        "eidsigning"
    );
    let asked = vec![("id", Variant::from(operation.rsplit('/').next().unwrap().to_owned()))];
    let answer = method(&client, MANAGER.0, MANAGER.1, "GetOperation", &asked)
        .await
        .unwrap();
    assert_eq!(
        String::try_from(answer["state"].try_clone().unwrap()).unwrap(),
        "succeeded"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn operation_can_be_cancelled() {
    let desk = Desk::open(Person::Waits).await;
    desk.insert("anna").await;
    let client = connect(&desk).await;
    let operation = start_signing(&client).await;
    desk.asked().await;
    let early = client
        .call_method(
            Some("org.beidd1"),
            &operation,
            Some("org.beidd1.Operation"),
            "Result",
            &(),
        )
        .await;
    assert_eq!(error(early.unwrap_err()).0, "org.beidd1.Error.OperationInProgress");
    let cancel = client
        .call_method(
            Some("org.beidd1"),
            &operation,
            Some("org.beidd1.Operation"),
            "Cancel",
            &(),
        )
        .await;
    cancel.unwrap();
    assert_eq!(state(&client, &operation).await.unwrap(), "cancelled");
    let result = client
        .call_method(
            Some("org.beidd1"),
            &operation,
            Some("org.beidd1.Operation"),
            "Result",
            &(),
        )
        .await;
    assert_eq!(error(result.unwrap_err()).0, "org.beidd1.Error.UserDeclined");
}

/// Returns true if a person is being asked, which another call shows: only one dialog can be open at a time.
async fn is_asking(desk: &Desk) -> bool {
    let client = connect(desk).await;
    let call = method(
        &client,
        MANAGER.0,
        MANAGER.1,
        "TherapeuticLink",
        &link("eidsigning", &[]),
    )
    .await;
    error(call.unwrap_err()).0 == "org.beidd1.Error.OperationInProgress"
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_who_leaves_ends_what_it_waits_for() {
    for detached in [false, true] {
        let desk = Desk::open(Person::Waits).await;
        desk.insert("anna").await;
        let client = connect(&desk).await;
        let waiting = if detached {
            start_signing(&client).await;
            None
        } else {
            let client = client.clone();
            Some(tokio::spawn(async move {
                drop(
                    method(
                        &client,
                        MANAGER.0,
                        MANAGER.1,
                        "TherapeuticLink",
                        &link("eidsigning", &[]),
                    )
                    .await,
                );
            }))
        };
        desk.asked().await;
        assert!(is_asking(&desk).await);
        if let Some(waiting) = waiting {
            waiting.abort();
            drop(waiting.await);
        }
        client.close().await.unwrap();
        // The turn is free again: the next caller's dialog opens, which the pinentry's file shows.
        std::fs::remove_file(desk.dir.join("asked")).unwrap();
        let next = connect(&desk).await;
        let operation = loop {
            let operation = start_signing(&next).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            if state(&next, &operation).await.unwrap() != "failed" {
                break operation;
            }
        };
        desk.asked().await;
        assert_eq!(state(&next, &operation).await.unwrap(), "waitingForPin");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_person_is_in_objects_or_signals() {
    let desk = Desk::open(Person::Types("1234")).await;
    let mut monitor = Command::new("dbus-monitor")
        .args(["--address", desk.bus.address(), "type='signal'"])
        .stdout(Stdio::from(std::fs::File::create(desk.dir.join("signals")).unwrap()))
        .spawn()
        .expect("dbus-monitor is installed");
    wait_for("the monitor", || {
        std::fs::metadata(desk.dir.join("signals")).is_ok_and(|file| file.len() > 0)
    })
    .await;
    let id = desk.insert("anna").await;
    desk.call(&card_path(&id), CARD, "ReadSummary", &NO_ARGUMENTS);
    let client = connect(&desk).await;
    method(
        &client,
        MANAGER.0,
        MANAGER.1,
        "TherapeuticLink",
        &link("eidsigning", &[]),
    )
    .await
    .unwrap();
    let head = [
        "call",
        "org.beidd1",
        MANAGER.0,
        "org.freedesktop.DBus.ObjectManager",
        "GetManagedObjects",
    ];
    let managed = String::from_utf8(desk.busctl(&head).stdout).unwrap();
    assert!(managed.contains(&id));
    desk.reader.remove();
    let signals = || std::fs::read_to_string(desk.dir.join("signals")).unwrap();
    wait_for("card.removed", || signals().contains("card.removed")).await;
    monitor.kill().unwrap();
    monitor.wait().unwrap();
    let anna = Citizen::find("anna").unwrap();
    for text in [managed, signals()] {
        for personal in [
            anna.surname,
            "Petronella",
            anna.national_number,
            anna.card_number,
            anna.address[0],
        ] {
            assert!(!text.contains(personal), "{personal}: {text}");
        }
    }
    // InterfacesAdded comes before the event that names the card.
    let signals = signals();
    let (added, ready) = (signals.find("InterfacesAdded"), signals.find("\"card.ready\""));
    assert!(added.unwrap() < ready.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_name_is_an_error() {
    let desk = Desk::open(Person::Declines).await;
    let second = Bus::connect_to(desk.service.clone(), desk.bus.address(), Audience::Everybody, 0).await;
    assert!(matches!(second, Err(BusError::NameTaken("org.beidd1"))));
    let nobody = Bus::connect_to(
        desk.service.clone(),
        &format!("unix:path={}/no", desk.dir.display()),
        Audience::Everybody,
        0,
    )
    .await;
    assert!(matches!(nobody, Err(BusError::Bus(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn serving_ends_on_stop_and_when_the_bus_is_lost() {
    let mut desk = Desk::open(Person::Declines).await;
    desk.stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), desk.served.take().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert!(!desk.busctl(&["status", "org.beidd1"]).status.success());

    let mut desk = Desk::open(Person::Declines).await;
    let fresh = PrivateBus::start();
    drop(std::mem::replace(&mut desk.bus, fresh));
    tokio::time::timeout(Duration::from_secs(5), desk.served.take().unwrap())
        .await
        .unwrap()
        .unwrap();
}
