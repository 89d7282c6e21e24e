//! The types of stores, and the places where each can be.

use super::{CertificateStore, policy, profiles, system};
use beid_host::paths::Paths;
use std::io;
use std::path::{Path, PathBuf};

/// Record of what was made for stores of everybody (FHS 3.0, 5.8: state of programs).
const RECORD_OF_EVERYBODY: &str = "/var/lib/beidd/stores.json";

/// Type of a trust store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StoreType {
    /// The system's own, for programs other than browsers.
    System,
    /// The database that Chromium and its kin share.
    Chromium,
    /// A profile of Firefox.
    Firefox,
    /// The policy file of Firefox, for all profiles of everybody.
    FirefoxPolicy,
}

impl StoreType {
    /// Every type, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Chromium, Self::Firefox, Self::FirefoxPolicy, Self::System];

    /// The word on the command line and in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::FirefoxPolicy => "firefox-policy",
        }
    }

    /// Returns true if it is shared by all users of this computer, so that only root can change it.
    #[must_use]
    pub fn is_for_everybody(self) -> bool {
        matches!(self, Self::System | Self::FirefoxPolicy)
    }
}

/// Directories of the user whose stores are looked for.
#[derive(Clone, Debug)]
pub struct StoreAccount {
    home: PathBuf,
    data: PathBuf,
    config: PathBuf,
    record: PathBuf,
}

impl StoreAccount {
    /// Reads `HOME`, `XDG_DATA_HOME`, `XDG_CONFIG_HOME` and `XDG_STATE_HOME`; paths that are not absolute are ignored.
    ///
    /// # Errors
    /// If there is no home directory.
    ///
    /// Source: XDG Base Directory Specification 0.8, "Basics".
    pub fn from_environment() -> io::Result<Self> {
        let set = |name: &str| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let home = set("HOME").ok_or_else(|| io::Error::other("HOME is not set to an absolute path"))?;
        Ok(Self {
            data: set("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share")),
            config: set("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")),
            record: Paths::from_environment()?.state.join("stores.json"),
            home,
        })
    }
}

/// Treatment of databases that Chromium has not made yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CreateDatabases {
    /// They are listed, and [`CertificateStore::trust`] makes them.
    Yes,
    /// They are left out.
    No,
}

/// Directory that a place is below.
#[derive(Clone, Copy)]
enum Base {
    Home,
    Data,
    Config,
}

impl Base {
    fn path_in(self, account: &StoreAccount) -> &Path {
        match self {
            Self::Home => &account.home,
            Self::Data => &account.data,
            Self::Config => &account.config,
        }
    }
}

/// A packaging of Chromium or its kin: its name, its home, and its directory of data.
type ChromiumPlace = (&'static str, &'static str, (Base, &'static str));

/// Chromium's database is `.pki/nssdb` in its home as soon as that directory exists, even empty; else `pki/nssdb` in its
/// directory of data. Snaps and Flatpaks have a home or a directory of data of their own, which exists once they have run.
const CHROMIUM: &[ChromiumPlace] = &[
    ("Chromium, Chrome, Edge, Brave", "", (Base::Data, "")),
    (
        "Chromium (Snap)",
        "snap/chromium/current",
        (Base::Home, "snap/chromium/current/.local/share"),
    ),
    (
        "Chromium (Flatpak)",
        ".var/app/org.chromium.Chromium",
        (Base::Home, ".var/app/org.chromium.Chromium/data"),
    ),
    (
        "Chrome (Flatpak)",
        ".var/app/com.google.Chrome",
        (Base::Home, ".var/app/com.google.Chrome/data"),
    ),
    (
        "Edge (Flatpak)",
        ".var/app/com.microsoft.Edge",
        (Base::Home, ".var/app/com.microsoft.Edge/data"),
    ),
    (
        "Brave (Flatpak)",
        ".var/app/com.brave.Browser",
        (Base::Home, ".var/app/com.brave.Browser/data"),
    ),
];

/// Directories with profiles of Firefox, ESR included, each with the name of its packaging. From version 147 on, Firefox
/// uses the directory of settings if the older one does not exist.
const FIREFOX: &[(&str, (Base, &str))] = &[
    ("Firefox", (Base::Home, ".mozilla/firefox")),
    ("Firefox", (Base::Config, "mozilla/firefox")),
    ("Firefox (Snap)", (Base::Home, "snap/firefox/common/.mozilla/firefox")),
    (
        "Firefox (Snap)",
        (Base::Home, "snap/firefox/common/.config/mozilla/firefox"),
    ),
    (
        "Firefox (Flatpak)",
        (Base::Home, ".var/app/org.mozilla.firefox/.mozilla/firefox"),
    ),
    (
        "Firefox (Flatpak)",
        (Base::Home, ".var/app/org.mozilla.firefox/config/mozilla/firefox"),
    ),
];

/// Finds the stores of these types: those of everybody, and those of this user.
#[must_use]
pub fn find(account: &StoreAccount, types: &[StoreType], create: CreateDatabases) -> Vec<CertificateStore> {
    let wanted = StoreType::ALL.into_iter().filter(|one| types.contains(one));
    wanted
        .flat_map(|store_type| {
            let places = match store_type {
                StoreType::System => vec![(String::new(), PathBuf::from(system::CERTIFICATES))],
                StoreType::FirefoxPolicy => vec![(String::new(), PathBuf::from(policy::FILE))],
                StoreType::Chromium => chromium(account, create),
                StoreType::Firefox => firefox(account),
            };
            let record = if store_type.is_for_everybody() {
                PathBuf::from(RECORD_OF_EVERYBODY)
            } else {
                account.record.clone()
            };
            places.into_iter().map(move |(label, place)| CertificateStore {
                store_type,
                label,
                place,
                record: record.clone(),
            })
        })
        .collect()
}

fn chromium(account: &StoreAccount, create: CreateDatabases) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for (label, home, (base, data)) in CHROMIUM {
        let home = account.home.join(home);
        if !home.is_dir() {
            continue;
        }
        let old = home.join(".pki/nssdb");
        let place = if old.is_dir() {
            old
        } else {
            base.path_in(account).join(data).join("pki/nssdb")
        };
        if create == CreateDatabases::Yes || place.join("cert9.db").exists() {
            found.push(((*label).to_owned(), place));
        }
    }
    found
}

fn firefox(account: &StoreAccount) -> Vec<(String, PathBuf)> {
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for (packaging, (base, directory)) in FIREFOX {
        for (name, place) in profiles::profiles(&base.path_in(account).join(directory)) {
            // Two directories may list one profile, and one may be a link to the other.
            let same = |other: &Path| other.canonicalize().ok() == place.canonicalize().ok();
            if !found.iter().any(|(_, other)| same(other)) {
                found.push((format!("{packaging}: {name}"), place));
            }
        }
    }
    found
}
