//! `beidctl evidence`: records found, shown, exported, verified and purged.

use beid_settings::AssignedRole;
use beid_simulator::{Citizen, TEST_PIN, VirtualCard};
use beid_sources::simulated::SimulatedReader;
use beid_testkit::daemon::ctl::{fails, json, run, stderr, stdout, succeeds};
use beid_testkit::daemon::{Desk, DeskSetup, Person};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

async fn recording() -> Desk {
    let desk = Desk::furnish(DeskSetup {
        records: true,
        ..DeskSetup::new(Person::Declines)
    });
    let desk = desk.await;
    desk.insert("jan").await;
    desk
}

/// Has a link proved by reading the card; id of its record.
async fn recorded(desk: &Desk, reference: &str) -> String {
    let link = [
        "therlink",
        "put",
        "--type",
        "gpconsultation",
        "--proof",
        "eidreading",
        "--reference",
        reference,
    ];
    let answer = json(desk, &link).await;
    answer.pointer("/evidenceId").unwrap().as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_listed_and_shown_with_what_was_done() {
    let desk = recording().await;
    assert_eq!(succeeds(&desk, &["evidence", "list"]).await, "No records.\n");
    let id = recorded(&desk, "dossier 1").await;
    recorded(&desk, "dossier 2").await;
    let listed = succeeds(&desk, &["evidence", "list", "--reference", "dossier 1"]).await;
    assert!(
        listed.contains(&id) && listed.contains("a program of this user, reference dossier 1"),
        "{listed}"
    );
    assert_eq!(
        json(&desk, &["evidence", "list"]).await["evidence"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        succeeds(&desk, &["evidence", "list", "--to", "2020-01-01"]).await,
        "No records.\n"
    );
    let shown = succeeds(&desk, &["evidence", "show", &id]).await;
    for part in [
        "therapeutic-link",
        "content           kept",
        "\"requestId\"",
        "\"reader\": \"Simulated reader\"",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    succeeds(&desk, &["evidence", "show", &id, "--out", "content.json"]).await;
    let sum = Command::new("sha256sum")
        .arg(desk.dir.join("content.json"))
        .output()
        .unwrap();
    let header = json(&desk, &["evidence", "show", &id]).await["header"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(header.contains(stdout(&sum).split(' ').next().unwrap()), "{header}");
    let (code, said) = fails(&desk, &["evidence", "show", &"0".repeat(32)]).await;
    assert!(code == 1 && said.contains("[not-found]"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn store_and_export_are_verified_and_the_first_broken_link_is_named() {
    let desk = recording().await;
    for number in 0..3 {
        recorded(&desk, &format!("dossier {number}")).await;
    }
    let said = succeeds(&desk, &["evidence", "verify"]).await;
    assert!(said.contains("INTACT, 3 records"), "{said}");
    succeeds(&desk, &["evidence", "export", "--out", "export.jsonl"]).await;
    // Without a service.
    let verify = async |file: &str, more: &[&str]| {
        let mut command = beid_testkit::daemon::ctl::beidctl(&desk);
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        command.args(["evidence", "verify", file]).args(more);
        let output = command.output().unwrap();
        (output.status.code(), stdout(&output), stderr(&output))
    };
    let (code, said, _) = verify("export.jsonl", &[]).await;
    assert_eq!(code, Some(0), "{said}");
    let end = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("end to note"))
        .unwrap()
        .trim()
        .to_owned();
    assert_eq!(verify("export.jsonl", &["--noted", &end]).await.0, Some(0));
    let export = fs::read_to_string(desk.dir.join("export.jsonl")).unwrap();
    desk.write("changed.jsonl", export.replacen("Simulated", "simulated", 1).as_bytes());
    let (code, said, _) = verify("changed.jsonl", &[]).await;
    assert!(
        code == Some(1) && said.contains("BROKEN at record 1: its content was changed"),
        "{said}"
    );
    // Cut off together with its head, which only the noted end tells.
    let lines: Vec<_> = export.lines().collect();
    let first_head = lines.iter().position(|line| line.starts_with("{\"head\"")).unwrap();
    desk.write("short.jsonl", (lines[..=first_head].join("\n") + "\n").as_bytes());
    assert_eq!(verify("short.jsonl", &[]).await.0, Some(0));
    let (code, said, _) = verify("short.jsonl", &["--noted", &end]).await;
    assert!(code == Some(1) && said.contains("it is missing"), "{said}");
    desk.write("empty.jsonl", b"");
    let (code, _, said) = verify("empty.jsonl", &[]).await;
    assert!(code == Some(1) && said.contains("no export of evidence"), "{said}");
    assert_eq!(verify("export.jsonl", &["--noted", "7"]).await.0, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_about_a_patient_are_exported_and_dropped() {
    let desk = recording().await;
    let jan = beid_simulator::Citizen::find("jan").unwrap().national_number;
    let id = recorded(&desk, "dossier 1").await;
    let contents = async |name: &str, more: &[&str]| {
        succeeds(&desk, &[&["evidence", "export", "--out", name], more].concat()).await;
        let export = fs::read_to_string(desk.dir.join(name)).unwrap();
        export.matches("\"content\":\"").count()
    };
    assert_eq!(contents("of-jan.jsonl", &["--patient", jan]).await, 1);
    assert_eq!(contents("of-anna.jsonl", &["--patient", "85051402418"]).await, 0);
    assert_eq!(
        run(&desk, &["evidence", "purge", "--patient", jan]).await.status.code(),
        Some(2)
    );
    let said = succeeds(
        &desk,
        &["evidence", "purge", "--patient", jan, "--reason", "the patient asked"],
    )
    .await;
    assert_eq!(said, "The content of one record is dropped; the record stays.\n");
    assert_eq!(contents("after.jsonl", &["--patient", jan]).await, 0);
    let shown = succeeds(&desk, &["evidence", "show", &id]).await;
    assert!(shown.contains("not here: it was dropped"), "{shown}");
    let said = succeeds(&desk, &["evidence", "verify"]).await;
    assert!(said.contains("INTACT, 2 records"), "{said}");
}

/// Runs a program in a directory; returns its output, or panics with what it said.
fn program(directory: &Path, name: &str, arguments: &[&str]) -> String {
    let output = Command::new(name)
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{name} {arguments:?}: {}", stderr(&output));
    stdout(&output)
}

/// Names of the files in a container, which are unpacked into a directory.
fn unpacked(desk: &Desk, container: &str) -> (Vec<String>, PathBuf) {
    let folder = desk.dir.join("unpacked");
    drop(fs::remove_dir_all(&folder));
    program(&desk.dir, "unzip", &["-q", container, "-d", "unpacked"]);
    let names = program(&desk.dir, "unzip", &["-Z", "-1", container]);
    (names.lines().map(str::to_owned).collect(), folder)
}

/// Order to xmlsec1 to verify a signature in XML, under the root in a file.
const XMLSEC: [&str; 6] = [
    "--verify",
    "--id-attr:Id",
    "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
    "--trusted-pem",
    "desk.pem",
    "META-INF/signatures001.xml",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_gets_a_container_that_others_read_and_verify() {
    let desk = Desk::furnish(DeskSetup {
        records: true,
        ..DeskSetup::new(Person::Types(TEST_PIN))
    });
    let desk = desk.await;
    desk.insert("claire").await;
    recorded(&desk, "of another patient").await;
    desk.insert("jan").await;
    desk.write("brief.txt", "Één brief".as_bytes());
    for command in [
        &["therlink", "put", "--type", "gpconsultation", "--proof", "eidsigning"][..],
        &["consent", "put", "--evidence", "asice"],
        &["sign", "brief.txt", "--format", "cades"],
        &["identity"],
    ] {
        json(&desk, command).await;
    }
    let [jan, claire] = ["jan", "claire"].map(|name| beid_simulator::Citizen::find(name).unwrap());
    let export = [
        "evidence",
        "export",
        "--lang",
        "nl",
        "--patient",
        jan.national_number,
        "--out",
        "jan.asice",
    ];
    let said = succeeds(&desk, &export).await;
    assert!(said.starts_with("4 records about this patient\n"), "{said}");
    let (names, folder) = unpacked(&desk, "jan.asice");
    let expected = [
        "mimetype",
        "index.html",
        "evidence.json",
        "chain.jsonl",
        "desk.pem",
        "documents/000002-therapeutic-link/request.xml",
        "documents/000002-therapeutic-link/proof.p7s",
        "documents/000003-consent/request.xml",
        "documents/000003-consent/evidence.asice",
        "documents/000004-signature/1-brief.txt.p7s",
        "META-INF/manifest.xml",
        "META-INF/signatures001.xml",
    ];
    assert_eq!(names, expected);

    // For a person, and for programs.
    let index = fs::read_to_string(folder.join("index.html")).unwrap();
    for part in [
        "Bewijsstukken over u",
        jan.national_number,
        "Toestemming",
        "000003-consent/evidence.asice",
    ] {
        assert!(index.contains(part), "{part}: {index}");
    }
    let kinds = program(
        &folder,
        "jq",
        &["-r", ".records[] | .record.kind + \" \" + .state", "evidence.json"],
    );
    assert_eq!(
        kinds,
        "therapeutic-link kept\nconsent kept\nsignature kept\ncard-read kept\n"
    );
    let sums = ".records[].documents[] | .sha256 + \"  \" + .file";
    let sums = program(&folder, "jq", &["-r", sums, "evidence.json"]);
    fs::write(folder.join("sums"), &sums).unwrap();
    assert_eq!(
        program(&folder, "sha256sum", &["--check", "--strict", "sums"])
            .lines()
            .count(),
        5
    );

    // The whole, by other software, and by ours.
    program(&folder, "xmlsec1", &XMLSEC);
    fs::write(folder.join("evidence.json"), "{}").unwrap();
    let changed = Command::new("xmlsec1")
        .args(XMLSEC)
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(!changed.status.success());
    // Every file is the desk's; but nobody agreed to a document by a seal, whoever vouches for the desk.
    for (more, chain) in [
        (&[][..], "? chain                     unknown: root-not-trusted"),
        (&["--root", "unpacked/desk.pem"], "✔ chain                     passed"),
    ] {
        let output = run(&desk, &[&["verify", "jan.asice"], more].concat()).await;
        let said = stdout(&output);
        assert!(
            output.status.code() == Some(7) && said.starts_with("NOT CHECKED") && !said.contains('✘'),
            "{said}"
        );
        for part in [
            chain,
            "✔ content-digest",
            "✔ signature  ",
            "unknown: holder-without-number",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    let example = beid_testkit::workspace().join("examples/verify-evidence.py");
    let said = program(&folder, "python3", &[example.to_str().unwrap(), "chain.jsonl"]);
    assert!(said.contains(": 5 records hold"), "{said}");

    // What was signed keeps the signature that it had.
    for name in ["000002-therapeutic-link/proof.p7s", "000003-consent/evidence.asice"] {
        let place = format!("unpacked/documents/{name}");
        let verified = succeeds(&desk, &["verify", &place]).await;
        assert!(verified.starts_with("VALID (test card)\n"), "{name}: {verified}");
    }
    let beside = [
        "verify",
        "unpacked/documents/000004-signature/1-brief.txt.p7s",
        "--content",
        "brief.txt",
    ];
    assert!(succeeds(&desk, &beside).await.starts_with("VALID (test card)\n"));

    // Nothing of the other patient.
    for name in &expected[1..] {
        let content = fs::read(folder.join(name)).unwrap();
        for part in [claire.surname, claire.national_number] {
            assert!(
                !content.windows(part.len()).any(|window| window == part.as_bytes()),
                "{name}: {part}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_about_one_patient_and_one_period() {
    let desk = recording().await;
    recorded(&desk, "dossier 1").await;
    let jan = beid_simulator::Citizen::find("jan").unwrap().national_number;
    let export = async |more: &[&str]| {
        let output = run(&desk, &[&["evidence", "export", "--force"], more].concat()).await;
        (output.status.code(), stdout(&output) + &stderr(&output))
    };
    #[rustfmt::skip] // one row a line
    let rows: [(&[&str], Option<i32>, &str); 7] = [
        (&["--out", "x.asice"], Some(2), "--patient says whose"),
        (&["--out", "x.jsonl", "--patient", jan, "--from", "2026-01-01"], Some(2), "ends in .asice"),
        (&["--out", "x.asice", "--from", "2026-01-01"], Some(2), "--patient"),
        (&["--out", "x.asice", "--patient", "85051402419"], Some(1), "[invalid-national-number]"),
        (&["--out", "x.asice", "--patient", jan, "--to", "2020-01-01"], Some(0), "0 records about this patient"),
        (&["--out", "x.asice", "--patient", jan, "--from", "2020-01-01"], Some(0), "1 records about this patient"),
        (&["--out", "x.ASICE", "--patient", jan], Some(0), "1 records about this patient"),
    ];
    for (more, code, part) in rows {
        let (ended, said) = export(more).await;
        assert!(ended == code && said.contains(part), "{more:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_that_the_settings_keep_are_dropped_only_despite_that() {
    let desk = Desk::furnish(DeskSetup {
        records: true,
        settings: "[evidence.retention]\ntherapeutic-link = 10958\n",
        ..DeskSetup::new(Person::Declines)
    });
    let desk = desk.await;
    desk.insert("jan").await;
    recorded(&desk, "dossier 1").await;
    json(&desk, &["identity"]).await;
    // By the settings of this desk its own heads are enough.
    assert!(findings(&desk).await.is_empty());
    let jan = beid_simulator::Citizen::find("jan").unwrap().national_number;
    let about = ["evidence", "purge", "--patient", jan, "--reason", "the patient asked"];
    let said = succeeds(&desk, &about).await;
    assert!(
        said.starts_with("The content of one record is dropped; the record stays.\nTo be kept for longer"),
        "{said}"
    );
    assert!(said.contains("not dropped: 1."), "{said}");
    let kind = [
        "evidence",
        "purge",
        "--kind",
        "therapeutic-link",
        "--before",
        "2099-01-01",
        "--reason",
        "tidying up",
    ];
    let (code, refused) = fails(&desk, &kind).await;
    assert!(code == 1 && refused.contains("[policy-denied]"), "{refused}");
    let said = succeeds(&desk, &[&about[..], &["--despite-retention"]].concat()).await;
    assert_eq!(said, "The content of one record is dropped; the record stays.\n");
}

/// Plugs in a reader for the care provider's own card, with the card of `citizen` in it.
async fn provider(desk: &Desk, citizen: &str) -> SimulatedReader {
    let registry = &desk.service.registry;
    let reader = SimulatedReader::plug_in(registry, "Reader of the practice");
    registry
        .choose_role("Reader of the practice", Some(AssignedRole::Provider))
        .unwrap();
    let mut events = desk.service.events.listen();
    reader.insert(VirtualCard::new(Citizen::find(citizen).unwrap(), &desk.pki).unwrap());
    while events.next().await.unwrap().name != "card.ready" {}
    reader
}

/// Codes of the doctor's findings about evidence.
async fn findings(desk: &Desk) -> Vec<String> {
    let output = run(desk, &["--json", "doctor"]).await;
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = answer["findings"].as_array().unwrap().iter();
    let codes = findings.map(|finding| finding["code"].as_str().unwrap().to_owned());
    codes.filter(|code| code.starts_with("evidence-head")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_care_provider_signs_the_head_when_asked_and_others_verify_it() {
    let desk = Desk::furnish(DeskSetup {
        records: true,
        settings: "[evidence]\nheads = \"provider\"\n",
        ..DeskSetup::new(Person::Types(TEST_PIN))
    });
    let desk = desk.await;
    desk.insert("jan").await;
    let (code, said) = fails(&desk, &["evidence", "sign-head"]).await;
    assert!(code == 1 && said.contains("[not-found]"), "nothing to sign: {said}");
    recorded(&desk, "dossier 1").await;
    recorded(&desk, "dossier 2").await;
    let (code, said) = fails(&desk, &["evidence", "sign-head"]).await;
    assert!(code != 0 && said.contains("[no-reader]"), "{said}");
    // Nobody was asked for anything that they had not asked for.
    assert!(desk.dialogs().is_empty());
    assert_eq!(findings(&desk).await, ["evidence-head-missing"]);

    let _reader = provider(&desk, "claire").await;
    let said = succeeds(&desk, &["evidence", "sign-head"]).await;
    assert!(said.starts_with("Signed: 2 records.\n"), "{said}");
    assert_eq!(findings(&desk).await, ["evidence-head-signed"]);
    let verified = json(&desk, &["evidence", "verify"]).await;
    let chain = &verified["chains"][0];
    let head = &chain["providerHeads"][0];
    assert_eq!(
        (&head["record"], &head["position"], &head["verdict"]),
        (&3.into(), &2.into(), &"valid-test-card".into())
    );
    // The dialog said what was signed, word for word.
    let shown: String = desk.dialogs().iter().map(|(_, text)| text.as_str()).collect();
    let shown: String = shown.split_whitespace().collect();
    succeeds(&desk, &["evidence", "export", "--out", "export.jsonl"]).await;
    let export = fs::read_to_string(desk.dir.join("export.jsonl")).unwrap();
    let headers = export.lines().filter_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["record"].as_str().map(str::to_owned)
    });
    let hashes: Vec<String> = headers.map(|header| sha256(&desk, header.as_bytes())).collect();
    assert!(
        shown.contains(&hashes[1]) && shown.contains(chain["desk"].as_str().unwrap()),
        "{shown}"
    );

    // Without the service, and by others.
    let roots = desk
        .pki
        .root_paths()
        .map(|path| fs::read_to_string(path).unwrap())
        .concat();
    desk.write("roots.pem", roots.as_bytes());
    let offline = succeeds(&desk, &["evidence", "verify", "export.jsonl", "--root", "roots.pem"]).await;
    assert!(
        offline.contains("over 2 records, by Claire") && offline.contains("valid-test-card"),
        "{offline}"
    );
    let example = beid_testkit::workspace().join("examples/verify-heads.sh");
    let example = example.to_str().unwrap();
    let said = program(&desk.dir, example, &["export.jsonl", "roots.pem"]);
    assert!(
        said.starts_with("record 3: head over 2 records, signed by Claire"),
        "{said}"
    );
    let chain = beid_testkit::workspace().join("examples/verify-evidence.py");
    program(&desk.dir, "python3", &[chain.to_str().unwrap(), "export.jsonl"]);
    for (from, to, fault) in [
        (
            "\\\"signature\\\":\\\"MII",
            "\\\"signature\\\":\\\"MIJ",
            "its signature",
        ),
        (
            "\\\"kind\\\":\\\"therapeutic-link\\\"",
            "\\\"kind\\\":\\\"inquiry\\\"",
            "its head knows another record",
        ),
    ] {
        assert!(export.contains(from), "{from}");
        desk.write("changed.jsonl", export.replace(from, to).as_bytes());
        let changed = Command::new(example)
            .args(["changed.jsonl", "roots.pem"])
            .current_dir(&desk.dir)
            .output()
            .unwrap();
        assert!(
            !changed.status.success() && stdout(&changed).contains(fault),
            "{}{}",
            stdout(&changed),
            stderr(&changed)
        );
    }
}

/// SHA-256 of octets in hex digits, by another program.
fn sha256(desk: &Desk, octets: &[u8]) -> String {
    desk.write("octets", octets);
    program(&desk.dir, "sha256sum", &["octets"])
        .split(' ')
        .next()
        .unwrap()
        .to_owned()
}
