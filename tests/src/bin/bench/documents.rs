//! Documents written, signed and judged per second, beside OpenSSL and xmlsec1 at the same work.
//!
//! Of each thing several runs are measured and the least is told, for all programs alike: what else the machine does makes
//! it slower now and then, and never faster. Where we and another program are compared, they take turns.

mod peers;
mod signed;
mod signer;
mod written;

use crate::SetupFailure;
use crate::table::Table;
use beid_e2e::{Scratch, test_trust};
use beid_pki::TrustStore;
use peers::{Peer, Took};
use signed::{SignedForm, SigningDesk};
use signer::BenchSigner;
use std::fs;
use std::time::{Duration, Instant};

/// Runs of each thing.
const RUNS: usize = 25;
/// Repetitions in one run of ours, as in one of a program that can repeat its work.
const IN_A_RUN: u32 = 10;

/// Prints the tables; says whether we were nowhere slower than another program.
pub(crate) fn tables() -> Result<bool, SetupFailure> {
    let scratch = Scratch::new("documents");
    let signers = signer::both(scratch.path())?;
    let trust = test_trust();
    println!("{}", written_table(&signers)?);
    let mut desks = Vec::new();
    for signer in &signers {
        let folder = scratch.path().join(signer.kind);
        fs::create_dir(&folder)?;
        desks.push(SigningDesk::new(signer, folder)?);
    }
    let (made, as_fast) = made_table(&desks, trust)?;
    println!("{made}");
    println!(
        "Ours begins with the content and ends with a signature that was checked; key and certificates are read already. \
         Of openssl, a run that reads the key and ends is taken off (\"work alone\"); xmlsec1 repeats its work in one \
         process. \"Slower\" compares what we take, key included, with the work alone.\n"
    );
    let (judged, as_fast_too) = judged_table(&desks, trust)?;
    println!("{judged}");
    println!(
        "Ours reads the signature and all certificates anew each time, and asks more: chain, key usage, validity, whether \
         the holder is the patient. Of openssl, `openssl version` is taken off; xmlsec1 repeats its work in one process.\n"
    );
    Ok(as_fast & as_fast_too)
}

fn written_table(signers: &[BenchSigner]) -> Result<Table, SetupFailure> {
    let mut table = Table::new("Documents written", ["document", "bytes", "a second"]);
    let signer = signers.first().ok_or("nobody signs")?;
    for (what, write) in written::KINDS {
        let bytes = write(signer)?.xml().len();
        let mut least = Duration::MAX;
        for _ in 0..RUNS {
            let begun = Instant::now();
            for _ in 0..IN_A_RUN {
                write(signer)?;
            }
            least = least.min(begun.elapsed() / IN_A_RUN);
        }
        table.row([what.to_owned(), bytes.to_string(), rate(least)]);
    }
    Ok(table)
}

fn made_table(desks: &[SigningDesk<'_>], trust: &TrustStore) -> Result<(Table, bool), SetupFailure> {
    let head = [
        "signature",
        "key",
        "a second",
        "without the key",
        "other program",
        "whole process",
        "work alone",
    ];
    let mut table = Table::new("Signatures made", head);
    let mut as_fast = true;
    for form in SignedForm::MADE {
        for desk in desks {
            let peer = desk.other_maker(form, trust)?;
            let (ours, took) = in_turns(peer.as_ref(), || {
                let (mut whole, mut key) = (Duration::ZERO, Duration::ZERO);
                for _ in 0..IN_A_RUN {
                    let made = desk.make(form)?;
                    whole += made.whole;
                    key += made.key;
                }
                Ok([whole / IN_A_RUN, (whole - key) / IN_A_RUN])
            })?;
            let [whole, without_key] = ours;
            let others = others(peer.as_ref(), took, whole, &mut as_fast);
            let own = [
                form.name().to_owned(),
                desk.signer.kind.to_owned(),
                rate(whole),
                rate(without_key),
            ];
            table.row(own.into_iter().chain(others));
        }
    }
    Ok((table, as_fast))
}

fn judged_table(desks: &[SigningDesk<'_>], trust: &TrustStore) -> Result<(Table, bool), SetupFailure> {
    let head = [
        "signature",
        "key",
        "a second",
        "other program",
        "whole process",
        "work alone",
    ];
    let mut table = Table::new("Signatures judged", head);
    let mut as_fast = true;
    for form in SignedForm::JUDGED {
        for desk in desks {
            let peer = desk.other_judge(form);
            let octets = desk.octets(form)?;
            let ([ours], took) = in_turns(peer.as_ref(), || {
                let mut sum = Duration::ZERO;
                for _ in 0..IN_A_RUN {
                    sum += desk.judge(form, &octets, trust)?;
                }
                Ok([sum / IN_A_RUN])
            })?;
            let others = others(peer.as_ref(), took, ours, &mut as_fast);
            let own = [form.name().to_owned(), desk.signer.kind.to_owned(), rate(ours)];
            table.row(own.into_iter().chain(others));
        }
    }
    Ok((table, as_fast))
}

/// The least that each took, in turns.
fn in_turns<const N: usize>(
    peer: Option<&Peer>,
    mut ours: impl FnMut() -> Result<[Duration; N], SetupFailure>,
) -> Result<([Duration; N], Option<Took>), SetupFailure> {
    let (mut least, mut took) = ([Duration::MAX; N], None::<Took>);
    for _ in 0..RUNS {
        for (least, once) in least.iter_mut().zip(ours()?) {
            *least = once.min(*least);
        }
        if let Some(peer) = peer {
            let once = peer.run()?;
            took = Some(took.map_or(once, |least| least.least(once)));
        }
    }
    Ok((least, took))
}

/// The cells of another program.
fn others(peer: Option<&Peer>, took: Option<Took>, ours: Duration, as_fast: &mut bool) -> [String; 3] {
    let Some((peer, took)) = peer.zip(took) else {
        return ["–", "–", "–"].map(str::to_owned);
    };
    let alone = peer.alone(took);
    let slower = ours > alone;
    *as_fast &= !slower;
    let mark = if slower { " (slower)" } else { "" };
    [
        peer.name.to_owned(),
        rate(took.whole()),
        format!("{}{mark}", rate(alone)),
    ]
}

/// Repetitions per second.
fn rate(time: Duration) -> String {
    format!("{:.0}", 1.0 / time.as_secs_f64())
}
