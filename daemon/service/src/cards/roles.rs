//! Roles of readers: the one that a person chose, else the one in the settings.

use super::lock;
use beid_api::ApiError;
use beid_host::private;
use beid_settings::{AssignedRole, ReaderRule, ReaderRules, UsbId};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Role of each reader.
///
/// The settings go by a part of a reader's name. A person's choice goes by its whole name, is kept in a file, and wins.
#[derive(Default)]
pub struct Roles {
    by_settings: Mutex<ReaderRules>,
    /// USB ids of readers, by their whole names, where a rule depends on them.
    usb: Mutex<BTreeMap<String, UsbId>>,
    by_person: Mutex<BTreeMap<String, AssignedRole>>,
    /// File in which choices are kept; none if they are lost when the daemon ends.
    file: Option<PathBuf>,
}

impl Roles {
    /// Takes the rules in the settings, and reads the choices kept in `file`; none if there is no such file, or a
    /// damaged one.
    ///
    /// # Errors
    /// Those of reading, if the file exists and cannot be read.
    pub fn open(by_settings: impl Into<ReaderRules>, file: PathBuf) -> io::Result<Self> {
        let by_person = private::read_state(&file, read)?.unwrap_or_default();
        Ok(Self {
            by_settings: Mutex::new(by_settings.into()),
            usb: Mutex::default(),
            by_person: Mutex::new(by_person),
            file: Some(file),
        })
    }

    /// Role of the reader called `name`.
    #[must_use]
    pub fn role(&self, name: &str) -> AssignedRole {
        self.chosen(name).unwrap_or_else(|| self.by_settings(name))
    }

    /// Role that a person chose for it, if anybody did.
    #[must_use]
    pub fn chosen(&self, name: &str) -> Option<AssignedRole> {
        lock(&self.by_person).get(name).copied()
    }

    /// Role in the settings.
    #[must_use]
    pub fn by_settings(&self, name: &str) -> AssignedRole {
        self.rule(name).role
    }

    /// Rule of the settings for the reader called `name`.
    #[must_use]
    pub fn rule(&self, name: &str) -> ReaderRule {
        let usb = lock(&self.usb).get(name).copied();
        lock(&self.by_settings).for_reader(name, usb)
    }

    /// Returns true if a rule depends on the USB id of a reader.
    #[must_use]
    pub fn ask_for_usb(&self) -> bool {
        lock(&self.by_settings).ask_for_usb()
    }

    /// Notes the USB id of the reader called `name`, before it is added.
    pub fn note_usb(&self, name: &str, usb: UsbId) {
        lock(&self.usb).insert(name.to_owned(), usb);
    }

    /// Takes other rules of the settings.
    pub(super) fn set(&self, by_settings: ReaderRules) {
        *lock(&self.by_settings) = by_settings;
    }

    /// Keeps a choice for the reader called `name`, or forgets it.
    ///
    /// # Errors
    /// `internal` if the file cannot be written: then the choice is as it was.
    pub(super) fn choose(&self, name: &str, choice: Option<AssignedRole>) -> Result<(), ApiError> {
        // Locked until the file is written, so that it ends with the choice that was made last.
        let mut by_person = lock(&self.by_person);
        let mut choices = by_person.clone();
        match choice {
            Some(role) => choices.insert(name.to_owned(), role),
            None => choices.remove(name),
        };
        // Saved first: a choice that cannot be kept does not count.
        if let Some(file) = &self.file {
            save(file, &choices).map_err(ApiError::internal)?;
        }
        *by_person = choices;
        Ok(())
    }
}

impl From<BTreeMap<String, AssignedRole>> for Roles {
    /// Takes the roles in the settings; choices are not kept in a file.
    fn from(by_settings: BTreeMap<String, AssignedRole>) -> Self {
        Self {
            by_settings: Mutex::new(by_settings.into()),
            ..Self::default()
        }
    }
}

fn read(bytes: &[u8]) -> Result<BTreeMap<String, AssignedRole>, String> {
    let words: BTreeMap<String, String> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let role = |(name, word): (String, String)| match AssignedRole::from_word(&word) {
        Some(role) => Ok((name, role)),
        None => Err(format!("{word:?} is no role")),
    };
    words.into_iter().map(role).collect()
}

fn save(file: &Path, choices: &BTreeMap<String, AssignedRole>) -> io::Result<()> {
    let words: BTreeMap<&String, &str> = choices.iter().map(|(name, role)| (name, role.word())).collect();
    private::write(file, &serde_json::to_vec_pretty(&words)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_host::random::random_id;
    use std::os::unix::fs::PermissionsExt;

    const READER: &str = "ACME Reader 00 00";

    fn settings() -> BTreeMap<String, AssignedRole> {
        BTreeMap::from([("ACME".to_owned(), AssignedRole::Provider)])
    }

    #[test]
    fn a_persons_choice_outlives_us_wins_over_the_settings_and_can_be_taken_back() {
        let directory = std::env::temp_dir().join(format!("beidd-roles-{}", random_id()));
        std::fs::create_dir_all(&directory).unwrap();
        let file = directory.join("roles.json");
        let open = || Roles::open(settings(), file.clone()).unwrap();
        assert_eq!(
            (open().role(READER), open().role("Other")),
            (AssignedRole::Provider, AssignedRole::Any)
        );
        open().choose(READER, Some(AssignedRole::Patient)).unwrap();
        assert_eq!(
            (open().role(READER), open().chosen(READER)),
            (AssignedRole::Patient, Some(AssignedRole::Patient))
        );
        assert_eq!(
            open().role("ACME Reader 01 00"),
            AssignedRole::Provider,
            "another one of the same make"
        );
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        open().choose(READER, None).unwrap();
        assert_eq!(
            (open().role(READER), open().chosen(READER)),
            (AssignedRole::Provider, None)
        );
    }

    #[test]
    fn the_longest_part_of_a_name_decides_whatever_its_place_in_the_alphabet() {
        let check = |parts: &[(&str, AssignedRole)], expected: AssignedRole| {
            let settings = parts.iter().map(|(part, role)| ((*part).to_owned(), *role));
            assert_eq!(
                Roles::from(settings.collect::<BTreeMap<_, _>>()).role(READER),
                expected,
                "{parts:?}"
            );
        };
        check(
            &[
                ("ACME", AssignedRole::Patient),
                ("ACME Reader 00", AssignedRole::Provider),
            ],
            AssignedRole::Provider,
        );
        check(
            &[
                ("ACME", AssignedRole::Provider),
                ("Reader 00 00", AssignedRole::Patient),
            ],
            AssignedRole::Patient,
        );
        check(
            &[("Reader", AssignedRole::Patient), ("ACME R", AssignedRole::Provider)],
            AssignedRole::Provider,
        );
        check(
            &[("ACME R", AssignedRole::Patient), ("Reader", AssignedRole::Provider)],
            AssignedRole::Provider,
        );
        check(&[("Other", AssignedRole::Provider)], AssignedRole::Any);
    }

    #[test]
    fn a_choice_that_cannot_be_kept_is_none() {
        let nowhere = std::env::temp_dir().join(random_id()).join("roles.json");
        let roles = Roles::open(settings(), nowhere).unwrap();
        assert!(roles.choose(READER, Some(AssignedRole::Any)).is_err());
        assert_eq!(roles.role(READER), AssignedRole::Provider);
    }

    #[test]
    fn a_file_of_something_else_is_refused() {
        for bytes in [&b"[]"[..], b"{\"a\": \"doctor\"}", b"{\"a\": 1}", b""] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
    }
}
