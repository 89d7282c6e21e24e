//! Readers: which are not used, whose keypad is not believed, and whose cards are put into them.
//!
//! Three keys speak of readers, and [`ReaderRules`] is what they say together.

use beid_api::words::ReaderRole;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Rules of the settings for readers.
#[derive(Clone, Debug, Default)]
pub struct ReaderRules {
    ignored: IgnoreReaders,
    roles: BTreeMap<String, AssignedRole>,
    rows: Vec<ReaderRow>,
}

/// Rule for one reader.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReaderRule {
    /// True if it is not used.
    pub ignored: bool,
    /// True unless a keypad that it announces is not to be used.
    pub keypad: bool,
    /// Role by the settings.
    pub role: AssignedRole,
}

impl ReaderRules {
    /// Combines the keys of `[pcsc]`.
    #[must_use]
    pub fn new(ignored: IgnoreReaders, roles: &ReaderRoles, rows: ReaderRows) -> Self {
        Self {
            ignored,
            roles: roles.by_part(),
            rows: rows.0,
        }
    }

    /// Finds the rule for the reader that PC/SC calls `name`, on USB as `usb` if that is known. The role is that of the
    /// row with its USB id, else of the longest part that is in its name; if two are equally long, it is for the
    /// provider if either says so, because a provider's card must not pass for a patient's.
    #[must_use]
    pub fn for_reader(&self, name: &str, usb: Option<UsbId>) -> ReaderRule {
        let rows = || self.rows.iter().filter(|row| row.reader.fits(name, usb));
        let by_usb = rows()
            .filter(|row| matches!(row.reader, ReaderMatch::Usb(_)))
            .find_map(|row| row.role);
        let parts = self.roles.iter().map(|(part, role)| (part.as_str(), *role));
        let of_rows = self.rows.iter().filter_map(ReaderRow::named_role);
        let named = parts.chain(of_rows).filter(|(part, _)| name.contains(part));
        let closest = named.max_by_key(|(part, role)| (part.chars().count(), *role == AssignedRole::Provider));
        ReaderRule {
            ignored: self
                .ignored
                .0
                .iter()
                .any(|ReaderPart(part)| name.contains(part.as_str()))
                || rows().any(|row| row.ignore),
            keypad: rows().all(|row| row.keypad),
            role: by_usb.or(closest.map(|(_, role)| role)).unwrap_or_default(),
        }
    }

    /// Returns true if a rule depends on the USB id of a reader.
    #[must_use]
    pub fn ask_for_usb(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.reader, ReaderMatch::Usb(_)))
    }
}

impl From<BTreeMap<String, AssignedRole>> for ReaderRules {
    /// Takes roles by part of a reader's name.
    fn from(roles: BTreeMap<String, AssignedRole>) -> Self {
        Self {
            roles,
            ..Self::default()
        }
    }
}

/// Vendor and product of a USB device, as `lsusb` writes them: `08e6:3437`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UsbId {
    /// Number of the maker.
    pub vendor: u16,
    /// Number that the maker gave to the model.
    pub product: u16,
}

impl FromStr for UsbId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |digits: &str| {
            let is_hex = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
        };
        let ids = text
            .split_once(':')
            .and_then(|(vendor, product)| Some((number(vendor)?, number(product)?)));
        let (vendor, product) =
            ids.ok_or("usb: should be vendor and product as lsusb writes them, such as 08e6:3437")?;
        Ok(Self { vendor, product })
    }
}

impl fmt::Display for UsbId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04x}:{:04x}", self.vendor, self.product)
    }
}

/// Rows `[[pcsc.reader]]`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(try_from = "Vec<ReaderRowMembers>")]
pub struct ReaderRows(Vec<ReaderRow>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct ReaderRow {
    reader: ReaderMatch,
    ignore: bool,
    keypad: bool,
    role: Option<AssignedRole>,
}

/// Readers that a row is about.
#[derive(Clone, Debug, Eq, PartialEq)]
enum ReaderMatch {
    /// Those whose name contains this part.
    Name(ReaderPart),
    /// Those of this model.
    Usb(UsbId),
}

impl ReaderMatch {
    fn fits(&self, name: &str, usb: Option<UsbId>) -> bool {
        match self {
            Self::Name(ReaderPart(part)) => name.contains(part.as_str()),
            Self::Usb(id) => usb == Some(*id),
        }
    }
}

impl ReaderRow {
    fn named_role(&self) -> Option<(&str, AssignedRole)> {
        match &self.reader {
            ReaderMatch::Name(ReaderPart(part)) => Some((part.as_str(), self.role?)),
            ReaderMatch::Usb(_) => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReaderRowMembers {
    name: Option<ReaderPart>,
    usb: Option<String>,
    ignore: Option<bool>,
    keypad: Option<bool>,
    role: Option<AssignedRole>,
}

impl TryFrom<ReaderRowMembers> for ReaderRow {
    type Error = String;

    fn try_from(members: ReaderRowMembers) -> Result<Self, Self::Error> {
        let reader = match (members.name, members.usb) {
            (Some(name), None) => ReaderMatch::Name(name),
            (None, Some(usb)) => ReaderMatch::Usb(usb.parse()?),
            (Some(_), Some(_)) | (None, None) => {
                return Err("reader: each row needs either name, a part of the reader's name, or usb".to_owned());
            }
        };
        if members.ignore.is_none() && members.keypad.is_none() && members.role.is_none() {
            return Err("reader: a row says nothing; it may have ignore, keypad and role".to_owned());
        }
        Ok(Self {
            reader,
            ignore: members.ignore.unwrap_or(false),
            keypad: members.keypad.unwrap_or(true),
            role: members.role,
        })
    }
}

impl TryFrom<Vec<ReaderRowMembers>> for ReaderRows {
    type Error = String;

    fn try_from(members: Vec<ReaderRowMembers>) -> Result<Self, Self::Error> {
        let rows: Vec<ReaderRow> = members.into_iter().map(ReaderRow::try_from).collect::<Result<_, _>>()?;
        for (index, row) in rows.iter().enumerate() {
            if rows.iter().skip(index + 1).any(|later| later.reader == row.reader) {
                return Err("reader: two rows are about the same readers; write one".to_owned());
            }
        }
        let named = rows.iter().filter_map(ReaderRow::named_role);
        let named = named.map(|(part, role)| (ReaderPart(part.to_owned()), role));
        // The same contradictions as in `roles`.
        ReaderRoles::try_from(named.collect::<BTreeMap<_, _>>())?;
        Ok(Self(rows))
    }
}

/// Parts of the names of readers that are ignored.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct IgnoreReaders(Vec<ReaderPart>);

impl IgnoreReaders {
    /// Returns true if `other` ignores every one of these.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|part| other.0.contains(part))
    }
}

/// Part of a reader's name. Empty texts and blanks alone are refused, because nearly every name contains them.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(try_from = "String")]
struct ReaderPart(String);

impl TryFrom<String> for ReaderPart {
    type Error = &'static str;

    fn try_from(part: String) -> Result<Self, Self::Error> {
        if part.trim().is_empty() {
            return Err(
                "part of a reader's name: an empty one is part of every name; leave the entry out, or write more of the name",
            );
        }
        Ok(Self(part))
    }
}

/// Roles, by part of a reader's name, none of which contradict each other.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(try_from = "BTreeMap<ReaderPart, AssignedRole>")]
pub struct ReaderRoles(BTreeMap<ReaderPart, AssignedRole>);

impl ReaderRoles {
    fn by_part(&self) -> BTreeMap<String, AssignedRole> {
        let roles = self.0.iter();
        roles.map(|(ReaderPart(part), role)| (part.clone(), *role)).collect()
    }
}

impl TryFrom<BTreeMap<ReaderPart, AssignedRole>> for ReaderRoles {
    type Error = String;

    /// Checks for contradictions: the longest part that a name contains decides, so two of the same length that both
    /// fit one name must agree.
    fn try_from(roles: BTreeMap<ReaderPart, AssignedRole>) -> Result<Self, Self::Error> {
        for (index, (ReaderPart(one), role)) in roles.iter().enumerate() {
            let mut later = roles.iter().skip(index + 1);
            let against = later.find(|(part, other)| *other != role && can_fit_one_name(one, &part.0));
            if let Some((ReaderPart(other), _)) = against {
                return Err(format!(
                    "roles: {one:?} and {other:?} are equally long and can both be part of one reader's name, with \
                     different roles; write more of the name in one of them"
                ));
            }
        }
        Ok(Self(roles))
    }
}

/// Returns true if two parts of the same length can fit one reader. Names are maker, model and two numbers that pcscd
/// puts at the end (`ACME Reader 00 00`), so parts that begin or end with the same word stand in the same place of a
/// name, and parts that both end with such numbers stand at its end: only one of two different ones can be there.
fn can_fit_one_name(one: &str, other: &str) -> bool {
    let words = |part: &str| part.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (words, others) = (words(one), words(other));
    let is_number = |word: &String| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let ends = |words: &[String]| words.len() > 1 && words.iter().rev().take(2).all(is_number);
    let same_place = words.first() == others.first() || words.last() == others.last();
    one.chars().count() == other.chars().count() && !same_place && !(ends(&words) && ends(&others))
}

/// Role that settings or a person have given to a reader.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum AssignedRole {
    /// Patients' cards.
    Patient,
    /// The provider's own card: never `current`.
    Provider,
    /// Either.
    #[default]
    Any,
}

impl AssignedRole {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Patient, Self::Provider, Self::Any];

    /// Finds the role of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Returns the word in settings and in the state directory.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Provider => "provider",
            Self::Any => "any",
        }
    }
}

impl From<AssignedRole> for ReaderRole {
    fn from(role: AssignedRole) -> Self {
        match role {
            AssignedRole::Patient => Self::Patient,
            AssignedRole::Provider => Self::Provider,
            AssignedRole::Any => Self::Any,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(pcsc: &str) -> Result<ReaderRules, String> {
        let settings: crate::Settings = toml::from_str(pcsc).map_err(|error| error.to_string())?;
        Ok(settings.pcsc.rules())
    }

    fn usb(text: &str) -> Option<UsbId> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn rows_say_together_what_becomes_of_a_reader() {
        let rules = rules(
            "[pcsc]\nignore_readers = ['Contactless']\nroles = { ACME = 'patient' }\n\
             [[pcsc.reader]]\nname = 'ACME Pad'\nkeypad = false\nrole = 'provider'\n\
             [[pcsc.reader]]\nusb = '08E6:3437'\nrole = 'any'\nkeypad = false\n\
             [[pcsc.reader]]\nusb = '072f:90cc'\nignore = true",
        )
        .unwrap();
        assert!(rules.ask_for_usb());
        let rule = |ignored, keypad, role| ReaderRule { ignored, keypad, role };
        #[rustfmt::skip] // one row a line
        let rows = [
            ("Other 00 00", None, rule(false, true, AssignedRole::Any)),
            ("ACME One 00 00", None, rule(false, true, AssignedRole::Patient)),
            ("ACME Pad 00 00", None, rule(false, false, AssignedRole::Provider)),
            // The id of the model is closer than any part of a name.
            ("ACME Pad 00 00", usb("08e6:3437"), rule(false, false, AssignedRole::Any)),
            ("Other 00 00", usb("08e6:3437"), rule(false, false, AssignedRole::Any)),
            ("Other 00 00", usb("08e6:3438"), rule(false, true, AssignedRole::Any)),
            ("ACME One 00 00", usb("072f:90cc"), rule(true, true, AssignedRole::Patient)),
            ("ACME Contactless 00 00", None, rule(true, true, AssignedRole::Patient)),
        ];
        for (name, usb, expected) in rows {
            assert_eq!(rules.for_reader(name, usb), expected, "{name} {usb:?}");
        }
        assert!(!ReaderRules::default().ask_for_usb());
    }

    #[test]
    fn rows_that_cannot_be_meant_are_refused() {
        let row = |members: &str| rules(&format!("[[pcsc.reader]]\n{members}")).unwrap_err();
        for (members, why) in [
            ("ignore = true", "either name"),
            ("name = 'ACME'\nusb = '08e6:3437'\nignore = true", "either name"),
            ("name = 'ACME'", "says nothing"),
            ("name = ' '\nignore = true", "every name"),
            ("usb = '8e6:3437'\nignore = true", "lsusb"),
            ("usb = '08e6-3437'\nignore = true", "lsusb"),
            ("usb = '+8e6:3437'\nignore = true", "lsusb"),
            ("name = 'ACME'\nkeypad = 'no'", "invalid type"),
            ("name = 'ACME'\nrole = 'doctor'", "unknown variant"),
            ("name = 'ACME'\ncolour = 'red'", "unknown field"),
            (
                "usb = '08e6:3437'\nignore = true\n[[pcsc.reader]]\nusb = '08E6:3437'\nkeypad = false",
                "two rows",
            ),
            (
                "name = 'REINER SCT'\nrole = 'patient'\n[[pcsc.reader]]\nname = 'cyberJack2'\nrole = 'any'",
                "equally long",
            ),
        ] {
            let error = row(members);
            assert!(error.contains(why), "{members}: {error}");
        }
        assert_eq!(usb("08E6:3437").unwrap().to_string(), "08e6:3437");
    }
}
