//! The test PKI on disk in the form OpenSSL takes, for tests that play the authorities' servers.

use crate::keys::KeyStore;
use crate::oddities::Oddities;
use crate::pki::{CardCredentials, CertifiedKey, TestAuthority, TestPki, pem};
use crate::{Citizen, SimulatorError};
use der::Decode;
use std::collections::BTreeMap;
use std::path::Path;
use x509_cert::Certificate;

/// Lines of OpenSSL's index, by the file name of the issuer.
type Indexes = BTreeMap<String, Vec<String>>;

impl TestPki {
    /// Writes to `dir` (made if need be) the files that an OCSP responder for the cards of `citizens` needs. Per
    /// authority, called as in [`Urls`](crate::Urls): `ec-citizen-ca.crt.pem`, `ec-citizen-ca.key.pem`, and
    /// `ec-citizen-ca.index.txt` with one line for each certificate it issued (for `openssl ocsp -index` and
    /// `openssl ca -gencrl`), all valid: `V`, end of validity, nothing, serial number, `unknown`, and `/CN=` with the
    /// file name. And each other certificate: `ec-jan-authentication.crt.pem`, `ec-jan-signature.crt.pem`,
    /// `ec-rrn.crt.pem`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn export(&self, dir: &Path, citizens: &[&'static Citizen]) -> Result<(), SimulatorError> {
        let store = KeyStore::open(dir)?;
        let mut indexes = Indexes::new();
        for citizen in citizens {
            export_card(&store, &mut indexes, &self.issue_for(citizen, &Oddities::NONE)?)?;
        }
        for (issuer, mut lines) in indexes {
            // Cards of one generation share authorities: these come once per card.
            lines.sort_unstable();
            lines.dedup();
            let index = lines.concat();
            store.replace(&store.path(&format!("{issuer}.index.txt")), index.as_bytes())?;
        }
        Ok(())
    }
}

fn export_card(store: &KeyStore, indexes: &mut Indexes, issued: &CardCredentials) -> Result<(), SimulatorError> {
    for TestAuthority { file, key, .. } in [&issued.root, &issued.ca] {
        let text = key.to_pem().map_err(|reason| SimulatorError::Key {
            name: file.clone(),
            reason,
        })?;
        store.replace(&store.path(&format!("{file}.key.pem")), text.as_bytes())?;
    }
    let mut put = |file: &str, certificate: &[u8], issuer: &TestAuthority| {
        let text = pem(certificate)?;
        store.replace(&store.path(&format!("{file}.crt.pem")), text.as_bytes())?;
        let lines = indexes.entry(issuer.file.clone()).or_default();
        lines.push(index_line(file, certificate)?);
        Ok::<_, SimulatorError>(())
    };
    let (root, ca) = (&issued.root, &issued.ca);
    put(&root.file, &root.certificate, root)?;
    put(&ca.file, &ca.certificate, root)?;
    put(&issued.register.file, &issued.register.certificate, root)?;
    for CertifiedKey { file, certificate, .. } in issued.holder.iter().flatten() {
        put(file, certificate, ca)?;
    }
    Ok(())
}

/// One line of OpenSSL's index of a CA.
fn index_line(file: &str, certificate: &[u8]) -> Result<String, SimulatorError> {
    let tbs = Certificate::from_der(certificate)?.tbs_certificate;
    let serial: String = tbs
        .serial_number
        .as_bytes()
        .iter()
        .map(|b| format!("{b:02X}"))
        .collect();
    let end = tbs.validity.not_after.to_date_time();
    let (year, month, day) = (end.year() % 100, end.month(), end.day());
    let (hour, minute, second) = (end.hour(), end.minutes(), end.seconds());
    Ok(format!(
        "V\t{year:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z\t\t{serial}\tunknown\t/CN={file}\n"
    ))
}
