//! The same input gives the same bytes, today and after every change.

use beid_pki::{Certificate, PublicKey};
use beid_protocol::ProtocolError;
use beid_protocol::author::Author;
use beid_protocol::cms::{Cms, SigningCertificate};
use beid_protocol::codes::{LinkStatus, LinkType, Proof, Situation};
use beid_protocol::consent::{self, ConsentFields};
use beid_protocol::dialect::Dialect;
use beid_protocol::error::WarningKind;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::representative::{Representative, RepresentativeFields};
use beid_protocol::request::{DateStyle, Request};
use beid_protocol::signature::RawSignature;
use beid_protocol::therlink::{
    self, BulkLink, ContentProfile, LinkFields, LinkQuery, PreparedBulk, TherapeuticLinkChange,
};
use beid_protocol::{exclusion, summary};
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use jiff::Timestamp;
use jiff::civil::date;
use x509_cert::der::{Decode, Encode};
use x509_cert::name::Name;

use crate::citizens::{CHILD, HOLDER, PATIENT, PHARMACY, PHYSICIAN, PKI, consultation, now, plain, put};

#[track_caller]
fn check(found: &[u8], golden: &str) {
    assert_eq!(std::str::from_utf8(found).unwrap(), golden.trim_end());
}

#[test]
fn eidreading() {
    let document = plain(put(&[PHYSICIAN], PATIENT, now(), consultation()), "eidreading");
    check(
        document.xml().as_bytes(),
        include_str!("../golden/eidreading.request.xml"),
    );
    assert_eq!(document.request_id(), "10012378004.20261120100200001");
    assert_eq!(document.proof().cms(), None);
    assert_eq!(document.warnings(), []);
}

#[test]
fn pharmacy_isireading() {
    let link = LinkFields {
        link_type: "pharmacydelivery",
        ..LinkFields::default()
    };
    let document = plain(put(&[PHARMACY, HOLDER], CHILD, now(), link), "isireading");
    check(
        document.xml().as_bytes(),
        include_str!("../golden/pharmacy-isireading.request.xml"),
    );
}

#[test]
fn connector_content() {
    let prepared = put(&[PHYSICIAN], PATIENT, now(), consultation())
        .prepare(ContentProfile::Connector)
        .unwrap();
    check(prepared.content(), include_str!("../golden/connector.content.xml"));
}

#[test]
fn strict_content() {
    let prepared = put(&[PHYSICIAN], PATIENT, now(), consultation())
        .prepare(ContentProfile::Strict)
        .unwrap();
    check(prepared.content(), include_str!("../golden/strict.content.xml"));
}

fn request(parties: &[HcPartyFields<'_>], citizen: Option<PatientFields<'_>>) -> Request {
    let citizen = citizen.map(|fields| Patient::parse(fields).unwrap());
    Request::new(Author::parse(parties, citizen).unwrap(), now(), "001").unwrap()
}

fn guardian() -> Representative {
    let fields = RepresentativeFields {
        ssin: Some("82000000073"),
        first_name: "Ward",
        family_name: "VOORBEELD",
        capacity: "guardian",
    };
    Representative::parse(fields).unwrap()
}

#[test]
fn consent_with_guardian_and_offsets() {
    let request = request(&[PHARMACY, HOLDER], None).represented_by(guardian());
    let request = request.with_dates(DateStyle::WithOffset);
    let document = consent::put(&request, &Patient::parse(CHILD).unwrap(), ConsentFields::default()).unwrap();
    let golden = include_str!("../golden/consent-guardian-offsets.request.xml");
    check(document.xml().as_bytes(), golden);
}

#[test]
fn consent_withdrawn_in_a_hub() {
    let insurer = HcPartyFields {
        nihii: None,
        ssin: None,
        cbe: Some("0123456749"),
        party_type: "orginsurance",
        name: Some("Proefbond"),
        first_name: None,
        family_name: None,
        ..PHYSICIAN
    };
    let request = request(&[insurer, PHYSICIAN], None).in_dialect(Dialect::Hub).unwrap();
    let request = request.breaking_the_glass("bewusteloos & zonder papieren").unwrap();
    let fields = ConsentFields {
        sign_date: Some(date(2026, 1, 31)),
        ..ConsentFields::default()
    };
    let document = consent::revoke(&request, &Patient::parse(PATIENT).unwrap(), fields).unwrap();
    check(
        document.xml().as_bytes(),
        include_str!("../golden/consent-revoke-hub.request.xml"),
    );
}

#[test]
fn links_in_bulk() {
    let entry = |link_type, proof| BulkLink {
        patient: Patient::parse(PATIENT).unwrap(),
        link: LinkFields {
            link_type,
            comment: Some("na <overstap>"),
            ..consultation()
        },
        proof: Proof::parse(proof).unwrap(),
        profile: ContentProfile::Connector.into(),
    };
    let links = vec![
        entry("gpconsultation", "eidreading"),
        entry("carepath", "eidencoding_nocard"),
    ];
    let bulk = PreparedBulk::new(request(&[PHYSICIAN], None), links).unwrap();
    let document = bulk.with_proofs(vec![]).unwrap();
    check(document.xml().as_bytes(), include_str!("../golden/bulk.request.xml"));
}

#[test]
fn link_revoked_in_a_hub() {
    let request = request(&[PHYSICIAN], None).in_dialect(Dialect::Hub).unwrap();
    let fields = LinkFields {
        start_date: Some(date(2026, 2, 28)),
        comment: Some("verhuisd"),
        ..consultation()
    };
    let change = TherapeuticLinkChange::revoke(request, Patient::parse(PATIENT).unwrap(), fields).unwrap();
    let document = change.without_proof().unwrap();
    check(
        document.xml().as_bytes(),
        include_str!("../golden/link-revoke-hub.request.xml"),
    );
}

#[test]
fn links_asked_for() {
    let query = LinkQuery {
        patient: Some(Patient::parse(PATIENT).unwrap()),
        parties: vec![HcParty::parse(PHARMACY).unwrap()],
        types: &[LinkType::parse("pharmacydelivery").unwrap()],
        begin: Some(date(2026, 1, 1)),
        end: Some(date(2027, 1, 1)),
        status: Some(LinkStatus::Inactive),
        max_rows: Some(100),
        proof: None,
    };
    let document = therlink::get(&request(&[PHYSICIAN], None), query).unwrap();
    check(
        document.xml().as_bytes(),
        include_str!("../golden/links-get.request.xml"),
    );
}

#[test]
fn exclusion_history_of_a_citizen() {
    let program = HcPartyFields {
        nihii: None,
        ssin: None,
        application_id: Some("4711"),
        party_type: "application",
        name: Some("Proefpakket"),
        first_name: None,
        family_name: None,
        ..PHYSICIAN
    };
    let (patient, excluded) = (Patient::parse(PATIENT).unwrap(), HcParty::parse(PHYSICIAN).unwrap());
    let request = request(&[program], Some(PATIENT));
    let document = exclusion::history(&request, &patient, Some(&excluded), Some(date(2026, 1, 1)), None).unwrap();
    check(
        document.xml().as_bytes(),
        include_str!("../golden/exclusion-history.request.xml"),
    );
}

#[track_caller]
fn check_mandate(at: &str, expected: &str) {
    let prepared = put(&[PHYSICIAN], PATIENT, at.parse().unwrap(), consultation())
        .prepare(ContentProfile::Connector)
        .unwrap();
    let content = std::str::from_utf8(prepared.content()).unwrap();
    assert!(content.ends_with(&format!("{expected}</therapeuticlink>")), "{content}");
}

#[test]
fn the_mandate_ends_tomorrow_in_the_last_five_minutes_of_a_day() {
    check_mandate(
        "2026-11-20T23:54:59+01:00",
        "<startdate>2026-11-20+01:00</startdate><enddate>2026-11-20+01:00</enddate>",
    );
    check_mandate(
        "2026-11-20T23:55:00+01:00",
        "<startdate>2026-11-20+01:00</startdate><enddate>2026-11-21+01:00</enddate>",
    );
}

#[test]
fn each_date_of_the_mandate_has_the_offset_of_its_own_moment() {
    check_mandate(
        "2026-03-29T01:58:00+01:00",
        "<startdate>2026-03-29+01:00</startdate><enddate>2026-03-29+02:00</enddate>",
    );
}

#[test]
fn what_is_shown_is_read_back_from_the_bytes() {
    let prepared = put(&[PHYSICIAN], PATIENT, now(), consultation())
        .prepare(ContentProfile::Connector)
        .unwrap();
    let (signed, request) = (
        prepared.to_sign().summary().unwrap(),
        prepared.request_summary().unwrap(),
    );
    assert_eq!(
        (signed.link.link_type.as_str(), signed.profile),
        ("ignored", ContentProfile::Connector)
    );
    assert_eq!(signed.link.patient, request.link().unwrap().link.patient);
    assert_eq!(signed.link.parties, request.link().unwrap().link.parties);
    assert_eq!(request.link().unwrap().link.link_type, "gpconsultation");
    assert_eq!(
        (request.link().unwrap().link.start, request.link().unwrap().link.end),
        (Some(date(2026, 11, 20)), Some(date(2028, 2, 20)))
    );
    assert_eq!(request.request_id, prepared.request_id());
    assert!(request.link().unwrap().proofs.is_empty());
}

#[test]
fn a_finished_request_carries_the_cms_it_was_given() {
    let document = PKI.signed(ContentProfile::Strict, &PKI.ec);
    let summary = summary::read_request(document.xml().as_bytes()).unwrap();
    assert_eq!(summary.link().unwrap().proofs[0].code, "eidsigning");
    assert_eq!(
        summary.link().unwrap().proofs[0].cms.as_deref(),
        document.proof().cms().map(|cms| cms.der())
    );
}

#[test]
fn the_same_input_gives_the_same_signature() {
    let prepared = put(&[PHYSICIAN], PATIENT, now(), consultation())
        .prepare(ContentProfile::Connector)
        .unwrap();
    assert_eq!(PKI.cms(&prepared, &PKI.rsa), PKI.cms(&prepared, &PKI.rsa));
}

/// Makes the signature in `der` again. No key is needed: the card's answer is in there.
pub(crate) fn made_again(der: &[u8]) -> Vec<u8> {
    let info = ContentInfo::from_der(der).unwrap();
    let signed_data = info.content.decode_as::<SignedData>().unwrap();
    let signature = signed_data.signer_infos.0.as_slice()[0].signature.as_bytes();
    let certificates = signed_data.certificates.unwrap().0.into_vec();
    let (mut signers, chain): (Vec<_>, Vec<_>) = certificates
        .iter()
        .map(|certificate| Certificate::parse(&certificate.to_der().unwrap()).unwrap())
        .partition(|certificate| !certificate.is_ca());
    let signer = signers.pop().unwrap();
    let raw = match signer.public_key() {
        PublicKey::Rsa(_) => RawSignature::Rsa(signature.to_vec()),
        PublicKey::P256(_) | PublicKey::P521(_) | PublicKey::Ed25519(_) | PublicKey::Other(_) => {
            panic!("no card has such a key")
        }
        PublicKey::P384(_) => {
            let signature = p384::ecdsa::Signature::from_der(signature).unwrap();
            RawSignature::Ecdsa(signature.to_bytes().to_vec())
        }
    };
    let content = signed_data.encap_content_info.econtent.unwrap().value().to_vec();
    let pending = Cms::attached(content, &signer, &chain, now(), SigningCertificate::Included).unwrap();
    pending.finish(raw).unwrap().der().to_vec()
}

#[test]
fn a_whole_signature_is_the_same_to_the_byte() {
    for golden in [
        include_bytes!("../golden/rsa.p7m").as_slice(),
        include_bytes!("../golden/ec.p7m"),
    ] {
        assert_eq!(made_again(golden), golden);
    }
}

#[test]
fn a_certificate_that_encoding_would_change_is_refused() {
    let usage = x509_cert::ext::pkix::KeyUsages::NonRepudiation;
    let signer = PKI.another("CN=Lena+serialNumber=80000000031,C=BE", usage).certificate;
    let name = Name::from_der(signer.subject_der()).unwrap();
    let pair = name.0.iter().find(|names| names.0.len() == 2).unwrap();
    let [one, other] = [0, 1].map(|at| pair.0.get(at).unwrap().to_der().unwrap());
    // The two in the wrong order: an encoder would put them right, and another certificate in the signature.
    let (right, wrong) = ([one.clone(), other.clone()].concat(), [other, one].concat());
    let at = signer
        .der()
        .windows(right.len())
        .position(|window| window == right)
        .unwrap();
    let mut changed = signer.der().to_vec();
    changed[at..at + wrong.len()].copy_from_slice(&wrong);
    let changed = Certificate::parse(&changed).unwrap();
    let attached = |signer: &Certificate, chain: &[Certificate]| {
        Cms::attached(vec![], signer, chain, now(), SigningCertificate::Included).map(drop)
    };
    let refused = Err(ProtocolError::UnsupportedAlgorithm {
        reason: "a certificate that is not in the one form of DER",
    });
    assert_eq!(attached(&changed, &[]), refused);
    assert_eq!(attached(&signer, &[changed]), refused);
    assert_eq!(attached(&signer, &[]), Ok(()));
}

#[test]
fn a_signature_of_another_key_is_not_given_out() {
    let prepared = put(&[PHYSICIAN], PATIENT, now(), consultation())
        .prepare(ContentProfile::Connector)
        .unwrap();
    let pending = || PKI.pending(&prepared, &PKI.ec);
    let other = PKI.another_usage().sign(pending().digest());
    assert_eq!(pending().finish(other).unwrap_err(), ProtocolError::SignatureRejected);
    let short = RawSignature::Ecdsa(vec![1; 95]);
    assert_eq!(pending().finish(short).unwrap_err(), ProtocolError::SignatureRejected);
    let wrong_kind = PKI.rsa.sign(&[0; 32]);
    assert!(matches!(
        pending().finish(wrong_kind),
        Err(ProtocolError::UnsupportedAlgorithm { .. })
    ));
}

#[test]
fn a_signature_over_another_request_does_not_fit() {
    let one = put(&[PHYSICIAN], PATIENT, now(), consultation())
        .prepare(ContentProfile::Strict)
        .unwrap();
    let other = put(&[PHYSICIAN], PATIENT, now(), consultation())
        .prepare(ContentProfile::Connector)
        .unwrap();
    let cms = PKI.cms(&other, &PKI.ec);
    assert!(matches!(one.with_proof(cms), Err(ProtocolError::Internal { .. })));
}

#[track_caller]
fn check_signer_refused(subject: &str, at: Timestamp, usage_is_signature: bool, expected: &str) {
    let prepared = put(&[PHYSICIAN], PATIENT, now(), consultation())
        .prepare(ContentProfile::Connector)
        .unwrap();
    let usage = x509_cert::ext::pkix::KeyUsages::NonRepudiation;
    let signer = if usage_is_signature {
        PKI.another(subject, usage)
    } else {
        PKI.another_usage()
    };
    let error = prepared.cms(&signer.certificate, &[], at).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn only_the_patient_signs_and_with_the_right_certificate() {
    let patient = "serialNumber=80000000031,CN=Lena,C=BE";
    check_signer_refused(
        "serialNumber=82000000073,CN=Ward,C=BE",
        now(),
        true,
        "certificate: belongs to another person than the patient",
    );
    check_signer_refused(
        "CN=Lena,C=BE",
        now(),
        true,
        "certificate missing: the certificate names no holder",
    );
    check_signer_refused(
        patient,
        now(),
        false,
        "certificate missing: the certificate is not for signatures",
    );
    check_signer_refused(
        patient,
        "2023-12-31T23:59:59Z".parse().unwrap(),
        true,
        "proof: the certificate is not valid at the time of signing",
    );
}

#[test]
fn a_proof_needs_its_card_number() {
    let missing = |patient, code| {
        let put = put(&[PHYSICIAN], patient, now(), consultation());
        match Proof::parse(code).unwrap() {
            Proof::Plain(proof) => put.with_plain_proof(proof).unwrap_err().to_string(),
            Proof::EidSigning => put.prepare(ContentProfile::Connector).unwrap_err().to_string(),
        }
    };
    for code in [
        "eidreading",
        "eidsigning",
        "eidencoding_housecall",
        "eidencoding_techproblem",
    ] {
        assert_eq!(missing(CHILD, code), "proof: needs the number of the patient's eID");
    }
    assert_eq!(
        missing(PATIENT, "isireading"),
        "proof: needs the number of the patient's ISI+ card"
    );
}

#[test]
fn the_situation_decides_the_period() {
    for (situation, end) in [
        (Situation::LongTerm, date(2028, 2, 20)),
        (Situation::Occasional, date(2027, 2, 20)),
        (Situation::Emergency, date(2026, 12, 20)),
    ] {
        let link = LinkFields {
            situation: Some(situation),
            ..consultation()
        };
        assert_eq!(
            put(&[PHYSICIAN], PATIENT, now(), link).period().end(),
            Some(end),
            "{situation:?}"
        );
    }
}

#[test]
fn warnings_say_where() {
    let strange = HcPartyFields {
        nihii: Some("10012379004"),
        ..PHYSICIAN
    };
    let link = LinkFields {
        start_date: Some(date(2026, 11, 1)),
        ..consultation()
    };
    let put = put(&[strange], CHILD, now(), link);
    let found: Vec<_> = put
        .warnings()
        .iter()
        .map(|warning| (warning.field.as_str(), warning.kind))
        .collect();
    let expected = [
        ("author.parties[0].nihii", WarningKind::CheckDigits),
        ("patient.isiCardNumber", WarningKind::Unchecked),
        ("startDate", WarningKind::StartInPast),
    ];
    assert_eq!(found, expected);
}

#[test]
fn debug_shows_no_person() {
    let prepared = put(&[PHYSICIAN], PATIENT, now(), consultation())
        .prepare(ContentProfile::Connector)
        .unwrap();
    let document = PKI.signed(ContentProfile::Connector, &PKI.ec);
    let cms = document.proof().cms().unwrap();
    let shown = format!(
        "{prepared:?} {document:?} {cms:?} {:?}",
        prepared.request_summary().unwrap()
    );
    assert!(shown.starts_with("Prepared(..) Document(..) Cms("), "{shown}");
    assert!(shown.ends_with(" bytes) RequestSummary(..)"), "{shown}");
}
