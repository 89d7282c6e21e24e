//! The holder of a card: read in as few commands as prove themselves, and read again where they do not.
//!
//! A first reading is lean: it uses what earlier cards have taught and believes every end of a file. Then the signatures
//! are checked. If they hold, nothing can be wrong with the bytes, and the chip number in the identity says whose they
//! are. If one does not, or something cannot be understood, all of it is read once more, thoroughly, and what the checks
//! say then is what is said.

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
use beid_pki::{Certificate, CheckName, Outcome, Reason, TrustStore};
use jiff::Timestamp;
use std::panic::resume_unwind;

/// What is wanted of a holder, besides the identity and its signature.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Wanted {
    /// Where the holder lives, and the signature over it.
    pub address: bool,
    /// The photo.
    pub photo: bool,
    /// Identity and signature from the card now, even if they have been read before: a proof says so of them.
    pub fresh: bool,
}

/// What a card's data is judged by.
#[derive(Clone, Copy)]
pub struct Judge<'j> {
    /// The roots.
    pub trust: &'j TrustStore,
    /// The time of judgement.
    pub now: Timestamp,
}

/// The holder of a card, and what the checks say of the data.
#[derive(Clone, Eq, PartialEq)]
pub struct Holder {
    /// Who it is.
    pub identity: Identity,
    /// Where the holder lives, if that was wanted and the card says it.
    pub address: Option<Address>,
    /// The photo's bytes, if they were wanted and are on the card.
    pub photo: Option<Vec<u8>>,
    /// Every check made: identity signature, register chain, then those of address and photo.
    pub checks: Vec<CardCheck>,
    /// From the register's certificate to the root; empty if it leads to none.
    pub register: Vec<Certificate>,
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

    /// The check called `name`, if it was made.
    #[must_use]
    pub fn check(&self, name: CheckName) -> Option<&CardCheck> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// Whether signatures prove every byte of it, so that no exchange can have gone wrong unnoticed. A register's
    /// certificate that leads to no root we trust, or is not valid, may be one whose issuer or dates were misread: its own
    /// signature proves it only once its issuer is found.
    fn proves_its_bytes(&self) -> bool {
        self.checks.iter().all(|check| check.outcome == Outcome::Passed)
    }
}

/// The address and what proves it.
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

    /// What comes after the identity, before the photo: a caller who wants the text does not wait for that.
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
    /// Who the card says its holder is, unproved: the fewest commands there are. That it is this chip's identity is
    /// checked.
    ///
    /// # Errors
    /// [`CardError::Removed`] if another chip answers; [`CardError::Malformed`] if the identity cannot be understood.
    pub fn identity_text(&mut self, courtesy: &mut dyn Courtesy<T>) -> Result<Identity, CardError> {
        let chip = self.chip();
        let identity = self.proving(&[&IDENTITY], Care::Lean, |card, care| {
            card.obtain(&[&IDENTITY], care, courtesy)?;
            let identity = Identity::parse(&card.remembered(&IDENTITY)?)?;
            // Nothing proves these bytes: what cannot be read may have been garbled on the way.
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
    /// [`CardError::Removed`] if the card went; [`CardError::Malformed`] if the identity cannot be understood. Data that
    /// fails its checks is no error: [`Holder::checks`] says so.
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
        // A signature that is not on the card is an empty one: its check says so.
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
        })
    }

    /// The register's signer: one that earlier cards brought, if its key fits; else the card's own, with the root from
    /// the card if nobody else knows it. The files of `rest` are read while the arithmetic is done.
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
            // The certificate remembers it: the check that comes after this one calculates nothing.
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

    /// Reads `files` while `work` is done on another thread: a chip's answer takes as long as the arithmetic of a
    /// signature.
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

    /// On this card's next visit these lengths are known.
    fn learn_lengths(&mut self, wanted: Wanted) {
        let (chip, experience) = (self.chip(), self.experience());
        for file in wanted.files() {
            if let Some(content) = self.memory().content(file) {
                experience.learn_length(chip, file, content.len());
            }
        }
    }

    /// A certificate that cannot be read fails its checks; it does not hide the identity.
    fn readable_certificate(&self, file: &'static ElementaryFile) -> Result<Option<Certificate>, CardError> {
        match self.remembered_certificate(file) {
            Err(CardError::Malformed(_)) => Ok(None),
            read => read,
        }
    }
}
