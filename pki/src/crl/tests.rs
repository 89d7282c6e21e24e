//! Revocation lists that mislead, each signed properly.

use super::*;
use crate::RevocationReason;
use crate::testing::{Party, authority, but, certificate, holder, issued, root};
use der::Encode;
use der::asn1::{BitString, Null, OctetString, UtcTime};
use rcgen::{CertificateParams, CrlDistributionPoint, CustomExtension, KeyUsagePurpose, SigningKey};
use std::time::Duration;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::Extension as ListExtension;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;

const ECDSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const UNHEARD_OF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1");
const CERTIFICATE_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.29");
const URL: &str = "http://crl.example.be/proef.crl";

fn now() -> Timestamp {
    "2026-11-20T10:02:00Z".parse().unwrap()
}

/// Time a number of hours from now.
fn hours(number: i64) -> Time {
    let seconds = u64::try_from(now().as_second() + number * 3600).unwrap();
    Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(seconds)).unwrap())
}

fn extension(oid: ObjectIdentifier, critical: bool, value: &[u8]) -> ListExtension {
    ListExtension {
        extn_id: oid,
        critical,
        extn_value: OctetString::new(value).unwrap(),
    }
}

fn lena() -> CertificateParams {
    but(holder("Lena D'HAEN (Signature)", "80000000031"), |params| {
        params.crl_distribution_points = vec![CrlDistributionPoint {
            uris: vec![URL.to_owned()],
        }];
    })
}

/// An authority and one of its certificates.
struct Case {
    ca: Party,
    lena: Certificate,
}

impl Case {
    fn new() -> Self {
        let ca = root(authority("Proef Citizen CA"));
        let lena = certificate(&issued(lena(), &ca));
        Self { ca, lena }
    }

    /// An entry for our certificate.
    fn entry(&self, extensions: Option<Vec<ListExtension>>) -> RevokedCert {
        RevokedCert {
            serial_number: SerialNumber::new(self.lena.serial()).unwrap(),
            revocation_date: hours(-1),
            crl_entry_extensions: extensions,
        }
    }

    fn reason(&self, number: u8) -> RevokedCert {
        self.entry(Some(vec![extension(REASON_CODE, false, &[0x0A, 1, number])]))
    }

    /// Judges an empty list, changed and signed by the authority.
    fn check(&self, change: impl FnOnce(&mut TbsCertList)) -> Result<Status, Doubt> {
        let list = list(&self.ca, change);
        let statement = judge_crl(&list, &self.lena, &certificate(&self.ca), now());
        statement.map(|statement| statement.status)
    }

    fn check_entries(&self, entries: Vec<RevokedCert>) -> Result<Status, Doubt> {
        self.check(|tbs| tbs.revoked_certificates = Some(entries))
    }

    fn check_point(&self, change: impl FnOnce(&mut IssuingDistributionPoint)) -> Result<Status, Doubt> {
        let mut point = IssuingDistributionPoint {
            distribution_point: None,
            only_contains_user_certs: false,
            only_contains_ca_certs: false,
            only_some_reasons: None,
            indirect_crl: false,
            only_contains_attribute_certs: false,
        };
        change(&mut point);
        let point = extension(ISSUING_DISTRIBUTION_POINT, true, &point.to_der().unwrap());
        self.check(|tbs| tbs.crl_extensions = Some(vec![point]))
    }
}

fn list(signer: &Party, change: impl FnOnce(&mut TbsCertList)) -> Vec<u8> {
    let algorithm = AlgorithmIdentifierOwned {
        oid: ECDSA_SHA_384,
        parameters: None,
    };
    let mut tbs = TbsCertList {
        version: x509_cert::Version::V2,
        signature: algorithm.clone(),
        issuer: Name::from_der(certificate(signer).subject_der()).unwrap(),
        this_update: hours(-2),
        next_update: Some(hours(22)),
        revoked_certificates: None,
        crl_extensions: None,
    };
    change(&mut tbs);
    let signature = signer.key().sign(&tbs.to_der().unwrap()).unwrap();
    let list = CertificateList {
        tbs_cert_list: tbs,
        signature_algorithm: algorithm,
        signature: BitString::from_bytes(&signature).unwrap(),
    };
    list.to_der().unwrap()
}

#[test]
fn whoever_is_not_listed_is_good() {
    let case = Case::new();
    assert_eq!(case.check(|_| {}), Ok(Status::Good));
    let other = RevokedCert {
        serial_number: SerialNumber::new(&[1, 2, 3]).unwrap(),
        ..case.entry(None)
    };
    assert_eq!(case.check_entries(vec![other]), Ok(Status::Good));
}

#[test]
fn entry_gives_date_and_reason() {
    let case = Case::new();
    let at = "2026-11-20T09:02:00Z".parse().unwrap();
    let revoked = |reason| Ok(Status::Revoked { at, reason });
    let without_reason = case.check_entries(vec![case.entry(None)]);
    assert_eq!(without_reason, revoked(RevocationReason::Unspecified));
    for (number, reason) in [
        (1, RevocationReason::KeyCompromise),
        (6, RevocationReason::CertificateHold),
        (99, RevocationReason::Unknown(99)),
    ] {
        assert_eq!(case.check_entries(vec![case.reason(number)]), revoked(reason));
    }
}

#[test]
fn entry_that_takes_back_revokes_nothing_and_hides_nothing() {
    let case = Case::new();
    assert_eq!(case.check_entries(vec![case.reason(8)]), Ok(Status::Good));
    let still_revoked = case.check_entries(vec![case.reason(1), case.reason(8)]);
    assert!(matches!(still_revoked, Ok(Status::Revoked { .. })));
}

#[test]
fn critical_extension_of_any_entry_spoils_the_list() {
    let case = Case::new();
    for oid in [UNHEARD_OF, CERTIFICATE_ISSUER] {
        let odd = RevokedCert {
            serial_number: SerialNumber::new(&[1, 2, 3]).unwrap(),
            ..case.entry(Some(vec![extension(oid, true, &[5, 0])]))
        };
        for entries in [vec![odd.clone(), case.entry(None)], vec![case.entry(None), odd]] {
            assert_eq!(case.check_entries(entries), Err(Doubt::UnsupportedExtension));
        }
    }
    let harmless = case.check_entries(vec![case.entry(Some(vec![extension(UNHEARD_OF, false, &[5, 0])]))]);
    assert!(matches!(harmless, Ok(Status::Revoked { .. })));
}

#[test]
fn delta_and_odd_lists_are_not_the_whole() {
    let case = Case::new();
    let with = |one| case.check(|tbs| tbs.crl_extensions = Some(vec![one]));
    for critical in [true, false] {
        let delta = with(extension(DELTA_CRL_INDICATOR, critical, &[2, 1, 1]));
        assert_eq!(delta, Err(Doubt::PartialList));
    }
    let odd = with(extension(UNHEARD_OF, true, &[5, 0]));
    assert_eq!(odd, Err(Doubt::UnsupportedExtension));
    assert_eq!(with(extension(UNHEARD_OF, false, &[5, 0])), Ok(Status::Good));
}

#[test]
fn list_must_be_for_certificates_like_ours() {
    let case = Case::new();
    assert_eq!(
        case.check_point(|point| point.only_contains_user_certs = true),
        Ok(Status::Good)
    );
    let partial = Err(Doubt::PartialList);
    assert_eq!(case.check_point(|point| point.only_contains_ca_certs = true), partial);
    assert_eq!(case.check_point(|point| point.indirect_crl = true), partial);
    assert_eq!(
        case.check_point(|point| point.only_contains_attribute_certs = true),
        partial
    );
    let some_reasons = x509_cert::ext::pkix::crl::dp::Reasons::KeyCompromise;
    assert_eq!(
        case.check_point(|point| point.only_some_reasons = Some(some_reasons.into())),
        partial
    );
}

#[test]
fn lists_of_holders_say_nothing_of_authorities() {
    let Case { ca, .. } = Case::new();
    let lena = certificate(&issued(authority("Proef Sub CA"), &ca));
    let case = Case { ca, lena };
    let of_holders = case.check_point(|point| point.only_contains_user_certs = true);
    assert_eq!(of_holders, Err(Doubt::PartialList));
    let of_authorities = case.check_point(|point| point.only_contains_ca_certs = true);
    assert_eq!(of_authorities, Ok(Status::Good));
}

#[test]
fn list_must_be_of_the_place_the_certificate_names() {
    let case = Case::new();
    let at = |url: &str| {
        let name = GeneralName::UniformResourceIdentifier(der::asn1::Ia5String::new(url).unwrap());
        case.check_point(|point| point.distribution_point = Some(DistributionPointName::FullName(vec![name])))
    };
    assert_eq!(at(URL), Ok(Status::Good));
    assert_eq!(at("http://crl.example.be/other.crl"), Err(Doubt::PartialList));
}

#[test]
fn only_the_issuers_own_key_signs() {
    let case = Case::new();
    let judge =
        |signer: &Party, issuer: &Party| judge_crl(&list(signer, |_| {}), &case.lena, &certificate(issuer), now());
    let stranger = root(authority("Proef Foreigner CA"));
    assert_eq!(judge(&stranger, &case.ca), Err(Doubt::WrongSigner));
    let namesake = root(authority("Proef Citizen CA"));
    assert_eq!(judge(&namesake, &case.ca), Err(Doubt::BadSignature));
    let may_not = root(but(authority("Proef Citizen CA"), |params| {
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign]
    }));
    assert_eq!(judge(&may_not, &may_not), Err(Doubt::WrongSigner));
}

#[test]
fn dates_bound_what_is_believed() {
    let case = Case::new();
    let dates =
        |this, next: Option<i64>| case.check(|tbs| (tbs.this_update, tbs.next_update) = (hours(this), next.map(hours)));
    assert_eq!(dates(-100, Some(1)), Ok(Status::Good));
    assert_eq!(dates(-100, Some(-1)), Err(Doubt::Stale));
    assert_eq!(dates(1, Some(2)), Err(Doubt::FromTheFuture));
    assert_eq!(dates(-24, None), Ok(Status::Good));
    assert_eq!(dates(-25, None), Err(Doubt::Stale));
}

#[test]
fn algorithm_must_be_the_signed_one() {
    let case = Case::new();
    let with_null = |tbs: &mut TbsCertList| tbs.signature.parameters = Some(Null.into());
    assert_eq!(case.check(with_null), Err(Doubt::Malformed));
}

#[test]
fn points_of_other_issuers_and_for_some_reasons_are_not_asked() {
    // CRLDistributionPoints: one for key compromise only, one of another issuer, one whole.
    let url = |host: u8| [&[0xA0, 15, 0xA0, 13, 0x86, 11], b"http://".as_slice(), &[host], b".be"].concat();
    let name = [0xA2, 4, 0xA4, 2, 0x30, 0];
    let points = [
        [&[0x30, 21], url(b'a').as_slice(), &[0x81, 2, 6, 0x40]].concat(),
        [&[0x30, 23], url(b'b').as_slice(), &name].concat(),
        [&[0x30, 17], url(b'c').as_slice()].concat(),
    ]
    .concat();
    let whole = [&[0x30, u8::try_from(points.len()).unwrap()], points.as_slice()].concat();
    let params = but(holder("Lena D'HAEN (Signature)", "80000000031"), |params| {
        params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 31], whole)];
    });
    assert_eq!(certificate(&root(params)).crl_urls(), ["http://c.be"]);
}

#[test]
fn long_list_is_walked_in_one_go() {
    let case = Case::new();
    let mut entries: Vec<_> = (0..50_000_u32)
        .map(|number| RevokedCert {
            serial_number: SerialNumber::new(&[&[0x10], number.to_be_bytes().as_slice()].concat()).unwrap(),
            ..case.reason(5)
        })
        .collect();
    assert_eq!(case.check_entries(entries.clone()), Ok(Status::Good));
    entries.push(case.reason(1));
    assert!(matches!(case.check_entries(entries), Ok(Status::Revoked { .. })));
}

#[test]
fn a_kept_list_speaks_of_the_time_it_was_made() {
    let case = Case::new();
    let (kept, issuer) = (list(&case.ca, |_| {}), certificate(&case.ca));
    let at = |days: i64| now().checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap();
    let judge = |at, now| judge_kept_crl(&kept, &case.lena, &issuer, at, now).map(|said| said.status);
    assert_eq!(judge(at(0), at(1000)), Ok(Status::Good), "years later");
    assert_eq!(
        judge(at(-2), at(1000)),
        Ok(Status::Good),
        "it was made after the signature"
    );
    assert_eq!(judge(at(2), at(1000)), Err(Doubt::Stale), "it was made too long before");
    assert_eq!(judge(at(-2), at(-1)), Err(Doubt::FromTheFuture));
}
