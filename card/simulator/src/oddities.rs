//! Cards that are not as they should be, for tests of what is made of them.

use crate::Day;
use beid_card::ElementaryFile;

/// How a card departs from what its person's usually is. Everything else on it is as usual, and signed: the register
/// signs an odd identity as it signs any.
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
    /// Policy of the register's certificate.
    pub register_policy: Option<&'static str>,
}

impl Oddities {
    /// None: a card as any other.
    pub const NONE: Self = Self {
        identity: &[],
        address: &[],
        absent: &[],
        signature_valid: None,
        register_policy: None,
    };

    /// `usual` fields, with those of `odd` in their place, in the order of tags.
    pub(crate) fn fields<'f>(usual: &[(u8, &'f [u8])], odd: &[(u8, &'f [u8])]) -> Vec<(u8, &'f [u8])> {
        let replaced = |tag: u8| odd.iter().any(|(one, _)| *one == tag);
        let kept = usual.iter().filter(|(tag, _)| !replaced(*tag));
        let mut fields: Vec<_> = kept.chain(odd).copied().collect();
        fields.sort_by_key(|(tag, _)| *tag);
        fields
    }

    /// Whether the card has the file `id` in the directory `parent`.
    pub(crate) fn keep(&self, parent: u16, id: u16) -> bool {
        !self.absent.iter().any(|file| file.path.ends_with(&[parent, id]))
    }
}
