//! Certificates on a card, the authorities above them, and raw files.

use crate::authenticity::Source;
use crate::card::{Belief, Card, Care, Courtesy};
use crate::error::CardError;
use crate::files::{CA_CERTIFICATE, CERTIFICATES, ElementaryFile, IDENTITY, ROOT_CERTIFICATE};
use crate::holder::Judge;
use crate::identity::Identity;
use crate::transport::Transport;
use beid_pki::Certificate;

/// One of a holder's two certificates, with the chain above it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HolderCertificate {
    /// The holder's certificate, from the card.
    pub certificate: Certificate,
    /// Its authority, then the root, as far as they were found.
    pub authorities: Vec<Certificate>,
    /// Origin of the authorities' certificates.
    pub source: Source,
}

/// Maximum number of readings of a file that comes out differently each time.
const READINGS: usize = 3;

impl<T: Transport> Card<T> {
    /// Reads one of the holder's two certificates, with its authorities; `None` if the card has none. The authorities
    /// are read from the card only if no earlier card has brought them.
    ///
    /// # Errors
    /// [`CardError::Removed`] if the card was pulled out; [`CardError::Malformed`] if the content is no certificate.
    pub fn holder_certificate(
        &mut self,
        file: &'static ElementaryFile,
        judge: Judge<'_>,
        courtesy: &mut dyn Courtesy<T>,
    ) -> Result<Option<HolderCertificate>, CardError> {
        let first = self.care_for_certificates();
        self.proving(&[file, &CA_CERTIFICATE, &ROOT_CERTIFICATE], first, |card, care| {
            card.obtain(&[file], care, courtesy)?;
            let Some(certificate) = card.remembered_certificate(file)? else {
                // Zeros in place of a certificate, or no file: the errors of some readers look the same, so this needs
                // a second look.
                let certain = care == Care::Thorough && card.has(file);
                return Ok((None, Belief::proved_if(certain)));
            };
            let found = card.with_authorities(certificate, judge, care, courtesy)?;
            let proved = is_proved(&found) && card.is_the_holders(&found.certificate, care);
            Ok((Some(found), Belief::proved_if(proved)))
        })
    }

    /// Reads all five certificates as they are on the card, DER; empty where there is none. One that this software
    /// cannot parse is returned unchanged, after a second reading.
    ///
    /// # Errors
    /// [`CardError::Removed`] if the card was pulled out; [`CardError::Malformed`] if the content is not even DER.
    pub fn certificates(
        &mut self,
        courtesy: &mut dyn Courtesy<T>,
    ) -> Result<Vec<(&'static ElementaryFile, Vec<u8>)>, CardError> {
        let first = self.care_for_certificates();
        self.proving(&CERTIFICATES, first, |card, care| {
            card.obtain(&CERTIFICATES, care, courtesy)?;
            let contents = CERTIFICATES
                .iter()
                .map(|file| Ok((*file, card.remembered_if_there(file)?.unwrap_or_default())));
            let contents = contents.collect::<Result<Vec<_>, CardError>>()?;
            let parsed: Vec<_> = CERTIFICATES
                .iter()
                .map(|file| card.remembered_certificate(file))
                .collect();
            let readable = parsed.iter().all(Result::is_ok) && CERTIFICATES.iter().all(|file| card.has(file));
            let parsed: Vec<_> = parsed.into_iter().filter_map(Result::ok).flatten().collect();
            // Believed if each certificate is signed by one of the five: a garbled byte breaks one signature at least.
            let issued = |one: &Certificate| parsed.iter().any(|issuer| one.verify_issued_by(issuer).is_ok());
            let own = |one: &Certificate| {
                one.is_ca() || one.subject_serial_number().is_none() || card.is_the_holders(one, care)
            };
            let proved = readable && parsed.iter().all(|one| issued(one) && own(one));
            Ok((contents, Belief::proved_if(proved)))
        })
    }

    /// Reads a file as it is on the card, padding included; a certificate without its padding, and empty where there is
    /// none.
    ///
    /// # Errors
    /// [`CardError::NoSuchFile`] if this card has no such file; [`CardError::Removed`] if it was pulled out.
    pub fn file(
        &mut self,
        file: &'static ElementaryFile,
        courtesy: &mut dyn Courtesy<T>,
    ) -> Result<Vec<u8>, CardError> {
        // No signature proves a single file, so it is believed when two readings agree.
        self.proving(&[file], Care::Thorough, |card, care| {
            card.obtain(&[file], care, courtesy)?;
            let mut seen = card.remembered(file)?;
            for _ in 0..READINGS {
                if card.memory().is_settled(&[file]) {
                    break;
                }
                card.memory().drop_all(&[file]);
                card.obtain(&[file], care, courtesy)?;
                let again = card.remembered(file)?;
                if std::mem::replace(&mut seen, again) == card.remembered(file)? {
                    return Ok((seen, Belief::Proved));
                }
            }
            Ok((seen, Belief::Doubtful))
        })
    }

    /// Returns how carefully certificates must be read: the identity, if it has been read, tells whose they must be;
    /// otherwise the chip number must be confirmed.
    fn care_for_certificates(&mut self) -> Care {
        if self.has(&IDENTITY) {
            Care::Lean
        } else {
            Care::Thorough
        }
    }

    fn is_the_holders(&self, certificate: &Certificate, care: Care) -> bool {
        let identity = self
            .remembered(&IDENTITY)
            .ok()
            .and_then(|file| Identity::parse(&file).ok());
        let own = |identity: &Identity| identity.has_national_number(certificate.subject_serial_number());
        identity.as_ref().is_some_and(own) || care == Care::Thorough
    }

    fn with_authorities(
        &mut self,
        certificate: Certificate,
        judge: Judge<'_>,
        care: Care,
        courtesy: &mut dyn Courtesy<T>,
    ) -> Result<HolderCertificate, CardError> {
        let mut others = self.experience().certificates();
        let reach = |others: &[Certificate]| {
            let chain = judge.trust.chain(&certificate, others, judge.now).ok()?;
            Some(chain.certificates.into_iter().skip(1).collect::<Vec<_>>())
        };
        if let Some(authorities) = reach(&others) {
            let source = self.source_of(&authorities);
            return Ok(HolderCertificate {
                certificate,
                authorities,
                source,
            });
        }
        let mut own = Vec::new();
        for file in [&CA_CERTIFICATE, &ROOT_CERTIFICATE] {
            self.obtain(&[file], care, courtesy)?;
            let found = self.remembered_certificate(file)?;
            own.extend(found.clone());
            others.extend(found);
            if let Some(authorities) = reach(&others) {
                authorities
                    .iter()
                    .for_each(|authority| self.experience().learn(authority));
                let source = Source::Card;
                return Ok(HolderCertificate {
                    certificate,
                    authorities,
                    source,
                });
            }
        }
        let (authorities, source) = (own, Source::Card);
        Ok(HolderCertificate {
            certificate,
            authorities,
            source,
        })
    }

    /// Returns this card as the origin if the authority just above the holder has been read from it, for its other
    /// certificate for example.
    fn source_of(&self, authorities: &[Certificate]) -> Source {
        let own = self.remembered(&CA_CERTIFICATE).unwrap_or_default();
        match authorities.first() {
            Some(authority) if authority.der() == own => Source::Card,
            Some(_) | None => Source::Cache,
        }
    }
}

/// Returns true if signatures prove every byte of it, trusted or not.
fn is_proved(found: &HolderCertificate) -> bool {
    let line = [std::slice::from_ref(&found.certificate), &found.authorities].concat();
    line.len() > 1
        && line
            .windows(2)
            .all(|pair| matches!(pair, [below, above] if below.verify_issued_by(above).is_ok()))
}
