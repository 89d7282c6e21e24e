//! Times of signatures, by the signer's own word and by time stamps, against the clock and the days of the certificate.

use beid_protocol::cms::{Cms, SigningCertificate};
use beid_protocol::timestamp::Token;
use beid_protocol::verify::{CheckName, Context, Outcome, Reason, Verification, verify_with};
use jiff::{SignedDuration, Timestamp};

use crate::citizens::PKI;
use crate::tsa::{Oddity, TSA, tsa_roots};

fn seconds(time: Timestamp, number: i64) -> Timestamp {
    time + SignedDuration::from_secs(number)
}

/// The first second of the signer's certificate, and the last.
fn days() -> (Timestamp, Timestamp) {
    (PKI.ec.certificate.not_before(), PKI.ec.certificate.not_after())
}

/// A signature whose signer says that it is made at `at`.
fn signed(at: Timestamp) -> Cms {
    let (chain, included) = ([PKI.authority.clone()], SigningCertificate::Included);
    let pending = Cms::attached(b"content".to_vec(), &PKI.ec.certificate, &chain, at, included).unwrap();
    let signature = PKI.ec.sign(pending.digest());
    pending.finish(signature).unwrap()
}

fn stamped(cms: Cms, at: Timestamp) -> Cms {
    let odd = Oddity {
        time: Some(at),
        ..Oddity::default()
    };
    let octets = cms.stamped().unwrap();
    let token = Token::verify(&TSA.token(&octets, &odd), &octets, &tsa_roots(), Timestamp::now()).unwrap();
    cms.with_time_stamp(&token).unwrap()
}

fn judge(cms: &Cms, now: Timestamp) -> Verification {
    let (roots, tsa_roots) = (PKI.roots(), tsa_roots());
    let context = Context {
        tsa_roots: &tsa_roots,
        ..Context::new(&roots, now)
    };
    verify_with(cms.der(), &context)
}

fn validity(verification: &Verification) -> Option<Outcome> {
    verification.outcome(CheckName::ValidityAtSigningTime)
}

#[test]
fn a_certificate_is_good_from_its_first_second_to_its_last() {
    let (first, last) = days();
    let outside = Outcome::Failed(Reason::OutsideValidity);
    for (at, expected, chain) in [
        (seconds(first, -1), Outcome::Failed(Reason::NotYetValid), outside),
        (first, Outcome::Passed, Outcome::Passed),
        (last, Outcome::Passed, Outcome::Passed),
        (seconds(last, 1), Outcome::Failed(Reason::Expired), outside),
    ] {
        let verification = judge(&signed(at), seconds(last, 60));
        assert_eq!(validity(&verification), Some(expected), "{at}");
        assert_eq!(verification.outcome(CheckName::Chain), Some(chain), "{at}");
    }
}

#[test]
fn a_signers_clock_may_be_five_minutes_fast() {
    let now = seconds(days().0, 9999);
    for (ahead, expected) in [
        (300, Outcome::Passed),
        (301, Outcome::Failed(Reason::SignedInTheFuture)),
    ] {
        let verification = judge(&signed(seconds(now, ahead)), now);
        assert_eq!(validity(&verification), Some(expected), "{ahead}");
    }
}

#[test]
fn a_time_stamp_counts_for_more_than_the_signers_word() {
    let first = days().0;
    // Seconds since the first of the certificate: by the signer, by the time stamp.
    for (by_signer, by_stamp, expected) in [
        (600, 600, Outcome::Passed),
        (600, 300, Outcome::Passed),
        (600, 299, Outcome::Failed(Reason::SignedAfterTimeStamp)),
        (-1, 0, Outcome::Passed),
        (60, -1, Outcome::Failed(Reason::NotYetValid)),
    ] {
        let cms = stamped(signed(seconds(first, by_signer)), seconds(first, by_stamp));
        let verification = judge(&cms, Timestamp::now());
        assert_eq!(verification.stamped_at(), Some(seconds(first, by_stamp)));
        assert_eq!(validity(&verification), Some(expected), "{by_signer} {by_stamp}");
    }
}

#[test]
fn of_up_to_eight_time_stamps_the_earliest_counts() {
    let first = days().0;
    for (count, expected, earliest) in [
        (8, Outcome::Passed, Some(seconds(first, 601))),
        (9, Outcome::Unknown(Reason::TooManyTimeStamps), None),
    ] {
        // The earliest is neither the first nor the last.
        let moments = (0..count).map(|number| if number == 3 { 601 } else { 700 + number });
        let stamped = moments.fold(signed(seconds(first, 600)), |cms, at| stamped(cms, seconds(first, at)));
        let verification = judge(&stamped, Timestamp::now());
        assert_eq!(verification.outcome(CheckName::TimeStamp), Some(expected), "{count}");
        assert_eq!(verification.stamped_at(), earliest, "{count}");
    }
}
