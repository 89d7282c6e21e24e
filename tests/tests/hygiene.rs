//! Searches of everything that is written: no PIN anywhere, and in the log no name and no number either.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

use beid_e2e::{Desk, Home, ScriptedAnswer};
use beid_simulator::{Citizen, TEST_PIN};
use serde_json::json;
use std::fs;
use std::path::Path;

const WRONG_PIN: &str = "86420975";
/// The same as the card gets it.
const WRONG_BLOCK: [u8; 6] = [0x28, 0x86, 0x42, 0x09, 0x75, 0xFF];
/// PIN block of 1234, the test citizens' PIN. The four digits alone stand in any date or port.
const RIGHT_BLOCK: [u8; 5] = [0x24, 0x12, 0x34, 0xFF, 0xFF];

/// All that is in files below `folder`.
fn everything_in(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(everything_in(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).expect("a file")));
        }
    }
    found
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// Every way in which a block could be written down.
fn written(block: &[u8]) -> Vec<Vec<u8>> {
    let hex = |separator: &str| {
        block
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<Vec<_>>()
            .join(separator)
    };
    let texts = [hex(""), hex(" "), hex(":")];
    let lower = texts.clone().map(|text| text.to_lowercase());
    let decimal = format!("{block:?}").trim_matches(['[', ']']).to_owned();
    let texts = texts.into_iter().chain(lower).chain([decimal]).map(String::into_bytes);
    texts.chain([block.to_vec()]).collect()
}

fn clean(place: &str, bytes: &[u8], secrets: &[Vec<u8>]) {
    for secret in secrets {
        assert!(
            !contains(bytes, secret),
            "{place} holds a planted secret of {} bytes",
            secret.len()
        );
    }
}

#[test]
fn nothing_secret_is_written_at_any_level() {
    let author = r#"
[[provider.parties]]
type = "persphysician"
nihii = "19999816004"
firstName = "Testo"
familyName = "ARTSPLANT"
"#;
    for level in ["trace", "debug", "info"] {
        // Sealed, so that the records too say nothing to whoever has no key.
        let desk = Desk::start_with(|options| {
            let options = options.append(author).set("log", "level", &format!("{level:?}"));
            options.set("evidence", "seal", "\"desk\"")
        });
        let (citizen, card) = (Citizen::find("anna").expect("anna"), desk.insert("anna"));
        let rest = desk.daemon.rest(&[
            "readers",
            "identity.full",
            "identity.photo",
            "proof.therlink",
            "pin.manage",
        ]);
        let link =
            json!({ "operation": "put", "type": "gpconsultation", "proof": "eidsigning", "comment": "REMARKPLANT" });
        // With a remark the text is a page of its own.
        desk.pinentry.will(ScriptedAnswer::Ok);
        desk.pinentry.will(ScriptedAnswer::pin(WRONG_PIN));
        assert_eq!(rest.post("/v1/therapeutic-links", &link).problem(), "pin-incorrect");
        desk.pinentry.will(ScriptedAnswer::Ok);
        desk.pinentry.will(ScriptedAnswer::pin(TEST_PIN));
        drop(rest.post("/v1/therapeutic-links", &link).ok());
        for pin in [TEST_PIN, WRONG_PIN, WRONG_PIN] {
            desk.pinentry.will(ScriptedAnswer::pin(pin));
        }
        let changed = desk.card(&card, "PinOperation", &json!({ "type": "change" }));
        assert_eq!(changed.expect("changed")["outcome"], "changed");
        let read = desk.card(&card, "ReadSummary", &json!({})).expect("summary");
        let address = read
            .pointer("/address/streetAndNumber")
            .and_then(|street| street.as_str())
            .expect("a street");
        // Planted in requests that are refused, where one is tempted to repeat them.
        let planted =
            json!({ "operation": "put", "type": "TYPEPLANT", "proof": "eidreading", "NAMEPLANT": "VALUEPLANT" });
        assert_eq!(
            rest.post("/v1/therapeutic-links", &planted).problem(),
            "invalid-request"
        );
        let pin = json!({ "pin": WRONG_PIN });
        assert_eq!(rest.post("/v1/therapeutic-links", &pin).problem(), "invalid-request");

        let number = read
            .pointer("/identity/nationalNumber")
            .and_then(|number| number.as_str())
            .expect("a number");
        let text = |path: &str| read.pointer(path).and_then(|text| text.as_str()).expect("a text");
        let (card_number, chip) = (text("/identity/cardNumber"), text("/identity/chipNumber"));
        let given = text("/identity/givenNames/0");
        let persons = [
            citizen.surname,
            given,
            number,
            card_number,
            chip,
            address,
            "ARTSPLANT",
            "REMARKPLANT",
            "VALUEPLANT",
        ];
        let persons = persons.map(|text| text.as_bytes().to_vec()).to_vec();
        let pins = [
            vec![WRONG_PIN.as_bytes().to_vec()],
            written(&WRONG_BLOCK),
            written(&RIGHT_BLOCK),
        ]
        .concat();

        let traffic = serde_json::to_vec(&desk.bus.traffic()).expect("traffic");
        assert!(
            contains(&traffic, citizen.surname.as_bytes()),
            "the monitor sees what is answered"
        );
        clean("D-Bus", &traffic, &pins);
        let properties = desk.bus.objects().expect("objects").to_string();
        clean("D-Bus properties", properties.as_bytes(), &persons);
        for (name, arguments) in desk.bus.signals() {
            clean(&format!("signal {name}"), format!("{arguments:?}").as_bytes(), &persons);
        }

        let home: Home = desk.daemon.stop();
        let log = fs::read(home.log()).expect("the log");
        // Lines of the service and of a front: a log that leaves a crate out is clean for nothing.
        for line in [
            "card recognised",
            "first start: HTTPS certificates are made",
            "on the bus",
        ] {
            assert!(contains(&log, line.as_bytes()), "{line:?} is logged at {level}");
        }
        clean("the log", &log, &persons);
        clean("the log", &log, &pins);
        if level == "trace" {
            assert!(
                contains(&log, b"00200001 +8 -> 63C2"),
                "the exchange is traced by header, lengths and status"
            );
        }
        let files = everything_in(&home.state());
        assert!(
            files.iter().any(|(path, _)| path.ends_with("evidence/evidence.db")),
            "there are records"
        );
        for (path, bytes) in files {
            clean(&path, &bytes, &persons);
            clean(&path, &bytes, &pins);
        }
        if let Ok(entries) = fs::read_dir(home.runtime()) {
            assert_eq!(entries.count(), 0, "nothing is left in the runtime directory");
        } else {
            panic!("the runtime directory has gone");
        }
    }
}
