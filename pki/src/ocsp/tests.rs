//! Answers that a responder should not give, each signed properly.

use super::*;
use crate::testing::{Party, authority, but, certificate, holder, issued, root};
use der::DateTime;
use rcgen::{CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, KeyUsagePurpose, SigningKey, date_time_ymd};
use x509_cert::ext::pkix::CrlReason;
use x509_ocsp::{ResponseBytes, RevokedInfo};

const ECDSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");

fn now() -> Timestamp {
    "2026-11-20T10:02:00Z".parse().unwrap()
}

/// Time a number of minutes from now.
fn minutes(number: i64) -> OcspGeneralizedTime {
    let seconds = u64::try_from(now().as_second() + number * 60).unwrap();
    DateTime::from_unix_duration(std::time::Duration::from_secs(seconds))
        .unwrap()
        .into()
}

fn responder() -> CertificateParams {
    but(authority("Proef OCSP"), |params| {
        params.is_ca = rcgen::IsCa::NoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
    })
}

/// An authority, one of its certificates, and the question whether that is revoked.
struct Case {
    ca: Party,
    question: Question,
}

impl Case {
    fn new() -> Self {
        let ca = root(authority("Proef Citizen CA"));
        let lena = issued(holder("Lena D'HAEN (Signature)", "80000000031"), &ca);
        let question = Question::about(&certificate(&lena), &certificate(&ca)).unwrap();
        Self { ca, question }
    }

    /// Answer of a responder when all is well.
    fn data(&self) -> ResponseData {
        ResponseData {
            version: Version::V1,
            responder_id: by_key(&certificate(&self.ca)),
            produced_at: minutes(0),
            responses: vec![SingleResponse {
                cert_id: self.question.id.clone(),
                cert_status: CertStatus::good(),
                this_update: minutes(-10),
                next_update: Some(minutes(50)),
                single_extensions: None,
            }],
            response_extensions: None,
        }
    }

    /// Judges that answer, changed and signed by the authority.
    fn check(&self, change: impl FnOnce(&mut ResponseData)) -> Result<Status, Doubt> {
        let mut data = self.data();
        change(&mut data);
        self.judge(&answer(&data, &self.ca, &[]), None)
    }

    /// Judges it with its one answer changed.
    fn check_single(&self, change: impl FnOnce(&mut SingleResponse)) -> Result<Status, Doubt> {
        self.check(|data| change(&mut data.responses[0]))
    }

    fn judge(&self, response: &[u8], nonce: Option<&[u8]>) -> Result<Status, Doubt> {
        let statement = self.question.judge(response, nonce, now());
        statement.map(|statement| statement.status)
    }

    /// Judges an answer by `responder`, signed with its key.
    fn by(&self, responder: &Party) -> Result<Status, Doubt> {
        let mut data = self.data();
        data.responder_id = by_key(&certificate(responder));
        self.judge(&answer(&data, responder, &[responder]), None)
    }
}

fn by_key(certificate: &Certificate) -> ResponderId {
    ResponderId::ByKey(OctetString::new(HashAlgorithm::Sha1.digest(certificate.public_key_bits())).unwrap())
}

fn answer(data: &ResponseData, signer: &Party, certificates: &[&Party]) -> Vec<u8> {
    let certificates = certificates
        .iter()
        .map(|party| x509_cert::Certificate::from_der(party.der()).unwrap());
    let basic = x509_ocsp::BasicOcspResponse {
        tbs_response_data: data.clone(),
        signature_algorithm: AlgorithmIdentifierOwned {
            oid: ECDSA_SHA_384,
            parameters: None,
        },
        signature: der::asn1::BitString::from_bytes(&signer.key().sign(&data.to_der().unwrap()).unwrap()).unwrap(),
        certs: Some(certificates.collect()),
    };
    OcspResponse::successful(basic).unwrap().to_der().unwrap()
}

fn extension(oid: ObjectIdentifier, critical: bool, value: &[u8]) -> Option<Vec<Extension>> {
    Some(vec![Extension {
        extn_id: oid,
        critical,
        extn_value: OctetString::new(value).unwrap(),
    }])
}

#[test]
fn issuer_may_answer_itself_by_key_or_by_name() {
    let case = Case::new();
    assert_eq!(case.check(|_| {}), Ok(Status::Good));
    let name = x509_cert::name::Name::from_der(certificate(&case.ca).subject_der()).unwrap();
    let by_name = case.check(|data| data.responder_id = ResponderId::ByName(name));
    assert_eq!(by_name, Ok(Status::Good));
}

#[test]
fn responder_answers_only_if_its_certificate_says_so() {
    let case = Case::new();
    assert_eq!(case.by(&issued(responder(), &case.ca)), Ok(Status::Good));
    let not_for_ocsp = but(responder(), |params| params.extended_key_usages.clear());
    let for_anything = but(responder(), |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any]
    });
    let not_for_signing = but(responder(), |params| {
        params.key_usages = vec![KeyUsagePurpose::KeyAgreement]
    });
    let expired = but(responder(), |params| params.not_after = date_time_ymd(2026, 11, 19));
    let future = but(responder(), |params| params.not_before = date_time_ymd(2026, 11, 21));
    for params in [not_for_ocsp, for_anything, not_for_signing, expired, future] {
        assert_eq!(case.by(&issued(params, &case.ca)), Err(Doubt::WrongSigner));
    }
}

#[test]
fn responder_must_be_of_the_same_issuer_directly() {
    let case = Case::new();
    let stranger = root(authority("Proef Foreigner CA"));
    let namesake = root(authority("Proef Citizen CA"));
    let below = issued(authority("Proef Sub CA"), &case.ca);
    for issuer in [stranger, namesake, below] {
        assert_eq!(case.by(&issued(responder(), &issuer)), Err(Doubt::WrongSigner));
    }
}

#[test]
fn responder_with_a_key_of_an_unknown_kind_is_no_wrong_signer() {
    let case = Case::new();
    let responder = issued(responder(), &case.ca);
    let mut data = case.data();
    data.responder_id = by_key(&certificate(&responder));
    let mut response = answer(&data, &responder, &[&responder]);
    // id-ecPublicKey, 1.2.840.10045.2.1, becomes an identifier nobody has given out; only the certificate has it.
    let kind = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
    let at = response.windows(kind.len()).position(|window| window == kind).unwrap();
    response[at + 6] = 9;
    assert_eq!(case.judge(&response, None), Err(Doubt::UnsupportedAlgorithm));
}

#[test]
fn key_must_be_that_of_the_named_responder() {
    let case = Case::new();
    let (named, other) = (issued(responder(), &case.ca), issued(responder(), &case.ca));
    let mut data = case.data();
    data.responder_id = by_key(&certificate(&named));
    let signed_by_other = answer(&data, &other, &[&other, &named]);
    assert_eq!(case.judge(&signed_by_other, None), Err(Doubt::BadSignature));
    let without_certificate = answer(&data, &named, &[]);
    assert_eq!(case.judge(&without_certificate, None), Err(Doubt::WrongSigner));
}

#[test]
fn revocation_keeps_its_date_and_reason() {
    let case = Case::new();
    let revoked = |revocation_reason| {
        case.check_single(|single| {
            single.cert_status = CertStatus::revoked(RevokedInfo {
                revocation_time: minutes(-60),
                revocation_reason,
            });
        })
    };
    let at = "2026-11-20T09:02:00Z".parse().unwrap();
    for (said, reason) in [
        (None, RevocationReason::Unspecified),
        (Some(CrlReason::KeyCompromise), RevocationReason::KeyCompromise),
        (Some(CrlReason::CertificateHold), RevocationReason::CertificateHold),
        (Some(CrlReason::AaCompromise), RevocationReason::AaCompromise),
    ] {
        assert_eq!(revoked(said), Ok(Status::Revoked { at, reason }));
    }
}

#[test]
fn unknown_is_never_good() {
    let unknown = Case::new().check_single(|single| single.cert_status = CertStatus::unknown());
    assert_eq!(unknown, Err(Doubt::ResponderUnknown));
}

#[test]
fn dates_bound_what_is_believed() {
    let case = Case::new();
    let dates = |this: i64, next: Option<i64>| {
        case.check_single(|single| {
            single.this_update = minutes(this);
            single.next_update = next.map(minutes);
        })
    };
    assert_eq!(dates(-60, Some(-5)), Ok(Status::Good));
    assert_eq!(dates(-60, Some(-6)), Err(Doubt::Stale));
    assert_eq!(dates(5, Some(60)), Ok(Status::Good));
    assert_eq!(dates(6, Some(60)), Err(Doubt::FromTheFuture));
    assert_eq!(dates(-10, Some(-11)), Err(Doubt::Malformed));
    assert_eq!(dates(-24 * 60, None), Ok(Status::Good));
    assert_eq!(dates(-24 * 60 - 6, None), Err(Doubt::Stale));
    let tomorrow = case.check(|data| data.produced_at = minutes(24 * 60));
    assert_eq!(tomorrow, Err(Doubt::FromTheFuture));
}

#[test]
fn our_nonce_makes_an_old_date_fresh_and_anothers_spoils_it() {
    let case = Case::new();
    let nonce = [7; 32];
    let echoed = |value: &[u8]| {
        let mut data = case.data();
        data.responses[0].this_update = minutes(-3 * 24 * 60);
        data.response_extensions = extension(NONCE, false, value);
        case.judge(&answer(&data, &case.ca, &[]), Some(&nonce))
    };
    let whole = OctetString::new(nonce).unwrap().to_der().unwrap();
    assert_eq!(echoed(&whole), Ok(Status::Good));
    let other = OctetString::new([8; 32]).unwrap().to_der().unwrap();
    assert_eq!(echoed(&other), Err(Doubt::WrongNonce));
    assert_eq!(echoed(&nonce), Err(Doubt::Malformed));
    let old = case.check_single(|single| single.this_update = minutes(-3 * 24 * 60));
    assert_eq!(old, Err(Doubt::Stale));
}

#[test]
fn what_must_be_understood_and_is_not_spoils_the_answer() {
    let case = Case::new();
    let unheard_of = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1");
    for (critical, expected) in [(true, Err(Doubt::UnsupportedExtension)), (false, Ok(Status::Good))] {
        let on_all = case.check(|data| data.response_extensions = extension(unheard_of, critical, &[5, 0]));
        assert_eq!(on_all, expected);
        let on_one = case.check_single(|single| single.single_extensions = extension(unheard_of, critical, &[5, 0]));
        assert_eq!(on_one, expected);
    }
}

#[test]
fn one_answer_is_about_our_certificate() {
    let case = Case::new();
    let other = case.check_single(|single| single.cert_id.serial_number = SerialNumber::new(&[1]).unwrap());
    assert_eq!(other, Err(Doubt::OtherCertificate));
    let other_key =
        case.check_single(|single| single.cert_id.issuer_key_hash = OctetString::new([0_u8; 20].as_slice()).unwrap());
    assert_eq!(other_key, Err(Doubt::OtherCertificate));
    let none = case.check(|data| data.responses.clear());
    assert_eq!(none, Err(Doubt::OtherCertificate));
    let twice = case.check(|data| data.responses.push(data.responses[0].clone()));
    assert_eq!(twice, Err(Doubt::Malformed));
    let without_parameters = case.check_single(|single| single.cert_id.hash_algorithm.parameters = None);
    assert_eq!(without_parameters, Ok(Status::Good));
}

#[test]
fn the_issuer_is_known_by_its_name_as_either_certificate_writes_it() {
    let Case { ca, question } = Case::new();
    let capitals = authority("PROEF CITIZEN CA").signed_by(ca.key(), &ca).unwrap();
    let issuer = Certificate::parse(capitals.der()).unwrap();
    let lena = question.certificate;
    let question = Question::about(&lena, &issuer).unwrap();
    let case = Case { ca, question };
    let other = certificate(&root(authority("Proef Foreigner CA")));
    for (name, expected) in [
        (lena.issuer_der(), Ok(Status::Good)),
        (issuer.subject_der(), Ok(Status::Good)),
        (other.subject_der(), Err(Doubt::OtherCertificate)),
    ] {
        let hash = OctetString::new(HashAlgorithm::Sha1.digest(name)).unwrap();
        let judged = case.check_single(|single| single.cert_id.issuer_name_hash = hash);
        assert_eq!(judged, expected);
    }
}

#[test]
fn a_question_is_known_by_the_name_that_it_asks_with() {
    let (case, other) = (Case::new(), Case::new());
    let id = case.question.id();
    assert_eq!(CertId::from_der(id).as_ref(), Ok(&case.question.id));
    assert_ne!(id, other.question.id());
    let request = case.question.request(&[7; 32]).unwrap();
    assert!(request.windows(id.len()).any(|part| part == id));
    let request = OcspRequest::from_der(&request).unwrap().tbs_request;
    assert_eq!(request.request_list.len(), 1);
    let nonce = OctetString::new([7; 32]).unwrap().to_der().unwrap();
    assert_eq!(request.request_extensions, extension(NONCE, false, &nonce));
}

#[test]
fn the_certificate_is_known_by_whichever_hash_the_responder_chose() {
    let case = Case::new();
    for (hash, oid) in [
        (HashAlgorithm::Sha256, "2.16.840.1.101.3.4.2.1"),
        (HashAlgorithm::Sha384, "2.16.840.1.101.3.4.2.2"),
        (HashAlgorithm::Sha512, "2.16.840.1.101.3.4.2.3"),
    ] {
        let issuer = certificate(&case.ca);
        let named = |id: &mut CertId, key: &[u8]| {
            id.hash_algorithm.oid = ObjectIdentifier::new(oid).unwrap();
            id.issuer_name_hash = OctetString::new(hash.digest(issuer.subject_der())).unwrap();
            id.issuer_key_hash = OctetString::new(hash.digest(key)).unwrap();
        };
        let ours = case.check_single(|single| named(&mut single.cert_id, issuer.public_key_bits()));
        assert_eq!(ours, Ok(Status::Good), "{}", hash.name());
        let other_key = case.check_single(|single| named(&mut single.cert_id, b"another key"));
        assert_eq!(other_key, Err(Doubt::OtherCertificate), "{}", hash.name());
        let other_hash = case.check_single(|single| {
            named(&mut single.cert_id, issuer.public_key_bits());
            single.cert_id.hash_algorithm.oid = SHA_1;
        });
        assert_eq!(other_hash, Err(Doubt::OtherCertificate), "{}", hash.name());
    }
}

#[test]
fn refusals_and_other_kinds_of_answer_are_none() {
    let case = Case::new();
    for refusal in [
        OcspResponse::malformed_request(),
        OcspResponse::internal_error(),
        OcspResponse::try_later(),
        OcspResponse::sig_required(),
        OcspResponse::unauthorized(),
    ] {
        let refused = case.judge(&refusal.to_der().unwrap(), None);
        assert_eq!(refused, Err(Doubt::ResponderRefused));
    }
    let good = OcspResponse::from_der(&answer(&case.data(), &case.ca, &[])).unwrap();
    let of_another_kind = OcspResponse {
        response_bytes: Some(ResponseBytes {
            response_type: NONCE,
            response: good.response_bytes.unwrap().response,
        }),
        ..good
    };
    let judged = case.judge(&of_another_kind.to_der().unwrap(), None);
    assert_eq!(judged, Err(Doubt::Malformed));
}

#[test]
fn certificate_past_its_last_day_is_not_vouched_for() {
    let ca = root(authority("Proef Citizen CA"));
    let old = but(holder("Lena D'HAEN (Signature)", "80000000031"), |params| {
        params.not_after = date_time_ymd(2026, 11, 20)
    });
    let question = Question::about(&certificate(&issued(old, &ca)), &certificate(&ca)).unwrap();
    let case = Case { ca, question };
    assert_eq!(case.check(|_| {}), Err(Doubt::CertificateExpired));
}

#[test]
fn responder_says_if_nobody_need_ask_about_it() {
    let no_check = CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 48, 1, 5], vec![5, 0]);
    let params = but(responder(), |params| params.custom_extensions = vec![no_check]);
    let [with, without] = [params, responder()].map(|params| certificate(&root(params)));
    assert!(with.has_ocsp_no_check() && !without.has_ocsp_no_check());
    assert_eq!(with.extended_key_usages(), [OCSP_SIGNING]);
}

#[test]
fn a_kept_answer_speaks_of_the_time_it_was_made() {
    let case = Case::new();
    let kept = answer(&case.data(), &case.ca, &[]);
    let at = |days: i64| now().checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap();
    let judge = |at: Timestamp, now: Timestamp| case.question.judge_kept(&kept, at, now).map(|said| said.status);
    assert_eq!(judge(at(0), at(1000)), Ok(Status::Good), "years later");
    assert_eq!(
        judge(at(-2), at(1000)),
        Ok(Status::Good),
        "it was made after the signature"
    );
    assert_eq!(judge(at(1), at(1000)), Err(Doubt::Stale), "it was made too long before");
    assert_eq!(judge(at(-2), at(-1)), Err(Doubt::FromTheFuture));
    assert_eq!(
        case.question.judge_kept(&kept[1..], at(0), at(0)),
        Err(Doubt::Malformed)
    );
}
