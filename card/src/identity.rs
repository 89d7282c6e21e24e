//! The identity file (EF ID#RN): the holder's data.

use crate::error::FieldError;
use crate::tlv::{self, Truncated};
use crate::values::{
    BirthDate, CardNumber, ChipNumber, DocumentType, Gender, NationalNumber, SpecialStatus, date, text,
};
use beid_pki::HashAlgorithm;
use jiff::civil::Date;
use std::collections::btree_map::{BTreeMap, Entry};
use std::fmt;

/// Every field of the identity file: the holder's data from the National Register.
///
/// An absent field and, for text, an empty one are `None`: cards carry zero-length values where there is nothing to
/// say. Blanks at the end of a text are removed. A field with an impossible value is `None` too, and listed in
/// [`malformed`](Self::malformed), so that one such field hides none of the others. Callers that need a fully known
/// holder use [`complete`](Self::complete).
///
/// Source: card content 4.01 (1.7) and 5.4 (1.8), identity file version 5.
#[derive(Clone, Eq, PartialEq)]
pub struct Identity {
    /// Tag 01.
    pub card_number: Option<CardNumber>,
    /// Tag 02; the same as in GET CARD DATA.
    pub chip_number: Option<ChipNumber>,
    /// Tag 03.
    pub valid_from: Option<Date>,
    /// Tag 04: last day on which the card is valid.
    pub valid_until: Option<Date>,
    /// Tag 05.
    pub issuing_municipality: Option<String>,
    /// Tag 06.
    pub national_number: Option<NationalNumber>,
    /// Tag 07.
    pub family_name: Option<String>,
    /// Tag 08: the first two given names, separated by a blank; some people have none.
    pub given_names: Option<String>,
    /// Tag 09.
    pub third_given_name_initial: Option<String>,
    /// Tag 0A: in words, in the language of the card.
    pub nationality: Option<String>,
    /// Tag 0B.
    pub birth_place: Option<String>,
    /// Tag 0C.
    pub birth_date: Option<BirthDate>,
    /// Tag 0D.
    pub gender: Gender,
    /// Tag 0E.
    pub noble_condition: Option<String>,
    /// Tag 0F.
    pub document_type: Option<DocumentType>,
    /// Tag 10.
    pub special_status: SpecialStatus,
    /// Tag 11: digest of the photo file.
    pub photo_digest: Option<PhotoDigest>,
    /// Tag 12: number of times that the card was replaced.
    pub duplicate: Option<String>,
    /// Tag 13: SHAPE, NATO, researcher and the like, as a digit.
    pub special_organisation: Option<String>,
    /// Tag 14: present, even if empty, on cards of a family member.
    pub member_of_family: bool,
    /// Tag 15: `dd.MM.yyyy-A2`.
    pub date_and_country_of_protection: Option<String>,
    /// Tag 16: right to work, as a letter or digit.
    pub work_permit: Option<String>,
    /// Tags 17 and 18.
    pub employer_vat: Vec<String>,
    /// Tag 19.
    pub regional_file_number: Option<String>,
    /// Tag 1A: SHA-384 of the basic key's file (EF 4040); on applet 1.8, and empty on some late 1.7 cards.
    pub basic_key_digest: Option<Vec<u8>>,
    /// Tags 1B and 1C.
    pub brexit: Vec<String>,
    /// Tags 1D and 1E.
    pub card_mentions: Vec<String>,
    /// Tag 1F.
    pub eu_start_date: Option<Date>,
    /// Unknown tags, and fields that could not be read, as raw bytes.
    pub other: Vec<(u8, Vec<u8>)>,
    /// Fields with impossible values, in the order of their tags.
    pub malformed: Vec<MalformedField>,
}

/// A field with an impossible value. The value itself is not included.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MalformedField {
    /// The field's tag.
    pub tag: u8,
    /// Name of the field, and the value that was expected.
    pub error: FieldError,
}

/// Holder of whom every field is known that documents and proofs need.
#[derive(Clone, Copy)]
pub struct CompleteIdentity<'i> {
    /// Tag 01.
    pub card_number: &'i CardNumber,
    /// Tag 03.
    pub valid_from: Date,
    /// Tag 04: last day on which the card is valid.
    pub valid_until: Date,
    /// Tag 06.
    pub national_number: &'i NationalNumber,
    /// Tag 07.
    pub family_name: &'i str,
    /// Tag 08.
    pub given_names: Option<&'i str>,
}

/// Tags of the fields that documents and proofs need, and of the chip number, which ties them to the card. A malformed
/// field besides these does not prevent a proof: cards newer than this software may have some.
const IN_EVERY_PROOF: [u8; 7] = [0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x08];

/// Fault of a field that continues behind the end of the file. All fields after it are lost.
const CUT_OFF: FieldError = FieldError {
    field: "last field",
    expected: "as long as it says",
};

/// Digest of the photo; its length tells the hash.
#[derive(Clone, Eq, PartialEq)]
pub struct PhotoDigest {
    /// Hash: SHA-1 on early cards, then SHA-256; SHA-384 on applet 1.8.
    pub algorithm: HashAlgorithm,
    /// Digest of 20, 32 or 48 bytes.
    pub value: Vec<u8>,
}

impl PhotoDigest {
    fn parse(value: &[u8]) -> Result<Self, FieldError> {
        let algorithm = HashAlgorithm::from_digest_len(value.len())
            .ok_or(FieldError::new("photo digest", "a SHA-1, SHA-256 or SHA-384 digest"))?;
        Ok(Self {
            algorithm,
            value: value.to_vec(),
        })
    }
}

impl Identity {
    /// Parses the whole file. Its end is not trimmed: foreigners' files end in zero bytes that are data.
    ///
    /// # Errors
    /// [`FieldError`] if it has none of the fields that every card has, and so is no identity file. A single field that
    /// is absent, cut off, repeated or impossible is no error: it is listed in [`malformed`](Self::malformed).
    pub fn parse(file: &[u8]) -> Result<Self, FieldError> {
        let mut fields = TlvFields::collect(file);
        let identity = Self {
            card_number: fields.required(0x01, "card number", CardNumber::parse),
            chip_number: fields.required(0x02, "chip number", ChipNumber::parse),
            valid_from: fields.required(0x03, "start of validity", date("start of validity")),
            valid_until: fields.required(0x04, "end of validity", date("end of validity")),
            issuing_municipality: fields.text(0x05),
            national_number: fields.required(0x06, "national number", NationalNumber::parse),
            family_name: fields.required(0x07, "family name", text("family name")),
            given_names: fields.text(0x08),
            third_given_name_initial: fields.text(0x09),
            nationality: fields.text(0x0A),
            birth_place: fields.text(0x0B),
            birth_date: fields.optional(0x0C, BirthDate::parse),
            gender: fields.take(0x0D).map_or(Gender::Unknown, Gender::parse),
            noble_condition: fields.text(0x0E),
            document_type: fields.optional(0x0F, DocumentType::parse),
            special_status: fields.take(0x10).map(SpecialStatus::parse).unwrap_or_default(),
            photo_digest: fields.optional(0x11, PhotoDigest::parse),
            duplicate: fields.text(0x12),
            special_organisation: fields.text(0x13),
            member_of_family: fields.take(0x14).is_some(),
            date_and_country_of_protection: fields.text(0x15),
            work_permit: fields.text(0x16),
            employer_vat: fields.texts([0x17, 0x18]),
            regional_file_number: fields.text(0x19),
            basic_key_digest: fields.optional(0x1A, |value| Ok(value.to_vec())),
            brexit: fields.texts([0x1B, 0x1C]),
            card_mentions: fields.texts([0x1D, 0x1E]),
            eu_start_date: fields.optional(0x1F, date("EU start date")),
            malformed: fields.malformed(),
            // Last, because it takes everything that no line above has taken.
            other: fields.rest(),
        };
        let is_there = [
            identity.card_number.is_some(),
            identity.chip_number.is_some(),
            identity.valid_from.is_some(),
            identity.valid_until.is_some(),
            identity.national_number.is_some(),
            identity.family_name.is_some(),
        ];
        if is_there.contains(&true) {
            Ok(identity)
        } else {
            Err(FieldError::new("identity file", "fields that every card has"))
        }
    }

    /// Returns the holder if no field that a proof needs is missing, malformed or repeated, and the file is not cut
    /// off.
    ///
    /// # Errors
    /// [`FieldError`] names the first faulty field.
    pub fn complete(&self) -> Result<CompleteIdentity<'_>, FieldError> {
        let spoils = |field: &&MalformedField| IN_EVERY_PROOF.contains(&field.tag) || field.error == CUT_OFF;
        if let Some(field) = self.malformed.iter().find(spoils) {
            return Err(field.error.clone());
        }
        let absent = |field| FieldError::new(field, "present");
        Ok(CompleteIdentity {
            card_number: self.card_number.as_ref().ok_or_else(|| absent("card number"))?,
            valid_from: self.valid_from.ok_or_else(|| absent("start of validity"))?,
            valid_until: self.valid_until.ok_or_else(|| absent("end of validity"))?,
            national_number: self.national_number.as_ref().ok_or_else(|| absent("national number"))?,
            family_name: self.family_name.as_deref().ok_or_else(|| absent("family name"))?,
            given_names: self.given_names.as_deref(),
        })
    }

    /// Iterates over the given names, word by word.
    pub fn given_name_list(&self) -> impl Iterator<Item = &str> {
        self.given_names.iter().flat_map(|names| names.split_whitespace())
    }

    /// Returns true if the file belongs to the chip called `chip`.
    #[must_use]
    pub fn is_of_chip(&self, chip: ChipNumber) -> bool {
        self.chip_number == Some(chip)
    }

    /// Returns true if `number`, from a certificate, is the holder's.
    #[must_use]
    pub fn has_national_number(&self, number: Option<&str>) -> bool {
        number.is_some() && self.national_number.as_ref().map(NationalNumber::as_str) == number
    }
}

impl CompleteIdentity<'_> {
    /// Returns true if the card is valid on `day`; its last day counts.
    #[must_use]
    pub fn is_valid_on(&self, day: Date) -> bool {
        (self.valid_from..=self.valid_until).contains(&day)
    }
}

/// Prints no personal data.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

/// Fields of a file by tag, taken out one by one; the remaining ones are kept.
pub(crate) struct TlvFields<'a> {
    by_tag: BTreeMap<u8, &'a [u8]>,
    unread: Vec<(u8, Vec<u8>)>,
    malformed: Vec<MalformedField>,
}

impl<'a> TlvFields<'a> {
    /// Collects the fields. The first of a tag counts; later ones are kept as unread. A field that is cut off ends the
    /// file.
    pub(crate) fn collect(file: &'a [u8]) -> Self {
        let mut fields = Self {
            by_tag: BTreeMap::new(),
            unread: Vec::new(),
            malformed: Vec::new(),
        };
        for field in tlv::fields(file) {
            let field = match field {
                Ok(field) => field,
                Err(Truncated { tag }) => {
                    fields.note(tag, CUT_OFF);
                    break;
                }
            };
            match fields.by_tag.entry(field.tag) {
                Entry::Vacant(place) => drop(place.insert(field.value)),
                Entry::Occupied(_) => {
                    fields.unread.push((field.tag, field.value.to_vec()));
                    fields.note(field.tag, FieldError::new("field", "there once"));
                }
            }
        }
        fields.by_tag.remove(&0x00); // the version of the structure: says nothing about the holder
        fields
    }

    /// Records the field with that tag as malformed; of several faults the first is kept.
    fn note(&mut self, tag: u8, error: FieldError) {
        if !self.malformed.iter().any(|field| field.tag == tag) {
            self.malformed.push(MalformedField { tag, error });
        }
    }

    pub(crate) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.by_tag.remove(&tag)
    }

    pub(crate) fn required<V>(
        &mut self,
        tag: u8,
        field: &'static str,
        parse: impl Fn(&[u8]) -> Result<V, FieldError>,
    ) -> Option<V> {
        match self.take(tag) {
            Some(value) => self.parsed(tag, value, parse),
            None => {
                self.note(tag, FieldError::new(field, "present"));
                None
            }
        }
    }

    fn optional<V>(&mut self, tag: u8, parse: impl Fn(&[u8]) -> Result<V, FieldError>) -> Option<V> {
        let value = self.take(tag).filter(|value| !value.is_empty())?;
        self.parsed(tag, value, parse)
    }

    fn parsed<V>(&mut self, tag: u8, value: &[u8], parse: impl Fn(&[u8]) -> Result<V, FieldError>) -> Option<V> {
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.unread.push((tag, value.to_vec()));
                self.note(tag, error);
                None
            }
        }
    }

    pub(crate) fn text(&mut self, tag: u8) -> Option<String> {
        self.optional(tag, text("text")).filter(|text| !text.is_empty())
    }

    fn texts(&mut self, tags: [u8; 2]) -> Vec<String> {
        tags.into_iter().filter_map(|tag| self.text(tag)).collect()
    }

    pub(crate) fn malformed(&mut self) -> Vec<MalformedField> {
        let mut malformed = std::mem::take(&mut self.malformed);
        malformed.sort_by_key(|field| field.tag);
        malformed
    }

    pub(crate) fn rest(self) -> Vec<(u8, Vec<u8>)> {
        let mut rest = self.unread;
        rest.extend(self.by_tag.into_iter().map(|(tag, value)| (tag, value.to_vec())));
        rest.sort_by_key(|(tag, _)| *tag);
        rest
    }
}
