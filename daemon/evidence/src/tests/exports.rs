//! Exports, judged by us and by the example in Python.

use super::world::{draft, hours, patient, store, write};
use crate::chain::{ChainEnd, ChainFault};
use crate::export::verify_export;
use crate::ledger::RecordSearch;
use crate::record::{RecordDraft, RecordKind};
use crate::sealing::{InstitutionKey, InstitutionSecret, Opening, Sealing};
use crate::store::EvidenceStore;
use beid_testkit::{FinishedCommand, Scratch, openssl, python, run, tool, workspace};
use std::fs;
use std::process::Command;
use std::slice::from_ref;

/// Judgement of the example.
fn example(scratch: &Scratch, export: &str) -> FinishedCommand {
    let file = scratch.write("export", export.as_bytes());
    let mut program = Command::new(tool("python3"));
    run(program.arg(workspace().join("examples/verify-evidence.py")).arg(file))
}

/// First broken link by our own judgement.
fn broken(export: &str) -> Option<(u64, ChainFault)> {
    let reports = verify_export(export, &Opening::default(), &[]);
    let broken = reports.into_iter().find_map(|report| report.broken);
    broken.map(|broken| (broken.position, broken.fault))
}

async fn exported(scratch: &Scratch, count: usize) -> String {
    let store = store(scratch).await;
    for number in 0..count {
        // A day each, so that each has a head.
        store
            .record(
                &draft(RecordKind::Consent, number),
                hours(24 * i64::try_from(number).unwrap()),
            )
            .await
            .unwrap();
    }
    String::from_utf8(store.export(None, None, hours(999)).await.unwrap()).unwrap()
}

#[test]
fn the_example_has_forty_lines() {
    let text = fs::read_to_string(workspace().join("examples/verify-evidence.py")).unwrap();
    let is_code = |line: &&str| !line.trim().is_empty() && !line.starts_with('#') && !line.starts_with("\"\"\"");
    assert!(text.lines().filter(is_code).count() <= 40);
    let standard = ["hashlib", "json", "sys"];
    let imports = text.lines().filter_map(|line| line.strip_prefix("import "));
    assert_eq!(imports.collect::<Vec<_>>(), [standard.join(", ")]);
}

#[test]
fn the_page_about_the_chain_lists_every_kind() {
    let page = fs::read_to_string(workspace().join("docs/evidence-chain.md")).unwrap();
    let rows = RecordKind::ALL
        .iter()
        .map(|kind| format!("| `{}` | {} |\n", kind.word(), kind.means()));
    let table = format!("| kind | meaning |\n|---|---|\n{}\n", rows.collect::<String>());
    assert!(page.contains(&table), "{table}");
}

#[tokio::test]
async fn a_whole_export_holds_for_us_and_for_the_example() {
    let scratch = Scratch::new("export");
    let export = exported(&scratch, 9).await;
    let reports = verify_export(&export, &Opening::default(), &[]);
    assert_eq!(reports.len(), 1);
    assert_eq!(
        (
            reports[0].records,
            reports[0].contents,
            reports[0].heads,
            &reports[0].broken
        ),
        (9, 9, 9, &None)
    );
    let said = example(&scratch, &export).ok();
    let expected = format!(
        "desk {}: 9 records hold, the last has hash {}\n",
        reports[0].desk, reports[0].last_hash
    );
    assert_eq!(said, expected);
}

#[tokio::test]
async fn every_line_that_is_missing_moved_or_changed_is_found_by_both() {
    let scratch = Scratch::new("tampered");
    let export = exported(&scratch, 4).await;
    let lines: Vec<&str> = export.lines().collect();
    let mut tampered = Vec::new();
    for at in 0..lines.len() {
        // A head that is left out in the middle hides nothing: later ones know the same records.
        let is_inner_head = lines[at].starts_with("{\"head\"") && at + 1 < lines.len();
        if !is_inner_head && at > 0 {
            let mut without = lines.clone();
            without.remove(at);
            tampered.push((format!("without line {at}"), without.join("\n")));
        }
        if at > 1 {
            let mut swapped = lines.clone();
            swapped.swap(at - 1, at);
            tampered.push((format!("lines {at} and the one before swapped"), swapped.join("\n")));
        }
        if at > 0 && !lines[at].starts_with("{\"head\"") {
            let mut twice = lines.clone();
            twice.insert(at, lines[at]);
            tampered.push((format!("line {at} twice"), twice.join("\n")));
        }
    }
    for (from, to) in [
        ("<kmehr n='2'>", "<kmehr n='3'>"),
        ("\\\"kind\\\":\\\"consent\\\"", "\\\"kind\\\":\\\"purge\\\""),
        ("\\\"position\\\":4", "\\\"position\\\":5"),
        ("\\\"format\\\":1", "\\\"format\\\": 1"),
        ("\"signature\":\"", "\"signature\":\"00"),
        ("2026-11-28", "2026-11-27"),
    ] {
        assert!(export.contains(from), "{from}");
        tampered.push((format!("{from} changed"), export.replacen(from, to, 1)));
    }
    for (what, export) in tampered {
        assert!(broken(&export).is_some(), "{what}");
        let judged = example(&scratch, &export);
        assert!(
            !judged.succeeded() && judged.said().contains("BROKEN"),
            "{what}: {}",
            judged.said()
        );
    }
}

#[tokio::test]
async fn an_end_that_was_cut_off_shows_by_the_missing_head_or_by_one_that_was_noted() {
    let scratch = Scratch::new("cut");
    let store = store(&scratch).await;
    write(&store, 3).await;
    let export = String::from_utf8(store.export(None, None, hours(3)).await.unwrap()).unwrap();
    let report = &verify_export(&export, &Opening::default(), &[])[0];
    let noted = ChainEnd {
        desk: report.desk.clone(),
        hash: report.last_hash.clone(),
        position: 3,
    };
    let lines: Vec<&str> = export.lines().collect();
    // Genesis, record, head of the first day, record, record, head of the export.
    let without_head = lines[..4].join("\n");
    assert_eq!(broken(&without_head), Some((2, ChainFault::NoHead)));
    assert!(example(&scratch, &without_head).said().contains("no signed head"));
    // Cut off at a head: nothing in it tells, so whoever needs to know notes the last end.
    let at_head = lines[..3].join("\n");
    assert_eq!(broken(&at_head), None);
    let found = verify_export(&at_head, &Opening::default(), from_ref(&noted))[0]
        .broken
        .clone()
        .unwrap();
    assert_eq!((found.position, found.fault), (2, ChainFault::Shorter));
    assert_eq!(verify_export(&export, &Opening::default(), &[noted])[0].broken, None);
}

#[tokio::test]
async fn one_patients_export_has_nobody_elses_content_and_still_verifies() {
    let scratch = Scratch::new("patient");
    let store = store(&scratch).await;
    write(&store, 9).await;
    let export = store.export(Some(&patient(1)), None, hours(9)).await.unwrap();
    let export = String::from_utf8(export).unwrap();
    let report = &verify_export(&export, &Opening::default(), &[])[0];
    assert_eq!((report.records, report.contents, &report.broken), (9, 3, &None));
    assert!(example(&scratch, &export).succeeded());
    for number in 0..9 {
        assert_eq!(
            export.contains(&format!("<kmehr n='{number}'>")),
            number % 3 == 1,
            "{number}"
        );
    }
    // Neither the number nor what is made of it.
    assert!(!export.contains(&patient(1)));
    let of_caller = store.export(None, Some("token:a"), hours(9)).await.unwrap();
    assert_eq!(
        verify_export(str::from_utf8(&of_caller).unwrap(), &Opening::default(), &[])[0].contents,
        5
    );
}

#[tokio::test]
async fn a_chain_without_its_keys_is_vouched_for_by_the_next() {
    let scratch = Scratch::new("vouched");
    let first = store(&scratch).await;
    write(&first, 3).await;
    drop(first);
    fs::remove_file(scratch.path().join("evidence/desk.keys")).unwrap();
    let second = EvidenceStore::open(&scratch.path().join("evidence"), Sealing::Open, hours(50))
        .await
        .unwrap();
    write(&second, 2).await;
    let export = String::from_utf8(second.export(None, None, hours(60)).await.unwrap()).unwrap();
    let reports = verify_export(&export, &Opening::default(), &[]);
    assert_eq!(reports.iter().map(|report| report.records).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(broken(&export), None);
    assert!(example(&scratch, &export).succeeded());
    // The last record of the old chain, which no head of its own covers.
    let lines: Vec<&str> = export.lines().collect();
    let second_genesis = lines.iter().rposition(|line| line.starts_with("{\"genesis\"")).unwrap();
    let mut cut = lines.clone();
    cut.remove(second_genesis - 1);
    assert_eq!(broken(&cut.join("\n")), Some((3, ChainFault::Shorter)));
    assert!(!example(&scratch, &cut.join("\n")).succeeded());
}

/// A record that holds a head, as a care provider would have signed it.
fn holding(head: &str) -> RecordDraft {
    let mut draft = draft(RecordKind::ChainHead, 0);
    draft.content.insert("head".to_owned(), head.into());
    draft.content.insert("signature".to_owned(), "AAAA".into());
    draft
}

#[tokio::test]
async fn a_head_in_a_record_must_know_a_record_that_is_there() {
    let scratch = Scratch::new("provider-heads");
    let empty = store(&scratch).await;
    assert_eq!(empty.head_to_sign(hours(0)).await.unwrap(), None);
    write(&empty, 3).await;
    let good = empty.head_to_sign(hours(3)).await.unwrap().unwrap();
    drop(empty);
    let other = format!("\"hash\":\"{}\"", "0".repeat(64));
    let hash = good.split(',').find(|part| part.starts_with("\"hash\"")).unwrap();
    #[rustfmt::skip] // one row a line
    let rows = [
        (good.clone(), 1, None),
        (good.replace(hash, &other), 0, Some((4, ChainFault::Head))),
        (good.replace("\"position\":3", "\"position\":2"), 0, Some((4, ChainFault::Head))),
        (good.replace("\"position\":3", "\"position\":0"), 0, Some((4, ChainFault::Head))),
        (good.replace("\"position\":3", "\"position\":4"), 0, Some((4, ChainFault::Head))),
        // Of a later version: not known here, and not wrong.
        (good.replace("\"format\":1", "\"format\":2"), 0, None),
    ];
    for (number, (head, count, expected)) in rows.into_iter().enumerate() {
        let scratch = Scratch::new(&format!("provider-head-{number}"));
        let store = store(&scratch).await;
        write(&store, 3).await;
        // The same chain has another desk and other hashes each time, so those of this one are put in.
        let own = store.head_to_sign(hours(3)).await.unwrap().unwrap();
        let part = |head: &str, name: &str| {
            let members: serde_json::Value = serde_json::from_str(head).unwrap();
            members[name].as_str().unwrap().to_owned()
        };
        let head = head.replace(&part(&good, "desk"), &part(&own, "desk"));
        let head = head.replace(&part(&good, "hash"), &part(&own, "hash"));
        store.record(&holding(&head), hours(4)).await.unwrap();
        let export = String::from_utf8(store.export(None, None, hours(5)).await.unwrap()).unwrap();
        let report = &verify_export(&export, &Opening::default(), &[])[0];
        assert_eq!(
            (broken(&export), report.provider_heads.len()),
            (expected, count),
            "{head}"
        );
        let stored = &store.verify(&[]).await.unwrap()[0];
        assert_eq!(
            (&stored.broken, &stored.provider_heads),
            (&report.broken, &report.provider_heads)
        );
    }
}

#[test]
fn nonsense_is_broken_and_never_a_panic() {
    for text in [
        "",
        "\n",
        "x",
        "{}",
        "[]",
        "{\"genesis\":\"\"}",
        "{\"record\":\"{}\"}",
        "{\"head\":\"\",\"signature\":\"\"}",
        "{\"genesis\":\"{}\"}\n{\"record\":\"\"}",
    ] {
        let reports = verify_export(text, &Opening::default(), &[]);
        assert!(reports.iter().all(|report| report.records == 0), "{text}");
    }
}

#[tokio::test]
async fn contents_sealed_to_the_institution_are_read_with_its_key_by_us_and_by_others() {
    let scratch = Scratch::new("sealed");
    let key = scratch.path().join("key.pem");
    openssl(scratch.path(), &["genpkey", "-algorithm", "X25519", "-out", "key.pem"]).ok();
    let public = openssl(scratch.path(), &["pkey", "-pubout", "-in", "key.pem"]).ok();
    let sealing = Sealing::Institution(InstitutionKey::from_pem(public.as_bytes()).unwrap());
    let store = EvidenceStore::open(&scratch.path().join("evidence"), sealing, hours(0))
        .await
        .unwrap();
    write(&store, 2).await;
    let export = String::from_utf8(store.export(None, None, hours(9)).await.unwrap()).unwrap();
    assert!(!export.contains("kmehr"));
    let report = &verify_export(&export, &Opening::default(), &[])[0];
    assert_eq!((report.sealed, report.contents, &report.broken), (2, 0, &None));

    let secret = InstitutionSecret::from_pem(&fs::read(&key).unwrap()).unwrap();
    let opening = Opening {
        desk: None,
        institution: Some(&secret),
    };
    let report = &verify_export(&export, &opening, &[])[0];
    assert_eq!((report.sealed, report.contents, &report.broken), (0, 2, &None));
    // A content in another record's place does not open.
    let lines: Vec<&str> = export.lines().collect();
    let sealed = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["sealed"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let records: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| line.starts_with("{\"record\""))
        .collect();
    let moved = export.replacen(&sealed(records[0]), &sealed(records[1]), 1);
    let found = verify_export(&moved, &opening, &[])[0].broken.clone().unwrap();
    assert_eq!((found.position, found.fault), (1, ChainFault::Content));

    let file = scratch.write("sealed", export.as_bytes());
    let mut program = Command::new(python());
    program.args(["-c", OPENED_BY_CRYPTOGRAPHY]).arg(file).arg(&key);
    assert_eq!(
        run(&mut program).ok(),
        "1 opened\n2 opened\n1 refused elsewhere\n2 refused elsewhere\n"
    );
}

/// Opens contents as an institution would, with another implementation of RFC 9180.
const OPENED_BY_CRYPTOGRAPHY: &str = r#"
import hashlib, json, sys
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import load_pem_private_key
key = load_pem_private_key(open(sys.argv[2], "rb").read(), None)
suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
lines = [json.loads(line) for line in open(sys.argv[1])]
records = [(json.loads(line["record"]), bytes.fromhex(line["sealed"])) for line in lines if "record" in line]
def info(desk, position): return f"beidd evidence 1\0{desk}\0{position}".encode()
for record, sealed in records:
    content = suite.decrypt(sealed[8:], key, info=info(record["desk"], record["position"]))
    assert hashlib.sha256(content).hexdigest() == record["content"] and b"kmehr" in content
    print(record["position"], "opened")
for record, sealed in records:
    try:
        suite.decrypt(sealed[8:], key, info=info(record["desk"], record["position"] + 1))
    except Exception:
        print(record["position"], "refused elsewhere")
"#;

#[tokio::test]
async fn records_without_their_beginning_and_chains_that_are_gone_are_found() {
    let scratch = Scratch::new("beheaded");
    let export = exported(&scratch, 3).await;
    let (_, without_genesis) = export.split_once('\n').unwrap();
    assert_eq!(broken(without_genesis), Some((0, ChainFault::Genesis)));
    assert_eq!(broken("no export"), Some((0, ChainFault::Genesis)));
    assert!(verify_export("", &Opening::default(), &[]).is_empty());
    let gone = ChainEnd {
        desk: "0".repeat(32),
        hash: "0".repeat(64),
        position: 7,
    };
    let store = store(&scratch).await;
    for reports in [
        verify_export(&export, &Opening::default(), &[gone.clone(), gone.clone()]),
        store.verify(&[gone.clone(), gone.clone()]).await.unwrap(),
    ] {
        assert_eq!(reports.len(), 2);
        assert_eq!(reports[0].broken, None);
        let broken = reports[1].broken.as_ref().unwrap();
        assert_eq!((&reports[1].desk, broken.fault), (&gone.desk, ChainFault::Shorter));
    }
}

#[tokio::test]
async fn records_are_found_by_their_time() {
    let scratch = Scratch::new("times");
    let store = store(&scratch).await;
    write(&store, 5).await;
    for (from, until, count) in [
        (None, None, 5),
        (Some(hours(0)), Some(hours(5)), 5),
        (Some(hours(1)), None, 4),
        (None, Some(hours(1)), 1),
        (Some(hours(2)), Some(hours(4)), 2),
        (Some(hours(9)), None, 0),
    ] {
        let search = RecordSearch::default().within(from, until);
        assert_eq!(
            store.search(search, None).await.unwrap().len(),
            count,
            "{from:?} {until:?}"
        );
    }
}
