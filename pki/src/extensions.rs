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
