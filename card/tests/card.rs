//! Conversations of `Card` with the virtual card, with faults in between.
#![expect(clippy::unwrap_used, reason = "what fails here, helpers included, fails a test")]

use beid_card::{
    ADDRESS, ADDRESS_SIGNATURE, Applet, CA_CERTIFICATE, Card, CardCheck, CardError, CardSession, CardSigner, Exchange,
    ExchangeFault, Faulty, HolderKey, IDENTITY, IDENTITY_SIGNATURE, Identity, Outcome, PHOTO, Pin, PinEntry,
    REGISTER_CERTIFICATE, ROOT_CERTIFICATE, Reason, Reconnect, Register, SIGNATURE_CERTIFICATE, SignatureAlgorithm,
    Transport, TransportError, photo_hash,
};
use beid_pki::{Certificate, Trust, TrustStore};
use beid_simulator::VirtualCard;
use beid_testkit::{now, recognise, slot_with, test_trust, virtual_card};

struct ReadFiles {
    identity: Vec<u8>,
    identity_signature: Vec<u8>,
    address: Vec<u8>,
    address_signature: Vec<u8>,
    photo: Vec<u8>,
    register: Option<Certificate>,
    root: Option<Certificate>,
}

fn read_all(session: &mut CardSession<'_>) -> Result<ReadFiles, CardError> {
    Ok(ReadFiles {
        identity: session.read_file(&IDENTITY)?,
        identity_signature: session.read_file(&IDENTITY_SIGNATURE)?,
        address: session.read_file(&ADDRESS)?,
        address_signature: session.read_file(&ADDRESS_SIGNATURE)?,
        photo: session.read_file(&PHOTO)?,
        register: session.read_certificate(&REGISTER_CERTIFICATE)?,
        root: session.read_certificate(&ROOT_CERTIFICATE)?,
    })
}

#[test]
fn every_citizen_is_read_and_found_genuine_under_the_test_roots_only() {
    for id in ["anna", "bram", "zoe", "karel", "jan", "claire", "maria", "lotte"] {
        let files = recognise(&slot_with(id)).read(read_all).unwrap();
        let identity = Identity::parse(&files.identity).unwrap();
        let judge = |store: &TrustStore| {
            Register::judge(
                files.register.clone(),
                files.root.as_slice(),
                store,
                identity.valid_from,
                now(),
            )
        };
        let register = judge(test_trust());
        for check in [
            register.chain_check(),
            register.identity_signature(&files.identity, &files.identity_signature),
            register.address_signature(&files.address, &files.address_signature, &files.identity_signature),
            photo_hash(
                &identity,
                &files.photo,
                &register.identity_signature(&files.identity, &files.identity_signature),
            ),
        ] {
            assert_eq!(
                (check.outcome, check.trust),
                (Outcome::Passed, Trust::Test),
                "{id}: {:?}",
                check.name
            );
        }
        let stranger = judge(&TrustStore::belgian()).chain_check();
        assert_eq!(stranger.outcome, Outcome::Failed(Reason::RootNotTrusted), "{id}");
    }
}

#[test]
fn a_changed_byte_of_any_signed_file_fails_its_check_and_no_other() {
    let files = recognise(&slot_with("jan")).read(read_all).unwrap();
    let identity = Identity::parse(&files.identity).unwrap();
    let register = Register::judge(
        files.register.clone(),
        files.root.as_slice(),
        test_trust(),
        identity.valid_from,
        now(),
    );
    let flip = |file: &[u8]| {
        let mut file = file.to_vec();
        *file.get_mut(20).unwrap() ^= 1;
        file
    };
    let failed = |check: CardCheck| assert!(check.outcome.is_failed(), "{:?}", check.name);
    failed(register.identity_signature(&flip(&files.identity), &files.identity_signature));
    failed(register.identity_signature(&files.identity, &flip(&files.identity_signature)));
    failed(register.address_signature(
        &flip(&files.address),
        &files.address_signature,
        &files.identity_signature,
    ));
    failed(register.address_signature(
        &files.address,
        &files.address_signature,
        &flip(&files.identity_signature),
    ));
    let genuine = register.identity_signature(&files.identity, &files.identity_signature);
    failed(photo_hash(&identity, &flip(&files.photo), &genuine));
    // A photo that fits an identity not signed by the register proves nothing.
    let forged = register.identity_signature(&flip(&files.identity), &files.identity_signature);
    let photo = photo_hash(&identity, &files.photo, &forged);
    assert_eq!(
        (photo.outcome, photo.trust),
        (Outcome::Unknown(Reason::IdentityNotAuthentic), Trust::None)
    );
    // Files of one card on another.
    let other = recognise(&slot_with("claire")).chip();
    failed(register.identity_of_chip(&identity, other, &files.identity, &files.identity_signature));
    let own = identity.chip_number.unwrap();
    let check = register.identity_of_chip(&identity, own, &files.identity, &files.identity_signature);
    assert_eq!(check.outcome, Outcome::Passed);
}

#[test]
fn a_citizens_own_certificate_is_no_register() {
    let mut card = recognise(&slot_with("jan"));
    let (own, root) = card
        .read(|session| {
            Ok((
                session.read_certificate(&SIGNATURE_CERTIFICATE)?,
                session.read_certificate(&CA_CERTIFICATE)?,
            ))
        })
        .unwrap();
    let issued = "2025-01-01".parse().ok();
    let check = Register::judge(own, root.as_slice(), test_trust(), issued, now()).chain_check();
    assert_eq!(check.outcome, Outcome::Failed(Reason::NotARegisterCertificate));
}

#[test]
fn applet_is_told_and_something_else_is_no_card() {
    assert_eq!(recognise(&slot_with("anna")).applet(), Applet::V1_7);
    assert_eq!(recognise(&slot_with("jan")).applet(), Applet::V1_8);
    let stranger = Faulty::new(
        slot_with("jan").connect().unwrap(),
        (0..9).map(|at| (at, ExchangeFault::Answer(vec![0x6E, 0x00]))),
    );
    assert!(Card::recognise(stranger).unwrap().is_none());
}

/// A reader whose card is replaced during a connection: a swap that PC/SC missed.
struct Swapped {
    cards: Vec<VirtualCard>,
    swap_at: usize,
    exchanges: usize,
    /// Error that PC/SC reports once for the swap; `None` if it missed it.
    said: Option<TransportError>,
}

impl Swapped {
    /// Swaps the card when the exchange is reached; the next one gets `said`.
    fn due(&mut self) -> Result<(), TransportError> {
        if self.exchanges == self.swap_at && self.cards.len() > 1 {
            self.cards.remove(0);
            return self.said.take().map_or(Ok(()), Err);
        }
        Ok(())
    }
}

impl Transport for Swapped {
    fn exclusive(&mut self, work: &mut dyn FnMut(&mut dyn Exchange)) -> Result<(), TransportError> {
        work(self);
        Ok(())
    }
    fn reconnect(&mut self, _: Reconnect) -> Result<(), TransportError> {
        Ok(())
    }
    fn present(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}

impl Exchange for Swapped {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.due()?;
        self.exchanges += 1;
        Ok(self.cards.first_mut().unwrap().apdu(command))
    }
    fn control(&mut self, _: u32, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        Err(TransportError::Unsupported)
    }
}

#[test]
fn a_swap_nobody_noticed_gives_no_answer_at_whatever_command_it_happens() {
    for (first, second) in [("anna", "bram"), ("jan", "claire")] {
        let mut outcomes = Vec::new();
        for swap_at in 1..80 {
            let cards = vec![virtual_card(first), virtual_card(second)];
            let mut card = Card::recognise(Swapped {
                cards,
                swap_at,
                exchanges: 0,
                said: None,
            })
            .unwrap()
            .unwrap();
            let read = card.read(read_all);
            outcomes.push(read.is_ok());
            match read {
                // The swap came after the last command of the transaction.
                Ok(files) => assert!(Identity::parse(&files.identity).unwrap().is_of_chip(card.chip())),
                Err(error) => assert_eq!(error, CardError::Removed, "swap at {swap_at}"),
            }
        }
        assert!(outcomes.contains(&true) && outcomes.contains(&false));
    }
}

#[test]
fn a_pin_is_not_sent_to_another_chip() {
    let mut card = recognise(&slot_with("jan"));
    let certificate = card.read(|session| session.read_certificate(&SIGNATURE_CERTIFICATE));
    let signer = CardSigner {
        key: HolderKey::NonRepudiation,
        algorithm: SignatureAlgorithm::Es384,
        certificate: certificate.unwrap().unwrap(),
    };
    let said = [
        TransportError::Reset,
        TransportError::Comm("data lost".to_owned()),
        TransportError::Mute,
    ];
    // Recognised, SELECT, MSE: SET: the other card comes before each of what is left until VERIFY.
    for (said, swap_at) in said.iter().flat_map(|said| (1..4).map(move |at| (said, at))) {
        let mut card = Card::recognise(Swapped {
            cards: vec![virtual_card("jan"), virtual_card("claire")],
            swap_at,
            exchanges: 0,
            said: Some(said.clone()),
        })
        .unwrap()
        .unwrap();
        let mut sign = || {
            let entry = PinEntry::Typed(Pin::from_digits(b"9999").unwrap());
            card.sign(&signer, &[1; 48], entry, &|| true)
        };
        // A second attempt sends no PIN either: the chip number is asked first.
        assert!(sign().is_err(), "{said:?} at {swap_at}");
        assert_eq!(sign(), Err(CardError::Removed), "{said:?} at {swap_at}");
    }
}

#[test]
fn reset_by_another_program_is_read_over_and_nothing_is_mixed() {
    let slot = slot_with("jan");
    let mut card = recognise(&slot);
    slot.reset();
    assert!(card.read(|session| session.read_file(&IDENTITY)).is_ok());
}

#[test]
fn removal_in_the_middle_of_a_read_is_removed() {
    for after in 1..30 {
        let slot = slot_with("anna");
        let mut card = recognise(&slot);
        slot.remove_after(after);
        assert_eq!(card.read(read_all).err(), Some(CardError::Removed), "after {after}");
    }
}

#[test]
fn children_have_no_certificate_to_sign_with() {
    let mut card = recognise(&slot_with("lotte"));
    assert!(
        card.read(|session| session.read_certificate(&SIGNATURE_CERTIFICATE))
            .unwrap()
            .is_none()
    );
    assert_eq!(
        card.read(|session| session.pin_tries_left(Applet::V1_8)).unwrap(),
        Some(3)
    );
}

#[test]
fn another_applet_left_selected_is_no_obstacle() {
    let slot = slot_with("jan");
    let mut card = recognise(&slot);
    let mut other = slot.connect().unwrap();
    // The card manager: our commands are answered 6D00 until our applet is selected again.
    other
        .exclusive(&mut |exchange| drop(exchange.transmit(&[0, 0xA4, 4, 0, 7, 0xA0, 0, 0, 0, 3, 0, 0]).unwrap()))
        .unwrap();
    assert!(card.read(|session| session.read_file(&IDENTITY)).is_ok());
}
