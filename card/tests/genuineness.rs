//! Checks that the chip is no copy, and that the holder's certificates are genuine.
#![expect(clippy::unwrap_used, reason = "what fails here, helpers included, fails a test")]

use beid_card::{
    AUTHENTICATION_CERTIFICATE, Applet, Card, CardCheck, Challenge, ChallengeAnswer, CheckName, ExchangeFault, Faulty,
    Holder, HolderCertificate, HolderKey, Judge, Outcome, Reason, SIGNATURE_CERTIFICATE, Transport, TransportError,
    Wanted, card_genuine, holder_chain,
};
use beid_pki::{Trust, TrustStore};
use beid_testkit::{judge, now, recognise, slot_with};

const CHALLENGE: Challenge = [0x5A; 48];

fn holder(card: &mut Card<impl Transport>) -> Holder {
    card.holder(Wanted::default(), judge(), &mut ()).unwrap()
}

fn answer(card: &mut Card<impl Transport>) -> ChallengeAnswer {
    let applet = card.applet();
    card.read(|session| session.challenge(applet, &CHALLENGE)).unwrap()
}

fn genuine(answer: &ChallengeAnswer, challenge: &Challenge, holder: &Holder) -> CardCheck {
    let signed = holder.check(CheckName::IdentitySignature).unwrap();
    card_genuine(answer, challenge, &holder.identity, signed)
}

fn verdict(check: &CardCheck) -> (Outcome, Trust) {
    assert_eq!(check.remark, None);
    (check.outcome, check.trust)
}

#[test]
fn chip_of_1_8_or_newer_proves_itself_under_the_roots_of_its_identity_only() {
    let mut card = recognise(&slot_with("jan"));
    let (jan, answered) = (holder(&mut card), answer(&mut card));
    let check = genuine(&answered, &CHALLENGE, &jan);
    assert_eq!(check.name.name(), "card-genuine");
    assert_eq!(verdict(&check), (Outcome::Passed, Trust::Test));
    // A newer card gets the same command, and may answer it.
    let mut newer = recognise(&slot_with("nova"));
    let (nova, answered_by_nova) = (holder(&mut newer), answer(&mut newer));
    assert_eq!(genuine(&answered_by_nova, &CHALLENGE, &nova).outcome, Outcome::Passed);
    let strangers = Judge {
        trust: &TrustStore::belgian(),
        now: now(),
    };
    let untrusted = card.holder(Wanted::default(), strangers, &mut ()).unwrap();
    assert_eq!(genuine(&answered, &CHALLENGE, &untrusted).trust, Trust::None);
}

#[test]
fn copied_files_or_an_old_answer_do_not_prove_a_chip() {
    let (mut jans, mut claires) = (recognise(&slot_with("jan")), recognise(&slot_with("claire")));
    let jan = holder(&mut jans);
    let (of_jan, of_claire) = (answer(&mut jans), answer(&mut claires));
    let failed = |answer: &ChallengeAnswer, challenge: &Challenge, reason| {
        let expected = (Outcome::Failed(reason), Trust::None);
        assert_eq!(verdict(&genuine(answer, challenge, &jan)), expected);
    };
    failed(&of_claire, &CHALLENGE, Reason::DigestDiffers);
    failed(&of_jan, &[0xA5; 48], Reason::SignatureDoesNotVerify);
    let (ChallengeAnswer::Signed { basic_key, .. }, ChallengeAnswer::Signed { signature, .. }) = (of_jan, of_claire)
    else {
        panic!("both chips sign")
    };
    // A copy has jan's files and another key.
    for signature in [signature, vec![], vec![0; 96], vec![1; 104]] {
        let basic_key = basic_key.clone();
        failed(
            &ChallengeAnswer::Signed { basic_key, signature },
            &CHALLENGE,
            Reason::SignatureDoesNotVerify,
        );
    }
}

#[test]
fn an_identity_that_is_not_authentic_or_names_no_key_proves_no_chip() {
    let mut card = recognise(&slot_with("jan"));
    let (mut jan, answered) = (holder(&mut card), answer(&mut card));
    let unknown = |holder: &Holder, reason| {
        let expected = (Outcome::Unknown(reason), Trust::None);
        assert_eq!(verdict(&genuine(&answered, &CHALLENGE, holder)), expected);
    };
    jan.identity.basic_key_digest = None;
    unknown(&jan, Reason::DigestMissing);
    for check in &mut jan.checks {
        check.outcome = Outcome::Failed(Reason::SignatureDoesNotVerify);
    }
    unknown(&jan, Reason::IdentityNotAuthentic);
}

#[test]
fn chips_before_1_8_are_asked_nothing() {
    let slot = slot_with("anna");
    let mut card = recognise(&slot);
    let anna = holder(&mut card);
    for applet in [Applet::V1_1, Applet::V1_7] {
        let answered = card
            .read(|session| {
                let before = slot.apdus();
                let answered = session.challenge(applet, &CHALLENGE);
                assert_eq!(slot.apdus(), before);
                answered
            })
            .unwrap();
        let expected = (Outcome::Unknown(Reason::NotOnThisCard), Trust::None);
        assert_eq!(verdict(&genuine(&answered, &CHALLENGE, &anna)), expected);
    }
    // A newer card without the file is not asked either.
    let newer = card.read(|session| session.challenge(Applet::Other(0x19), &CHALLENGE));
    assert_eq!(newer, Ok(ChallengeAnswer::NotOnThisCard));
}

#[test]
fn a_copy_that_pretends_to_be_older_than_its_identity_is_no_chip_of_it() {
    let jan = holder(&mut recognise(&slot_with("jan")));
    let check = genuine(&ChallengeAnswer::NotOnThisCard, &CHALLENGE, &jan);
    let expected = (Outcome::Failed(Reason::KeyMissing), Trust::None);
    assert_eq!(verdict(&check), expected);
}

#[test]
fn a_chip_that_will_not_sign_is_unknown_and_says_why() {
    let jan = holder(&mut recognise(&slot_with("jan")));
    for (sw, reason) in [
        ([0x69, 0x85], Reason::ChallengeLimit),
        ([0x6D, 0x00], Reason::ChallengeRefused),
        ([0x6A, 0x88], Reason::ChallengeRefused),
    ] {
        // One of these commands, after those that read EF 4040, is the challenge.
        let faults = (1..12).map(|at| (at, ExchangeFault::Answer(sw.to_vec())));
        let at_challenge = (4..12).find_map(|at| {
            let one = faults.clone().filter(|(index, _)| *index == at);
            let faulty = Faulty::new(slot_with("jan").connect().unwrap(), one);
            let mut card = Card::recognise(faulty).unwrap().unwrap();
            let answered = card.read(|session| session.challenge(Applet::V1_8, &CHALLENGE)).ok()?;
            let check = genuine(&answered, &CHALLENGE, &jan);
            matches!(check.outcome, Outcome::Unknown(_)).then_some(check)
        });
        let expected = (Outcome::Unknown(reason), Trust::None);
        assert_eq!(at_challenge.as_ref().map(verdict), Some(expected));
    }
}

#[test]
fn whatever_fails_while_the_chip_is_asked_it_is_never_found_to_be_a_copy() {
    let jan = holder(&mut recognise(&slot_with("jan")));
    for fault in [
        ExchangeFault::Fail(TransportError::Reset),
        ExchangeFault::Fail(TransportError::Comm("data lost".to_owned())),
        ExchangeFault::Answer(vec![0x6D, 0x00]),
        ExchangeFault::Answer(vec![0x69, 0x82]),
        ExchangeFault::Answer(vec![]),
    ] {
        for at in 1..12 {
            let faulty = Faulty::new(slot_with("jan").connect().unwrap(), [(at, fault.clone())]);
            let mut card = Card::recognise(faulty).unwrap().unwrap();
            if let Ok(answered) = card.read(|session| session.challenge(Applet::V1_8, &CHALLENGE)) {
                let check = genuine(&answered, &CHALLENGE, &jan);
                assert!(!check.outcome.is_failed(), "{fault:?} at {at}: {check:?}");
            }
        }
    }
}

const CERTIFICATES: [(HolderKey, &beid_card::ElementaryFile); 2] = [
    (HolderKey::Authentication, &AUTHENTICATION_CERTIFICATE),
    (HolderKey::NonRepudiation, &SIGNATURE_CERTIFICATE),
];

fn certificates(id: &str) -> [Option<HolderCertificate>; 2] {
    let mut card = recognise(&slot_with(id));
    CERTIFICATES.map(|(_, file)| card.holder_certificate(file, judge(), &mut ()).unwrap())
}

fn failed(reason: Reason) -> (Outcome, Trust) {
    (Outcome::Failed(reason), Trust::None)
}

#[test]
fn both_certificates_of_every_holder_lead_to_the_test_roots() {
    for id in [
        "anna", "bram", "zoe", "nele", "nova", "jan", "claire", "maria", "mina", "emma",
    ] {
        let holder = holder(&mut recognise(&slot_with(id)));
        for ((key, _), found) in CERTIFICATES.into_iter().zip(certificates(id)) {
            let check = holder_chain(key, found.as_ref(), Some(&holder.identity), judge());
            assert_eq!(verdict(&check), (Outcome::Passed, Trust::Test), "{id} {key:?}");
            assert_eq!(Some(check.source), found.map(|found| found.source));
            let name = match key {
                HolderKey::Authentication => "authentication-chain",
                HolderKey::NonRepudiation => "signature-chain",
            };
            assert_eq!(check.name.name(), name);
        }
    }
}

#[test]
fn a_certificate_is_not_taken_for_the_other_nor_for_another_holders() {
    let claire = holder(&mut recognise(&slot_with("claire")));
    for ((key, _), found) in CERTIFICATES.into_iter().rev().zip(certificates("jan")) {
        let check = holder_chain(key, found.as_ref(), None, judge());
        assert_eq!(verdict(&check), failed(Reason::WrongKeyUsage), "{key:?}");
    }
    for ((key, _), found) in CERTIFICATES.into_iter().zip(certificates("jan")) {
        let check = holder_chain(key, found.as_ref(), Some(&claire.identity), judge());
        assert_eq!(verdict(&check), failed(Reason::AnotherPerson), "{key:?}");
    }
}

#[test]
fn an_authority_is_no_holder() {
    let [_, signature] = certificates("jan");
    let signature = signature.unwrap();
    let authority = HolderCertificate {
        certificate: signature.authorities.first().unwrap().clone(),
        ..signature
    };
    let check = holder_chain(HolderKey::NonRepudiation, Some(&authority), None, judge());
    assert_eq!(verdict(&check), failed(Reason::NotAHolderCertificate));
}

#[test]
fn an_unknown_root_or_the_wrong_day_fails() {
    let [authentication, _] = certificates("jan");
    let chain = |trust: &TrustStore, now: &str| {
        let now = now.parse().unwrap();
        let check = holder_chain(
            HolderKey::Authentication,
            authentication.as_ref(),
            None,
            Judge { trust, now },
        );
        verdict(&check)
    };
    let today = "2026-11-21T12:00:00Z";
    assert_eq!(chain(&TrustStore::belgian(), today), failed(Reason::RootNotTrusted));
    for day in ["2023-01-01T12:00:00Z", "2036-01-01T12:00:00Z"] {
        assert_eq!(chain(judge().trust, day), failed(Reason::OutsideValidity), "{day}");
    }
    for ((key, _), found) in CERTIFICATES.into_iter().zip(certificates("karel")) {
        let check = holder_chain(key, found.as_ref(), None, judge());
        assert_eq!(verdict(&check), failed(Reason::OutsideValidity), "{key:?}");
    }
}

#[test]
fn a_minor_has_one_certificate_of_the_two() {
    let outcomes = CERTIFICATES.into_iter().zip(certificates("finn"));
    let outcomes = outcomes.map(|((key, _), found)| holder_chain(key, found.as_ref(), None, judge()).outcome);
    assert!(outcomes.eq([Outcome::Passed, Outcome::Unknown(Reason::CertificateMissing)]));
}

#[test]
fn a_childs_missing_certificates_are_unknown_not_failed() {
    for ((key, _), found) in CERTIFICATES.into_iter().zip(certificates("lotte")) {
        let check = holder_chain(key, found.as_ref(), None, judge());
        let expected = (Outcome::Unknown(Reason::CertificateMissing), Trust::None);
        assert_eq!(verdict(&check), expected, "{key:?}");
    }
}
