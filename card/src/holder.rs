//! The holder of a card: read in as few commands as signatures allow, and read again where they do not hold.
//!
//! The first reading is lean: it uses what earlier cards have taught and believes every end of a file. Then the
//! signatures are checked. If they hold, every byte is proved, and the chip number in the identity ties the data to
//! this card. If one does not hold, or something cannot be understood, everything is read once more, thoroughly, and
//! the checks of that reading are the result.

use crate::address::Address;
use crate::authenticity::{CardCheck, Register, photo_hash, signed_by};
use crate::card::{Belief, Card, Care, Courtesy};
use crate::error::{CardError, FieldError};
use crate::files::{
    ADDRESS, ADDRESS_SIGNATURE, ElementaryFile, IDENTITY, IDENTITY_SIGNATURE, PHOTO, REGISTER_CERTIFICATE,
    ROOT_CERTIFICATE,
};
use crate::identity::Identity;
use crate::transport::Transport;
use beid_pki::{Certificate, CheckName, HashAlgorithm, Outcome, Reason, TrustStore};
use jiff::Timestamp;
use std::panic::resume_unwind;

/// Data to read of a holder, besides the identity and its signature.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Wanted {
    /// The address, and the signature over it.
    pub address: bool,
    /// The photo.
    pub photo: bool,
    /// True to read identity and signature from the card now, even if they have been read before, because a proof
    /// states the moment of reading.
    pub fresh: bool,
}

/// Criteria by which a card's data is judged.
#[derive(Clone, Copy)]
pub struct Judge<'j> {
    /// Trusted roots.
    pub trust: &'j TrustStore,
    /// Time of judgement.
    pub now: Timestamp,
}

/// The holder of a card, and the results of the checks on the data.
#[derive(Clone, Eq, PartialEq)]
pub struct Holder {
    /// The identity.
    pub identity: Identity,
    /// The address, if it was wanted and is on the card.
    pub address: Option<Address>,
    /// The photo's bytes, if they were wanted and are on the card.
    pub photo: Option<Vec<u8>>,
    /// All checks made: identity signature, register chain, then those of address and photo.
    pub checks: Vec<CardCheck>,
    /// Chain from the register's certificate to the root; empty if it leads to none.
    pub register: Vec<Certificate>,
    /// Digests of the files that the checks of the identity were made on.
    pub digests: IdentityDigests,
}

/// Digests of the identity's files, by which it can be shown later that these very files were read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdentityDigests {
    /// SHA-256 of the identity file.
    pub identity: Vec<u8>,
    /// SHA-256 of the file with the register's signature over it; of nothing if the card has none.
    pub signature: Vec<u8>,
}

impl Holder {
    /// Failed if a check failed; passed if identity signature and register chain passed and the identity says all that a
    /// proof needs; else unknown. The reason is that of the first check that decides it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if let Some(failed) = self.checks.iter().find(|check| check.outcome.is_failed()) {
            return failed.outcome;
        }
        for name in [CheckName::IdentitySignature, CheckName::NationalRegisterChain] {
            match self.check(name).map(|check| check.outcome) {
                Some(Outcome::Passed) => {}
                Some(other) => return other,
                None => return Outcome::Unknown(Reason::IdentityNotAuthentic),
            }
        }
        match self.identity.complete() {
            Ok(_) => Outcome::Passed,
            Err(_) => Outcome::Unknown(Reason::IdentityIncomplete),
        }
    }

    /// Returns the check called `name`, if it was made.
    #[must_use]
    pub fn check(&self, name: CheckName) -> Option<&CardCheck> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// Returns true if signatures prove every byte, so that no garbled exchange can have gone unnoticed. A register's
    /// certificate that leads to no trusted root, or is not valid, may have had its issuer or dates garbled: its own
    /// signature can be checked only once its issuer is found.
    fn proves_its_bytes(&self) -> bool {
        self.checks.iter().all(|check| check.outcome == Outcome::Passed)
    }
}

/// The address and the signature that proves it.
static ADDRESS_FILES: [&ElementaryFile; 2] = [&ADDRESS, &ADDRESS_SIGNATURE];

impl Wanted {
    /// The text: identity and address with their signatures.
    pub const TEXT: Self = Self {
        address: true,
        photo: false,
        fresh: false,
    };
    /// The photo, and the identity that proves it.
    pub const PHOTO: Self = Self {
        address: false,
        photo: true,
        fresh: false,
    };

    /// Files to read between identity and photo, so that a caller who wants the text does not wait for the photo.
    fn address_files(self) -> &'static [&'static ElementaryFile] {
        if self.address { &ADDRESS_FILES } else { &[] }
    }

    fn files(self) -> Vec<&'static ElementaryFile> {
        let photo = self.photo.then_some(&PHOTO);
        let rest = self.address_files().iter().copied().chain(photo);
        [&IDENTITY, &IDENTITY_SIGNATURE].into_iter().chain(rest).collect()
    }
}

impl<T: Transport> Card<T> {
    /// Reads the identity without proof, in the fewest commands. Checks that it belongs to this chip.
    ///
    /// # Errors
    /// [`CardError::Removed`] if it belongs to another chip; [`CardError::Malformed`] if it cannot be parsed.
    pub fn identity_text(&mut self, courtesy: &mut dyn Courtesy<T>) -> Result<Identity, CardError> {
        let chip = self.chip();
        let identity = self.proving(&[&IDENTITY], Care::Lean, |card, care| {
            card.obtain(&[&IDENTITY], care, courtesy)?;
            let identity = Identity::parse(&card.remembered(&IDENTITY)?)?;
            // No signature proves these bytes: a field that cannot be read may have been garbled on the way.
            let plausible = identity.is_of_chip(chip) && identity.malformed.is_empty();
            let belief = if plausible { Belief::Plausible } else { Belief::Doubtful };
            Ok((identity, belief))
        })?;
        match identity.chip_number {
            Some(own) if own == chip => Ok(identity),
            Some(_) => Err(CardError::Removed),
            None => Err(FieldError::new("chip number", "16 bytes").into()),
        }
    }

    /// Reads the holder and makes the checks that need no network.
    ///
    /// # Errors
    /// [`CardError::Removed`] if the card was pulled out; [`CardError::Malformed`] if the identity cannot be parsed.
    /// Data that fails its checks is no error: see [`Holder::checks`].
    pub fn holder(
        &mut self,
        wanted: Wanted,
        judge: Judge<'_>,
        courtesy: &mut dyn Courtesy<T>,
    ) -> Result<Holder, CardError> {
        if wanted.fresh {
            self.memory().drop_all(&[&IDENTITY, &IDENTITY_SIGNATURE]);
        }
        let files = [wanted.files(), vec![&REGISTER_CERTIFICATE, &ROOT_CERTIFICATE]].concat();
        let holder = self.proving(&files, Care::Lean, |card, care| {
            let holder = card.holder_once(wanted, judge, care, courtesy)?;
            let belief = Belief::proved_if(holder.proves_its_bytes());
            Ok((holder, belief))
        })?;
        if holder.proves_its_bytes() {
            self.learn_lengths(wanted);
        }
        Ok(holder)
    }

    fn holder_once(
        &mut self,
        wanted: Wanted,
        judge: Judge<'_>,
        care: Care,
        courtesy: &mut dyn Courtesy<T>,
    ) -> Result<Holder, CardError> {
        self.obtain(&[&IDENTITY, &IDENTITY_SIGNATURE], care, courtesy)?;
        // A signature file that is not on the card counts as empty: its check reports that.
        let signature = self.remembered_if_there(&IDENTITY_SIGNATURE)?.unwrap_or_default();
        let file = self.remembered(&IDENTITY)?;
        let identity = Identity::parse(&file)?;
        let rest = wanted.address_files();
        let register = self.register(&identity, (&file, &signature), rest, judge, care, courtesy)?;
        let signed = register.identity_of_chip(&identity, self.chip(), &file, &signature);
        let mut checks = vec![signed.clone(), register.chain_check()];
        let mut address = None;
        if wanted.address {
            let content = self.remembered_if_there(&ADDRESS)?;
            let over = self.remembered_if_there(&ADDRESS_SIGNATURE)?;
            checks.push(match (&content, &over) {
                (Some(content), Some(over)) => register.address_signature(content, over, &signature),
                _ => CardCheck::unknown(CheckName::AddressSignature, Reason::NotOnThisCard),
            });
            address = content.as_deref().map(Address::parse);
        }
        let mut photo = None;
        if wanted.photo {
            self.obtain(&[&PHOTO], care, courtesy)?;
            photo = self.remembered_if_there(&PHOTO)?;
            checks.push(match &photo {
                Some(content) => photo_hash(&identity, content, &signed),
                None => CardCheck::unknown(CheckName::PhotoHash, Reason::NotOnThisCard),
            });
        }
        Ok(Holder {
            identity,
            address,
            photo,
            checks,
            register: register.chain().to_vec(),
            digests: IdentityDigests {
                identity: HashAlgorithm::Sha256.digest(&file),
                signature: HashAlgorithm::Sha256.digest(&signature),
            },
        })
    }

    /// Finds the register's certificate: one that earlier cards brought, if its key fits; otherwise the card's own,
    /// with the root from the card if it is not known yet. The files of `rest` are read while the signatures are
    /// calculated.
    fn register(
        &mut self,
        identity: &Identity,
        (file, signature): (&[u8], &[u8]),
        rest: &[&'static ElementaryFile],
        judge: Judge<'_>,
        care: Care,
        courtesy: &mut dyn Courtesy<T>,
    ) -> Result<Register, CardError> {
        let known = self.experience().certificates();
        let decide = |certificate: Option<Certificate>, others: &[Certificate]| {
            Register::judge(certificate, others, judge.trust, identity.valid_from, judge.now)
        };
        let has_own = self.has(&REGISTER_CERTIFICATE);
        let signers: Vec<_> = known.iter().filter(|known| !has_own && !known.is_ca()).collect();
        if !signers.is_empty() {
            let find = || {
                let fits = signers.into_iter().filter(|signer| signed_by(signer, file, signature));
                let mut judged = fits.map(|signer| decide(Some(signer.clone()), &known).from_cache());
                judged.find(Register::is_trusted)
            };
            if let Some(register) = self.while_reading(rest, care, courtesy, find)? {
                return Ok(register);
            }
        }
        self.obtain(&[&REGISTER_CERTIFICATE], care, courtesy)?;
        let own = self.readable_certificate(&REGISTER_CERTIFICATE)?;
        if !self.has(&REGISTER_CERTIFICATE) {
            self.obtain(rest, care, courtesy)?;
            return Ok(Register::not_on_card());
        }
        let register = self.while_reading(rest, care, courtesy, || {
            let register = decide(own.clone(), &known);
            // The certificate remembers the result, so the later check calculates nothing.
            drop(register.identity_signature(file, signature));
            register
        })?;
        if register.chain_check().outcome != Outcome::Failed(Reason::RootNotTrusted) {
            self.learn_authorities(&register, own.as_slice());
            return Ok(register);
        }
        self.obtain(&[&ROOT_CERTIFICATE], care, courtesy)?;
        let root = self.readable_certificate(&ROOT_CERTIFICATE)?;
        let register = decide(own.clone(), root.as_slice());
        let both: Vec<_> = own.into_iter().chain(root).collect();
        self.learn_authorities(&register, &both);
        Ok(register)
    }

    /// Reads `files` while `work` runs on another thread: an answer of the chip takes as long as verifying a signature.
    fn while_reading<R: Send>(
        &mut self,
        files: &[&'static ElementaryFile],
        care: Care,
        courtesy: &mut dyn Courtesy<T>,
        work: impl FnOnce() -> R + Send,
    ) -> Result<R, CardError> {
        if files.iter().all(|file| self.memory().knows(file)) {
            return Ok(work());
        }
        std::thread::scope(|scope| {
            let working = scope.spawn(work);
            let read = self.obtain(files, care, courtesy);
            let done = working.join().unwrap_or_else(|panic| resume_unwind(panic));
            read.map(|()| done)
        })
    }

    fn learn_authorities(&self, register: &Register, certificates: &[Certificate]) {
        if register.is_trusted() {
            for certificate in certificates {
                self.experience().learn(certificate);
            }
        }
    }

    /// Remembers the lengths of the files for the next visit of this card.
    fn learn_lengths(&mut self, wanted: Wanted) {
        let (chip, experience) = (self.chip(), self.experience());
        for file in wanted.files() {
            if let Some(content) = self.memory().content(file) {
                experience.learn_length(chip, file, content.len());
            }
        }
    }

    /// Certificate in `file`; `None` if it cannot be parsed: then its checks fail, but the identity stays readable.
    fn readable_certificate(&self, file: &'static ElementaryFile) -> Result<Option<Certificate>, CardError> {
        match self.remembered_certificate(file) {
            Err(CardError::Malformed(_)) => Ok(None),
            read => read,
        }
    }
}
