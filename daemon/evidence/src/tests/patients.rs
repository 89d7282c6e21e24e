//! Records about one patient, and the key that signs a file with them.

use super::world::{draft, hours, patient, store, write};
use crate::chain::Genesis;
use crate::export::verify_export;
use crate::patient::{PatientContent, PatientExport};
use crate::purge::PurgeOrder;
use crate::record::RecordKind;
use crate::sealing::{InstitutionKey, Opening, Sealing};
use crate::store::EvidenceStore;
use beid_testkit::{Scratch, openssl};
use rustls_pki_types::pem::PemObject;
use std::sync::Arc;

/// Positions of the records, each with a word for its content.
fn found(export: &PatientExport) -> Vec<(u64, &'static str)> {
    let word = |content: &PatientContent| match content {
        PatientContent::Text(_) => "text",
        PatientContent::Elsewhere => "elsewhere",
        PatientContent::Sealed => "sealed",
        PatientContent::Shared => "shared",
    };
    let records = export.records.iter();
    records
        .map(|record| (record.header.position, word(&record.content)))
        .collect()
}

#[tokio::test]
async fn a_patient_gets_every_record_and_nothing_about_anybody_else() {
    let scratch = Scratch::new("patient-export");
    let store = store(&scratch).await;
    write(&store, 6).await;
    let mut shared = draft(RecordKind::TherapeuticLink, 77);
    shared.subjects = vec![patient(0), patient(1)];
    store.record(&shared, hours(6)).await.unwrap();
    let about = async |number, from, until| {
        store
            .export_about(&patient(number), from, until, hours(9))
            .await
            .unwrap()
    };
    let export = about(1, None, None).await;
    assert_eq!(found(&export), [(2, "text"), (5, "text"), (7, "shared")]);
    let text = str::from_utf8(&export.lines).unwrap();
    for number in [0, 1, 2, 3, 4, 5, 77] {
        let is_theirs = [1, 4].contains(&number);
        assert_eq!(text.contains(&format!("<kmehr n='{number}'>")), is_theirs, "{number}");
        for record in &export.records {
            let PatientContent::Text(content) = &record.content else {
                continue;
            };
            assert!(
                is_theirs || !content.contains(&format!("<kmehr n='{number}'>")),
                "{number}"
            );
        }
    }
    let report = &verify_export(text, &Opening::default(), &[])[0];
    assert_eq!((report.records, report.contents, &report.broken), (7, 2, &None));
    assert_eq!(report.desk, export.genesis.desk);
    #[rustfmt::skip] // one row a line
    let rows = [
        (1, Some(hours(2)), None, vec![(5, "text"), (7, "shared")]),
        (1, None, Some(hours(4)), vec![(2, "text")]),
        (1, Some(hours(1)), Some(hours(2)), vec![(2, "text")]),
        (7, None, None, Vec::new()),
    ];
    for (number, from, until, expected) in rows {
        assert_eq!(
            found(&about(number, from, until).await),
            expected,
            "{number} {from:?} {until:?}"
        );
    }
}

#[tokio::test]
async fn contents_that_cannot_be_read_here_are_named_as_such() {
    let scratch = Scratch::new("patient-sealed");
    openssl(scratch.path(), &["genpkey", "-algorithm", "X25519", "-out", "key.pem"]).ok();
    let public = openssl(scratch.path(), &["pkey", "-pubout", "-in", "key.pem"]).ok();
    let sealing = Sealing::Institution(InstitutionKey::from_pem(public.as_bytes()).unwrap());
    let store = EvidenceStore::open(&scratch.path().join("evidence"), sealing, hours(0))
        .await
        .unwrap();
    write(&store, 4).await;
    let export = store.export_about(&patient(0), None, None, hours(9)).await.unwrap();
    assert_eq!(found(&export), [(1, "sealed"), (4, "sealed")]);
    let lines = str::from_utf8(&export.lines).unwrap();
    assert_eq!(lines.matches("\"sealed\":\"").count(), 2);
}

#[tokio::test]
async fn a_content_that_was_changed_is_given_to_nobody() {
    let scratch = Scratch::new("patient-changed");
    let store = store(&scratch).await;
    store.record(&draft(RecordKind::Consent, 0), hours(0)).await.unwrap();
    store.close(hours(1)).await.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(scratch.path().join("evidence/evidence.db"));
    let mut other = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::query("DROP TRIGGER contents_stay")
        .execute(&mut other)
        .await
        .unwrap();
    let changed = sqlx::query("UPDATE contents SET content = CAST(content || ' ' AS BLOB)")
        .execute(&mut other)
        .await;
    assert_eq!(changed.unwrap().rows_affected(), 1);
    assert!(store.export_about(&patient(0), None, None, hours(2)).await.is_err());
}

#[tokio::test]
async fn files_are_signed_by_a_key_that_the_desk_vouches_for() {
    let scratch = Scratch::new("signer");
    let store = store(&scratch).await;
    let mut authorities = Vec::new();
    for number in 0..2 {
        let export = store
            .export_about(&patient(0), None, None, hours(number))
            .await
            .unwrap();
        let Genesis { key, .. } = &export.genesis;
        scratch.write("desk.der", export.signer.authority());
        scratch.write("file.der", export.signer.certificate());
        for name in ["desk", "file"] {
            let (from, to) = (format!("{name}.der"), format!("{name}.pem"));
            openssl(scratch.path(), &["x509", "-inform", "DER", "-in", &from, "-out", &to]).ok();
        }
        // The key of the genesis, and no other.
        let public = openssl(scratch.path(), &["x509", "-in", "desk.pem", "-noout", "-pubkey"]).ok();
        let public = rustls_pki_types::SubjectPublicKeyInfoDer::from_pem_slice(public.as_bytes()).unwrap();
        assert_eq!(crate::record::hex(&public[public.len() - 32..]), *key);
        let at = hours(number).as_second().to_string();
        let verify = [
            "verify",
            "-x509_strict",
            "-attime",
            &at,
            "-CAfile",
            "desk.pem",
            "file.pem",
        ];
        assert_eq!(openssl(scratch.path(), &verify).ok(), "file.pem: OK\n");
        authorities.push(export.signer.authority().to_vec());

        scratch.write("message", b"what is signed");
        let signature = export.signer.sign(b"what is signed").unwrap();
        let halves = [&signature[..48], &signature[48..]].map(|half| format!("INTEGER:0x{}", crate::record::hex(half)));
        let asn1 = format!("asn1=SEQUENCE:s\n[s]\nr={}\ns={}\n", halves[0], halves[1]);
        scratch.write("signature.conf", asn1.as_bytes());
        openssl(
            scratch.path(),
            &["asn1parse", "-genconf", "signature.conf", "-noout", "-out", "signature"],
        )
        .ok();
        let key = openssl(scratch.path(), &["x509", "-in", "file.pem", "-noout", "-pubkey"]).ok();
        scratch.write("file.key", key.as_bytes());
        let verify = [
            "dgst",
            "-sha384",
            "-verify",
            "file.key",
            "-signature",
            "signature",
            "message",
        ];
        assert_eq!(openssl(scratch.path(), &verify).ok(), "Verified OK\n");
    }
    assert_eq!(authorities[0], authorities[1]);
}

#[tokio::test]
async fn evidence_about_others_too_stays_when_one_patient_asks_for_its_removal() {
    let scratch = Scratch::new("shared-purge");
    let store = store(&scratch).await;
    let mut shared = draft(RecordKind::TherapeuticLink, 77);
    shared.subjects = vec![patient(0), patient(1)];
    store.record(&shared, hours(1)).await.unwrap();
    let mut own = draft(RecordKind::TherapeuticLink, 78);
    own.subjects = vec![patient(0)];
    store.record(&own, hours(2)).await.unwrap();
    let order = PurgeOrder::About {
        number: patient(0),
        stays: Vec::new(),
    };
    let purged = store.purge(&order, "the patient asked", hours(3)).await.unwrap();
    assert_eq!((purged.dropped, purged.stayed), (1, 1));
    let export = store.export_about(&patient(1), None, None, hours(4)).await.unwrap();
    assert_eq!(found(&export), [(1, "shared")]);
}

#[tokio::test]
async fn an_export_that_is_made_while_somebody_works_ends_at_the_head_that_was_signed_for_it() {
    let scratch = Scratch::new("busy-export");
    let store = Arc::new(store(&scratch).await);
    write(&store, 600).await;
    let writing = Arc::clone(&store);
    let busy = tokio::spawn(async move {
        for number in 0..600 {
            writing
                .record(&draft(RecordKind::Consent, number), hours(700))
                .await
                .unwrap();
        }
    });
    let mut exported = 0;
    while !busy.is_finished() {
        let lines = store.export(None, None, hours(700)).await.unwrap();
        let report = &verify_export(str::from_utf8(&lines).unwrap(), &Opening::default(), &[])[0];
        assert_eq!(report.broken, None, "{} records", report.records);
        exported += 1;
    }
    assert!(exported > 1, "{exported}");
}
