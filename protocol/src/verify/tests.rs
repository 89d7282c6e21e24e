//! Worth of a verification: what its checks, its root and its parts make of it.

use super::*;
use Trust::{Genuine, Test};

/// A signature of which everything holds, under a root of this worth.
fn signature(chain: Trust) -> Verification {
    let mut verification = Verification::new();
    for name in [CheckName::Structure, CheckName::ContentDigest, CheckName::Signature] {
        verification.add(name, Outcome::Passed);
    }
    verification.chain = chain;
    verification
}

/// A request of which everything holds, under a root of this worth.
fn request(chain: Trust) -> Verification {
    let mut verification = signature(chain);
    verification.purpose = Purpose::Request;
    for name in [
        CheckName::Proof,
        CheckName::SubjectIsPatient,
        CheckName::ProofMatchesRequest,
    ] {
        verification.add(name, Outcome::Passed);
    }
    verification
}

/// A verification with one more check.
fn with(mut verification: Verification, name: CheckName, outcome: Outcome) -> Verification {
    verification.add(name, outcome);
    verification
}

/// A reason that the check can give.
fn reason(name: CheckName) -> Reason {
    let mut reasons = Reason::ALL.iter();
    *reasons.find(|reason| reason.checks().contains(&name)).unwrap()
}

#[track_caller]
fn check(verification: &Verification, trust: Trust, verdict: Verdict) {
    let found = (verification.trust(), verification.verdict());
    assert_eq!(found, (trust, verdict), "{verification:?}");
}

/// Roots by their worth, and the verdict when everything holds.
const ROOTS: [(Trust, Verdict); 3] = [
    (Genuine, Verdict::Valid),
    (Test, Verdict::ValidTestCard),
    (Trust::None, Verdict::NotChecked),
];

#[test]
fn worth_is_that_of_the_root_and_none_unless_every_check_that_counts_passed() {
    for (chain, verdict) in ROOTS {
        for whole in [signature(chain), request(chain)] {
            check(&whole, chain, verdict);
            for Check { name, .. } in whole.checks().to_vec() {
                let mut changed = whole.clone();
                changed.replace(name, Outcome::Unknown(reason(name)));
                check(&changed, Trust::None, Verdict::NotChecked);
                changed.replace(name, Outcome::Failed(reason(name)));
                check(&changed, Trust::None, Verdict::Invalid);
                changed.checks.retain(|check| check.name != name);
                check(&changed, Trust::None, Verdict::NotChecked);
            }
        }
    }
}

#[test]
fn any_other_check_spoils_the_whole_if_it_fails_but_not_if_it_is_open() {
    for name in [
        CheckName::KeyUsage,
        CheckName::Revocation,
        CheckName::SigningCertificate,
    ] {
        let open = with(signature(Genuine), name, Outcome::Unknown(reason(name)));
        check(&open, Genuine, Verdict::Valid);
        let failed = with(signature(Genuine), name, Outcome::Failed(reason(name)));
        check(&failed, Trust::None, Verdict::Invalid);
    }
    // Anybody can add a time stamp.
    let odd = Outcome::Failed(Reason::ImprintDiffers);
    check(
        &with(signature(Genuine), CheckName::TimeStamp, odd),
        Genuine,
        Verdict::Valid,
    );
}

#[test]
fn a_seal_is_nobodys_agreement_to_a_document_of_the_platform() {
    for (reason, trust, verdict) in [
        (Reason::HolderWithoutNumber, Trust::None, Verdict::NotChecked),
        (Reason::ContentNotReadable, Test, Verdict::ValidTestCard),
    ] {
        let outcome = Outcome::Unknown(reason);
        check(
            &with(signature(Test), CheckName::SubjectIsPatient, outcome),
            trust,
            verdict,
        );
    }
}

#[test]
fn not_signed_is_said_only_where_nothing_is_a_signature() {
    let proof = |reason| Verification::with(CheckName::Proof, Outcome::Unknown(reason));
    for (unsigned, verdict) in [
        (Verification::without_signature(), Verdict::NotSigned),
        (proof(Reason::NoProof), Verdict::NotSigned),
        (proof(Reason::NotSigned), Verdict::NotSigned),
        (proof(Reason::NotChecked), Verdict::NotChecked),
        (
            Verification::with(CheckName::Structure, Outcome::Unknown(Reason::TooLong)),
            Verdict::NotChecked,
        ),
        (Verification::not_judged_at_all("pdf"), Verdict::NotChecked),
        (Verification::new(), Verdict::NotChecked),
    ] {
        assert!(!unsigned.is_signed());
        check(&unsigned, Trust::None, verdict);
        let mut more = unsigned.clone();
        more.leave("evidence-record");
        check(&more, Trust::None, Verdict::NotChecked);
        let open = Outcome::Unknown(Reason::ContentNotGiven);
        let signed = with(unsigned, CheckName::ContentDigest, open);
        assert!(signed.is_signed());
        check(&signed, Trust::None, Verdict::NotChecked);
    }
}

#[test]
fn a_whole_is_worth_the_least_of_its_parts() {
    for (one, other, trust, verdict) in [
        (Genuine, Genuine, Genuine, Verdict::Valid),
        (Genuine, Test, Test, Verdict::ValidTestCard),
        (Test, Test, Test, Verdict::ValidTestCard),
        (Genuine, Trust::None, Trust::None, Verdict::NotChecked),
        (Trust::None, Test, Trust::None, Verdict::NotChecked),
    ] {
        for [one, other] in [[one, other], [other, one]] {
            let signatures = Verification::of_signatures(vec![signature(one), signature(other)]);
            check(&signatures, trust, verdict);
            assert_eq!(signatures.signatures().len(), 2);
            let links = Verification::of_links(vec![request(one), request(other)]);
            check(&links, trust, verdict);
            assert_eq!(links.links().len(), 2);
        }
    }
    let failed = with(
        signature(Test),
        CheckName::KeyUsage,
        Outcome::Failed(Reason::WrongKeyUsage),
    );
    let both = Verification::of_signatures(vec![signature(Test), failed]);
    check(&both, Trust::None, Verdict::Invalid);
    let links = Verification::of_links(vec![request(Test), signature(Test)]);
    check(&links, Test, Verdict::ValidTestCard);
    // One signature is the whole, and none is worth nothing.
    let alone = Verification::of_signatures(vec![signature(Test)]);
    assert!(alone.signatures().is_empty() && alone == signature(Test));
    check(
        &Verification::of_signatures(Vec::new()),
        Trust::None,
        Verdict::NotChecked,
    );
}

#[test]
fn a_verdict_is_the_worst_of_all_parts() {
    let invalid = with(
        signature(Test),
        CheckName::KeyUsage,
        Outcome::Failed(Reason::WrongKeyUsage),
    );
    let mut whole = signature(Test);
    whole.signatures = vec![signature(Test), signature(Trust::None)];
    assert_eq!(whole.verdict(), Verdict::NotChecked);
    whole.links = vec![invalid];
    assert_eq!(whole.verdict(), Verdict::Invalid);
}

#[test]
fn a_profile_covers_the_whole_only_if_every_part_has_it() {
    use ContentProfile::{Connector, Strict};
    #[rustfmt::skip] // one row a line
    let rows = [
        // Two parts; both as links of one request, both as signatures over one content.
        (Some(Strict), Some(Strict), Some(Strict), Some(Strict)),
        (Some(Connector), Some(Connector), Some(Connector), Some(Connector)),
        (Some(Strict), Some(Connector), Some(Connector), None),
        (Some(Connector), Some(Strict), Some(Connector), None),
        (Some(Strict), None, None, None),
        (None, Some(Connector), None, None),
        (None, None, None, None),
    ];
    for (one, other, as_links, as_signatures) in rows {
        let parts = [one, other].map(|profile| Verification {
            profile,
            ..signature(Test)
        });
        assert_eq!(Verification::of_links(parts.to_vec()).profile(), as_links);
        assert_eq!(Verification::of_signatures(parts.to_vec()).profile(), as_signatures);
    }
}

#[test]
fn verdicts_have_words_and_an_order() {
    let words = [
        (Verdict::Valid, "valid"),
        (Verdict::ValidTestCard, "valid-test-card"),
        (Verdict::NotChecked, "not-checked"),
        (Verdict::NotSigned, "not-signed"),
        (Verdict::Invalid, "invalid"),
    ];
    assert!(words.is_sorted());
    for (verdict, word) in words {
        assert_eq!(verdict.name(), word);
    }
}

#[test]
fn a_web_signature_is_known_by_its_beginning_or_by_both_of_its_members() {
    for (input, expected) in [
        ("eyJhbGciOiJub25lIn0.e30.", true),
        (" {\"payload\": \"e30\", \"signature\": \"\"}", true),
        ("{\"payload\": \"e30\", \"signatures\": []}", true),
        ("{\"payload\": \"e30\"}", false),
        ("{\"signature\": \"\"}", false),
        ("[\"payload\", \"signature\"]", false),
        ("ey", false),
        ("", false),
    ] {
        assert_eq!(is_jws(input.as_bytes()), expected, "{input}");
    }
}
