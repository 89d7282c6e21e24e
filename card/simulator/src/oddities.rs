//! Cards that depart from the usual, for tests of their handling.

use crate::Day;
use beid_card::ElementaryFile;

/// Differences of a card from its person's usual one. All else on it is as usual, and signed: the register signs an odd
/// identity like any other.
///
/// ```
/// use beid_card::PHOTO;
/// use beid_simulator::Oddities;
///
/// const WITHOUT_PHOTO: Oddities = Oddities { absent: &[&PHOTO], ..Oddities::NONE };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Oddities {
    /// Fields of the identity, by tag, that take the place of the usual ones; of a tag that is here twice, both are on
    /// the card.
    pub identity: &'static [(u8, &'static [u8])],
    /// Fields of the address, in the same way.
    pub address: &'static [(u8, &'static [u8])],
    /// Files that the card does not have.
    pub absent: &'static [&'static ElementaryFile],
    /// First and last day of the holder's signature certificate, in place of the card's.
    pub signature_valid: Option<(Day, Day)>,
    /// First and last day of the holder's certificate for log-ins, likewise.
    pub authentication_valid: Option<(Day, Day)>,
    /// Policy of the register's certificate.
    pub register_policy: Option<&'static str>,
}

impl Oddities {
    /// No oddity: the usual card.
    pub const NONE: Self = Self {
        identity: &[],
        address: &[],
        absent: &[],
        signature_valid: None,
        authentication_valid: None,
        register_policy: None,
    };

    /// Replaces fields of `usual` by those of `odd` with the same tag, in the order of tags.
    pub(crate) fn fields<'f>(usual: &[(u8, &'f [u8])], odd: &[(u8, &'f [u8])]) -> Vec<(u8, &'f [u8])> {
        let replaced = |tag: u8| odd.iter().any(|(one, _)| *one == tag);
        let kept = usual.iter().filter(|(tag, _)| !replaced(*tag));
        let mut fields: Vec<_> = kept.chain(odd).copied().collect();
        // A stable sort: fields of one tag stay in the order in which they are given.
        fields.sort_by_key(|(tag, _)| *tag);
        fields
    }

    /// Returns true if the card has the file `id` in the directory `parent`.
    pub(crate) fn keep(&self, parent: u16, id: u16) -> bool {
        !self.absent.iter().any(|file| file.path.ends_with(&[parent, id]))
    }
}
