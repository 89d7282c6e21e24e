//! Links of a chain, judged one by one: what must hold of each, however well all else fits.

use super::world::{Chain, hours, record, store, write};
use crate::chain::{BrokenLink, ChainEnd, ChainFault, ChainVerifier, ContentSeen, Genesis, Head};
use crate::export::verify_export;
use crate::record::{FORMAT, RecordHeader, hash, read_canonical, write_canonical};
use crate::sealing::Opening;
use beid_testkit::Scratch;

/// A verifier behind the first `count` records of a chain.
fn behind(chain: &Chain, count: usize) -> ChainVerifier {
    let mut verifier = ChainVerifier::begin(&chain.genesis).unwrap();
    for record in &chain.records[..count] {
        verifier.record(&record.text, ContentSeen::Absent).unwrap();
    }
    verifier
}

fn broken(position: u64, fault: ChainFault) -> Option<BrokenLink> {
    Some(BrokenLink { position, fault })
}

#[test]
fn a_header_is_of_this_desk_and_this_version_even_where_it_fits() {
    let chain = Chain::new(2);
    type Change = fn(&mut RecordHeader);
    #[rustfmt::skip] // one row a line
    let rows: [(&str, Change, Option<BrokenLink>); 5] = [
        ("nothing", |_| {}, None),
        ("desk", |header| header.desk = "0".repeat(32), broken(3, ChainFault::Header)),
        ("format", |header| header.format = FORMAT + 1, broken(3, ChainFault::Header)),
        ("position", |header| header.position = 4, broken(3, ChainFault::Position)),
        ("previous", |header| header.previous = "0".repeat(64), broken(3, ChainFault::Previous)),
    ];
    for (what, change, expected) in rows {
        let mut header = record(&chain.keys, 3, &chain.records[1].hash).header;
        change(&mut header);
        let text = write_canonical(&header).unwrap();
        let judged = behind(&chain, 2).record(&text, ContentSeen::Absent);
        assert_eq!(judged.err(), expected, "{what}");
    }
}

#[test]
fn a_head_is_of_this_desk_and_this_version_and_knows_the_record_before_it() {
    let chain = Chain::new(2);
    type Change = fn(&mut Head);
    #[rustfmt::skip] // one row a line
    let rows: [(&str, Change, Option<BrokenLink>); 6] = [
        ("nothing", |_| {}, None),
        ("desk", |head| head.desk = "0".repeat(32), broken(2, ChainFault::Head)),
        ("format", |head| head.format = FORMAT + 1, broken(2, ChainFault::Head)),
        ("hash", |head| head.hash = "0".repeat(64), broken(2, ChainFault::Head)),
        ("earlier", |head| head.position = 1, broken(1, ChainFault::Head)),
        ("later", |head| head.position = 3, broken(3, ChainFault::Shorter)),
    ];
    for (what, change, expected) in rows {
        let mut head: Head = read_canonical(&chain.head.head).unwrap();
        change(&mut head);
        // The desk itself signed it.
        let text = write_canonical(&head).unwrap();
        let signature = chain.keys.sign(&text).unwrap();
        let mut verifier = behind(&chain, 2);
        assert_eq!(verifier.head(&text, &signature).err(), expected, "{what}");
        let report = verifier.end();
        let holds = u64::from(expected.is_none());
        assert_eq!(
            (report.heads, report.behind_last_head),
            (holds, 2 - 2 * holds),
            "{what}"
        );
    }
    let other = Chain::new(2);
    let judged = behind(&chain, 2).head(&chain.head.head, &other.head.signature);
    assert_eq!(judged.err(), broken(2, ChainFault::HeadSignature));
}

#[test]
fn whoever_noted_an_end_knows_that_record_and_no_other() {
    let chain = Chain::new(3);
    let of = |position: usize| chain.records[position - 1].hash.as_str();
    let verifier = behind(&chain, 2);
    #[rustfmt::skip] // one row a line
    let rows = [
        (2, of(2), None),
        (2, of(1), broken(2, ChainFault::Head)),
        // Whether an earlier record is there can no longer be told by its place: it was to be asked at that place.
        (1, of(2), broken(1, ChainFault::Head)),
        (1, of(1), broken(1, ChainFault::Head)),
        (3, of(3), broken(3, ChainFault::Shorter)),
    ];
    for (position, hash, expected) in rows {
        assert_eq!(verifier.must_know(position, hash).err(), expected, "{position} {hash}");
    }
}

#[tokio::test]
async fn an_end_that_was_noted_is_in_its_chain_however_far_that_has_come_since() {
    let scratch = Scratch::new("noted");
    let store = store(&scratch).await;
    let mut ends = Vec::new();
    for position in 0..=3 {
        if position > 0 {
            write(&store, 1).await;
        }
        let report = store.verify(&[]).await.unwrap().remove(0);
        ends.push(ChainEnd {
            desk: report.desk,
            hash: report.last_hash,
            position,
        });
    }
    // The number of each as the desk counts its records, also where another has it.
    let at = |position, hash: u64| ChainEnd {
        position,
        ..ends[usize::try_from(hash).unwrap()].clone()
    };
    let mut rows: Vec<_> = (0..=3).map(|position| (at(position, position), None)).collect();
    rows.extend((0..=3).map(|position| (at(position, (position + 1) % 4), broken(position, ChainFault::Head))));
    rows.extend([4, 9, u64::MAX].map(|position| (at(position, 3), broken(4, ChainFault::Shorter))));
    let export = store.export(None, None, hours(9)).await.unwrap();
    let export = String::from_utf8(export).unwrap();
    for (noted, expected) in rows {
        for others in [&[][..], &ends] {
            let noted = [others, std::slice::from_ref(&noted)].concat();
            let in_store = store.verify(&noted).await.unwrap().remove(0);
            let in_export = verify_export(&export, &Opening::default(), &noted).remove(0);
            assert_eq!(in_store.broken, expected, "{noted:?}");
            assert_eq!(in_export.broken, expected, "{noted:?}");
        }
    }
}

#[test]
fn a_chain_begins_with_a_genesis_of_this_version_that_names_a_key() {
    let chain = Chain::new(0);
    let read: Genesis = read_canonical(&chain.genesis).unwrap();
    let verifier = ChainVerifier::begin(&chain.genesis).unwrap();
    assert_eq!(
        (verifier.desk(), verifier.position(), verifier.last_hash()),
        (read.desk.as_str(), 0, hash(chain.genesis.as_bytes()).as_str())
    );
    let other_version = Genesis {
        format: FORMAT + 1,
        ..read.clone()
    };
    let no_key = Genesis {
        key: "no key".to_owned(),
        ..read
    };
    for genesis in [other_version, no_key] {
        let report = ChainVerifier::begin(&write_canonical(&genesis).unwrap()).err().unwrap();
        assert_eq!(
            (report.desk.as_str(), report.broken),
            ("", broken(0, ChainFault::Genesis))
        );
    }
}

#[test]
fn every_fault_has_a_word_and_a_sentence_of_its_own() {
    let words = ChainFault::ALL.map(ChainFault::word);
    let sentences = ChainFault::ALL.map(|fault| BrokenLink { position: 7, fault }.to_string());
    for (index, fault) in ChainFault::ALL.into_iter().enumerate() {
        assert!(words[index].contains('-'), "{fault:?}");
        assert!(sentences[index].starts_with("record 7: "), "{fault:?}");
        assert!(!words[..index].contains(&words[index]), "{fault:?}");
        assert!(!sentences[..index].contains(&sentences[index]), "{fault:?}");
    }
}
