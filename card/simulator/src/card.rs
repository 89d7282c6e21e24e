//! The virtual card, and its image, which all cards of the same person share.

use crate::applets::{AppletManual, CardModel};
use crate::engine::Engine;
use crate::files::{self, CardFile};
use crate::keys::TestKey;
use crate::oddities::Oddities;
use crate::pki::CardCredentials;
use crate::{Citizen, SimulatorError, TestPki};
use beid_card::{Exchange, Reconnect, Transport, TransportError};
use std::fmt;
use std::sync::Arc;

/// The constant part of a card: files and keys.
pub(crate) struct CardImage {
    citizen: &'static Citizen,
    files: Vec<CardFile>,
    card_data: [u8; 28],
    holder_keys: [Option<TestKey>; 2],
    basic_key: Option<TestKey>,
}

impl CardImage {
    pub(crate) fn build(
        citizen: &'static Citizen,
        issued: CardCredentials,
        oddities: &Oddities,
    ) -> Result<Self, SimulatorError> {
        let files = files::build(citizen, &issued, oddities)?;
        let about = citizen.applet.model().about;
        let mut card_data = [0; 28];
        for (to, from) in card_data
            .iter_mut()
            .zip(files::chip_serial(citizen).into_iter().chain(about))
        {
            *to = from;
        }
        let holder_keys = issued.holder.map(|certified| certified.map(|certified| certified.key));
        Ok(Self {
            citizen,
            files,
            card_data,
            holder_keys,
            basic_key: issued.basic,
        })
    }

    /// Makes a card of `citizen` with nothing on it but a basic key.
    #[cfg(test)]
    pub(crate) fn bare(citizen: &'static Citizen, basic_key: TestKey) -> Self {
        Self {
            citizen,
            files: Vec::new(),
            card_data: [0; 28],
            holder_keys: [None, None],
            basic_key: Some(basic_key),
        }
    }

    /// The manual that its commands follow.
    pub(crate) fn manual(&self) -> AppletManual {
        self.citizen.applet.model().manual
    }

    pub(crate) fn find(&self, directory: u16, id: u16) -> Option<usize> {
        self.files
            .iter()
            .position(|file| (file.parent, file.id) == (directory, id))
    }

    pub(crate) fn file(&self, index: usize) -> Option<&CardFile> {
        self.files.get(index)
    }

    pub(crate) fn card_data(&self) -> &[u8; 28] {
        &self.card_data
    }

    /// The holder's keys: authentication, signature.
    pub(crate) fn holder_keys(&self) -> &[Option<TestKey>; 2] {
        &self.holder_keys
    }

    pub(crate) fn basic_key(&self) -> Option<&TestKey> {
        self.basic_key.as_ref()
    }
}

/// A virtual eID card: a state machine over bytes. As a [`Transport`] it is a card that no other program uses and
/// nobody pulls out; [`VirtualSlot`](crate::VirtualSlot) is a reader to put it into.
pub struct VirtualCard(Engine);

impl fmt::Debug for VirtualCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VirtualCard").field(&self.citizen().id).finish()
    }
}

impl VirtualCard {
    /// Makes a new card of `citizen`: PIN [`TEST_PIN`](crate::TEST_PIN), three tries. The first of each person makes
    /// the keys if `pki` has none yet (seconds, on 1.7); further ones cost next to nothing.
    ///
    /// # Errors
    /// [`SimulatorError::State`] and [`SimulatorError::Key`] if keys cannot be made or read.
    pub fn new(citizen: &'static Citizen, pki: &TestPki) -> Result<Self, SimulatorError> {
        let image: Arc<CardImage> = pki.image(citizen)?;
        Ok(Self(Engine::new(image)))
    }

    /// Makes a card of `citizen` that departs from the usual one.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn odd(citizen: &'static Citizen, pki: &TestPki, oddities: &Oddities) -> Result<Self, SimulatorError> {
        // Built anew, because the images that are kept are found by the person alone.
        let image = CardImage::build(citizen, pki.issue_for(citizen, oddities)?, oddities)?;
        Ok(Self(Engine::new(Arc::new(image))))
    }

    /// Answers one command APDU: data and SW1 SW2. Any bytes may be sent.
    pub fn apdu(&mut self, command: &[u8]) -> Vec<u8> {
        self.0.apdu(command)
    }

    /// Warm reset or power cycle: forgets the selected file, PIN rights and the security environment.
    pub fn reset(&mut self) {
        self.0.reset();
    }

    /// Answer to reset.
    #[must_use]
    pub fn atr(&self) -> &'static [u8] {
        self.model().atr
    }

    pub(crate) fn model(&self) -> &'static CardModel {
        self.citizen().applet.model()
    }

    /// The holder.
    #[must_use]
    pub fn citizen(&self) -> &'static Citizen {
        self.0.image().citizen
    }

    /// PIN tries left, 0 to 3.
    #[must_use]
    pub fn tries_left(&self) -> u8 {
        self.0.tries_left()
    }
}

impl Transport for VirtualCard {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        work(self);
        Ok(())
    }
    fn reconnect(&mut self, how: Reconnect) -> Result<(), TransportError> {
        if how == Reconnect::Reset {
            self.reset();
        }
        Ok(())
    }
    fn present(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}

impl Exchange for VirtualCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        Ok(self.apdu(command))
    }
    fn control(&mut self, _: u32, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        Err(TransportError::Unsupported)
    }
}
