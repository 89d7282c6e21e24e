//! A certificate of the administrator's own, and files that cannot be one.

use super::YEAR;
use crate::tls::Tls;
use crate::tls::set::NAMES;
use beid_api::types::TlsRotationStage;
use beid_host::private;
use beid_service::tls::{HttpsCertificates, RotationRefusal};
use beid_settings::HttpsCertificate;
use beid_testkit::Scratch;
use rcgen::{CertificateParams, Issuer, KeyPair, SanType};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Writes a hospital's authority, and a certificate for `names` that is valid until `end`, in `directory`.
fn hospital(directory: &Path, names: &[&str], end: SystemTime) -> HttpsCertificate {
    let mut ca_params = CertificateParams::default();
    ca_params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    ca_params.distinguished_name.push(rcgen::DnType::CommonName, "Hospital");
    let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let ca = ca_params.self_signed(&ca_key).unwrap();
    let mut params = CertificateParams::default();
    params.not_before = (SystemTime::now() - 2 * YEAR).into();
    params.not_after = end.into();
    params.subject_alt_names = names
        .iter()
        .map(|name| match name.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName((*name).try_into().unwrap()),
        })
        .collect();
    let leaf = params
        .signed_by(&key, &Issuer::from_params(&ca_params, &ca_key))
        .unwrap();
    let files = HttpsCertificate {
        certificate: directory.join("hospital.pem"),
        key: directory.join("hospital.key"),
        authority: Some(directory.join("hospital-root.pem")),
    };
    std::fs::write(&files.certificate, leaf.pem()).unwrap();
    std::fs::write(directory.join("hospital-root.pem"), ca.pem()).unwrap();
    private::write(&files.key, key.serialize_pem().as_bytes()).unwrap();
    files
}

#[test]
fn the_administrators_certificate_is_used_and_never_replaced() {
    let scratch = Scratch::new("hospital");
    let files = hospital(scratch.path(), &NAMES, SystemTime::now() + YEAR);
    let tls = Tls::from_files(&files).unwrap();
    assert_eq!(tls.ca_certificate(), scratch.path().join("hospital-root.pem"));
    for stage in [
        TlsRotationStage::Prepare,
        TlsRotationStage::Switch,
        TlsRotationStage::Finish,
    ] {
        assert_eq!(tls.rotate(stage).unwrap_err(), RotationRefusal::Administrator);
    }
    // A chain with its root, and no other file.
    let [leaf, root] = [&files.certificate, &scratch.path().join("hospital-root.pem")]
        .map(|path| std::fs::read_to_string(path).unwrap());
    let whole = HttpsCertificate {
        certificate: scratch.write("whole.pem", (leaf + &root).as_bytes()),
        authority: None,
        ..files
    };
    let tls = Tls::from_files(&whole).unwrap();
    assert_eq!(tls.ca_certificate(), whole.certificate);
}

#[test]
fn an_administrators_certificate_that_cannot_serve_is_refused_with_the_file_and_the_reason() {
    let (scratch, other) = (Scratch::new("hospital"), Scratch::new("hospital"));
    let later = SystemTime::now() + YEAR;
    let names = |names: &[&str]| hospital(scratch.path(), names, later);
    let good = || names(&NAMES);
    let elsewhere = hospital(other.path(), &NAMES, later);
    let cases: [(&dyn Fn() -> HttpsCertificate, &str, &str); 9] = [
        (
            &|| names(&["pc12.hospital.example"]),
            "hospital.pem",
            "is not for localhost",
        ),
        (&|| names(&["127.0.0.1"]), "hospital.pem", "is not for localhost"),
        (
            &|| hospital(scratch.path(), &NAMES, SystemTime::now() - Duration::from_secs(60)),
            "hospital.pem",
            "has expired",
        ),
        (
            &|| HttpsCertificate {
                key: elsewhere.key.clone(),
                ..good()
            },
            "hospital.key",
            "is not the key of the certificate in",
        ),
        (
            &|| HttpsCertificate {
                authority: elsewhere.authority.clone(),
                ..good()
            },
            "hospital.pem",
            "does not lead to",
        ),
        (
            &|| HttpsCertificate {
                key: good().certificate,
                ..good()
            },
            "hospital.pem",
            "can be read by everybody",
        ),
        (
            &|| HttpsCertificate {
                certificate: good().key,
                ..good()
            },
            "hospital.key",
            "holds no certificate",
        ),
        (
            &|| HttpsCertificate {
                certificate: "/nonexistent/c.pem".into(),
                ..good()
            },
            "/nonexistent/c.pem",
            "No such file",
        ),
        (
            &|| {
                let files = good();
                std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o644)).unwrap();
                files
            },
            "hospital.key",
            "can be read by everybody",
        ),
    ];
    for (files, file, reason) in cases {
        let error = Tls::from_files(&files()).err().map(|error| error.to_string());
        let error = error.unwrap_or_default();
        assert!(
            error.starts_with("https.tls: ") && error.contains(file) && error.contains(reason),
            "{reason}: {error}"
        );
    }
}
