//! Extensions of certificates, as far as they are used here.

use crate::KeyUsage;
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension};
use x509_parser::prelude::X509Certificate;

/// `id-ad-ocsp` (RFC 6960, 4.1).
const ACCESS_BY_OCSP: &str = "1.3.6.1.5.5.7.48.1";
/// `id-pkix-ocsp-nocheck` (RFC 6960, 4.2.2.2.1).
const OCSP_NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";
/// Extensions that are judged here, and so may be critical: key usage, basic constraints, policies, extended key usage.
/// (RFC 5280, 4.2)
const JUDGED: [&str; 4] = ["2.5.29.15", "2.5.29.19", "2.5.29.32", "2.5.29.37"];

/// The extensions of one certificate.
#[derive(Default)]
pub(crate) struct Extensions {
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) basic_constraints: Option<(bool, Option<u32>)>,
    pub(crate) policies: Vec<String>,
    pub(crate) extended_key_usages: Vec<String>,
    pub(crate) extended_key_usages_critical: bool,
    pub(crate) ocsp_urls: Vec<String>,
    pub(crate) crl_urls: Vec<String>,
    pub(crate) ocsp_no_check: bool,
    pub(crate) subject_key_identifier: Option<Vec<u8>>,
    pub(crate) authority_key_identifier: Option<Vec<u8>>,
    pub(crate) unknown_critical: bool,
}

impl Extensions {
    pub(crate) fn from_certificate(certificate: &X509Certificate<'_>) -> Self {
        let mut found = Self {
            key_usage: key_usage(certificate),
            basic_constraints: basic_constraints(certificate),
            extended_key_usages: extended_key_usages(certificate),
            extended_key_usages_critical: matches!(certificate.extended_key_usage(), Ok(Some(usage)) if usage.critical),
            ..Self::default()
        };
        for extension in certificate.extensions() {
            let oid = extension.oid.to_id_string();
            found.ocsp_no_check |= oid == OCSP_NO_CHECK;
            found.unknown_critical |= extension.critical && !JUDGED.contains(&oid.as_str());
            found.read(extension.parsed_extension());
        }
        found
    }

    fn read(&mut self, extension: &ParsedExtension<'_>) {
        if let ParsedExtension::CertificatePolicies(policies) = extension {
            let oids = policies.iter().map(|policy| policy.policy_id.to_id_string());
            self.policies.extend(oids);
        }
        if let ParsedExtension::SubjectKeyIdentifier(identifier) = extension {
            self.subject_key_identifier = Some(identifier.0.to_vec());
        }
        if let ParsedExtension::AuthorityKeyIdentifier(authority) = extension {
            self.authority_key_identifier = authority.key_identifier.as_ref().map(|key| key.0.to_vec());
        }
        if let ParsedExtension::AuthorityInfoAccess(access) = extension {
            let responders = access
                .iter()
                .filter(|one| one.access_method.to_id_string() == ACCESS_BY_OCSP);
            self.ocsp_urls
                .extend(responders.filter_map(|one| http_url(&one.access_location)));
        }
        if let ParsedExtension::CRLDistributionPoints(points) = extension {
            // A list for some reasons only, or somebody else's, would not prove that nothing is wrong.
            let whole = points
                .iter()
                .filter(|point| point.reasons.is_none() && point.crl_issuer.is_none());
            let names = whole.filter_map(|point| match &point.distribution_point {
                Some(DistributionPointName::FullName(names)) => Some(names),
                Some(DistributionPointName::NameRelativeToCRLIssuer(_)) | None => None,
            });
            self.crl_urls.extend(names.flatten().filter_map(http_url));
        }
    }
}

fn http_url(name: &GeneralName<'_>) -> Option<String> {
    let GeneralName::URI(url) = name else {
        return None;
    };
    let is_http = url.get(..7)?.eq_ignore_ascii_case("http://");
    is_http.then(|| (*url).to_owned())
}

fn key_usage(certificate: &X509Certificate<'_>) -> Option<KeyUsage> {
    let usage = certificate.key_usage().ok().flatten()?.value;
    Some(KeyUsage {
        digital_signature: usage.digital_signature(),
        non_repudiation: usage.non_repudiation(),
        key_cert_sign: usage.key_cert_sign(),
        crl_sign: usage.crl_sign(),
    })
}

fn basic_constraints(certificate: &X509Certificate<'_>) -> Option<(bool, Option<u32>)> {
    let constraints = certificate.basic_constraints().ok().flatten()?.value;
    Some((constraints.ca, constraints.path_len_constraint))
}

fn extended_key_usages(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.extended_key_usage() else {
        return Vec::new();
    };
    let usage = extension.value;
    // The parser keeps those it knows as flags; dotted they stand here, in the order of RFC 5280, 4.2.1.12.
    let known = [
        (usage.any, "2.5.29.37.0"),
        (usage.server_auth, "1.3.6.1.5.5.7.3.1"),
        (usage.client_auth, "1.3.6.1.5.5.7.3.2"),
        (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
        (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
        (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
        (usage.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
    ];
    let known = known
        .iter()
        .filter(|(stated, _)| *stated)
        .map(|(_, oid)| (*oid).to_owned());
    let others = usage.other.iter().map(|oid| oid.to_id_string());
    known.chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Certificate;
    use crate::testing::{authority, but, certificate, holder, root};
    use rcgen::{CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyUsagePurpose};

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }

    /// A holder's certificate with one more extension, whose value is a SEQUENCE of these elements.
    fn with(oid: &[u64], elements: &[Vec<u8>]) -> Certificate {
        let value = wrap(0x30, &elements.concat());
        certificate(&root(but(holder("Lena D'HAEN (Signature)", "80000000031"), |params| {
            params.custom_extensions = vec![CustomExtension::from_oid_content(oid, value)];
        })))
    }

    #[test]
    fn responders_are_asked_over_http_and_other_addresses_not_at_all() {
        let (ocsp, issuers) = (1, 2);
        let access = |method: u8, name: u8, address: &str| {
            let method = [6, 8, 43, 6, 1, 5, 5, 7, 48, method];
            wrap(0x30, &[&method, wrap(name, address.as_bytes()).as_slice()].concat())
        };
        // Names are URIs, or the name of a host.
        let (uri, host) = (0x86, 0x82);
        for (method, name, address, is_asked) in [
            (ocsp, uri, "http://ocsp.example.be", true),
            (ocsp, uri, "HTTP://ocsp.example.be", true),
            (ocsp, uri, "https://ocsp.example.be", false),
            (ocsp, uri, "ldap://ocsp.example.be", false),
            (ocsp, uri, "http:/", false),
            (ocsp, host, "http://ocsp.example.be", false),
            (issuers, uri, "http://ca.example.be", false),
        ] {
            let found = with(&[1, 3, 6, 1, 5, 5, 7, 1, 1], &[access(method, name, address)]);
            let expected: &[&str] = if is_asked { &[address] } else { &[] };
            assert_eq!(found.ocsp_urls(), expected, "{method} {name} {address}");
        }
    }

    #[test]
    fn every_policy_is_read_and_key_usages_bit_by_bit() {
        let policy = |last| wrap(0x30, &[6, 6, 0x60, 56, 12, 1, 1, last]);
        let found = with(&[2, 5, 29, 32], &[policy(4), policy(7)]);
        assert_eq!(found.policies(), ["2.16.56.12.1.1.4", "2.16.56.12.1.1.7"]);
        let usages = [
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::ContentCommitment,
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::CrlSign,
        ];
        for (index, usage) in usages.into_iter().enumerate() {
            let params = but(authority("Proef CA"), |params| params.key_usages = vec![usage]);
            let is = |bit: usize| bit == index;
            let expected = KeyUsage {
                digital_signature: is(0),
                non_repudiation: is(1),
                key_cert_sign: is(2),
                crl_sign: is(3),
            };
            assert_eq!(certificate(&root(params)).key_usage(), Some(expected));
        }
        let silent = but(authority("Proef CA"), |params| params.key_usages.clear());
        assert_eq!(certificate(&root(silent)).key_usage(), None);
    }

    #[test]
    fn extended_key_usages_are_dotted_in_the_order_of_the_standard() {
        let other = ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 4, 1, 99999, 1]);
        #[rustfmt::skip] // one row a line
        let rows = [
            (ExtendedKeyUsagePurpose::Any, "2.5.29.37.0"),
            (ExtendedKeyUsagePurpose::ServerAuth, "1.3.6.1.5.5.7.3.1"),
            (ExtendedKeyUsagePurpose::ClientAuth, "1.3.6.1.5.5.7.3.2"),
            (ExtendedKeyUsagePurpose::CodeSigning, "1.3.6.1.5.5.7.3.3"),
            (ExtendedKeyUsagePurpose::EmailProtection, "1.3.6.1.5.5.7.3.4"),
            (ExtendedKeyUsagePurpose::TimeStamping, "1.3.6.1.5.5.7.3.8"),
            (ExtendedKeyUsagePurpose::OcspSigning, "1.3.6.1.5.5.7.3.9"),
            (other, "1.3.6.1.4.1.99999.1"),
        ];
        let found = |purposes: Vec<ExtendedKeyUsagePurpose>| {
            let params = but(authority("Proef CA"), |params| params.extended_key_usages = purposes);
            certificate(&root(params)).extended_key_usages().to_vec()
        };
        for (purpose, oid) in &rows {
            assert_eq!(found(vec![purpose.clone()]), [*oid]);
        }
        let all = rows.iter().map(|(purpose, _)| purpose.clone()).collect();
        assert_eq!(found(all), rows.map(|(_, oid)| oid));
        assert!(found(Vec::new()).is_empty());
    }

    #[test]
    fn an_authority_is_known_by_the_identifier_of_its_key() {
        // Octets that stand in an extension and nowhere else.
        let params = but(authority("Proef CA"), |params| {
            params.key_identifier_method = KeyIdMethod::PreSpecified(vec![7; 20]);
        });
        let ca = certificate(&root(params));
        assert_eq!(ca.subject_key_identifier(), Some([7; 20].as_slice()));
        let without = but(holder("Lena D'HAEN (Signature)", "80000000031"), |params| {
            params.is_ca = IsCa::NoCa;
        });
        assert_eq!(certificate(&root(without)).subject_key_identifier(), None);
    }
}
