//! Trust stores of the system and of browsers: where they are, and which of beidd's authorities they trust.
//!
//! | module | contains |
//! |---|---|
//! | `authority` | an authority of ours, and the check that a certificate is one |
//! | `table` | the types of stores, and the places where each can be |
//! | `profiles` | profiles of Firefox |
//! | `nss` | databases of Chromium and Firefox, through `certutil` |
//! | `system` | the store of the system, through `update-ca-certificates` |
//! | `policy` | the policy file of Firefox |
//! | `report` | what is told of stores: their state, and what to do |
//! | `record` | what was made for a store, so that it can be removed again and nothing else |
//!
//! Nothing here makes a certificate, and nothing is trusted but authorities that are good for this computer alone.

mod authority;
mod nss;
mod policy;
mod profiles;
mod record;
pub mod report;
mod system;
mod table;

pub use authority::{LocalAuthority, NotLocalAuthority};
pub use table::{CreateDatabases, StoreAccount, StoreType, find};

use beid_host::process::own_user;
use std::io;
use std::path::{Path, PathBuf};

/// One trust store: of the system, of a browser, or of one profile of a browser.
#[derive(Clone, Debug)]
pub struct CertificateStore {
    store_type: StoreType,
    label: String,
    place: PathBuf,
    /// File that says what was made for it.
    record: PathBuf,
}

/// An authority of ours in a store.
#[derive(Clone, Debug)]
pub struct StoreEntry {
    /// The authority.
    pub authority: LocalAuthority,
    /// True if the store trusts it for web servers; false if it only holds it.
    pub trusted: bool,
}

/// Reason why a store cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// Only root can change it.
    #[error("only root can change it")]
    NeedsRoot,
    /// The browser has not made the database yet, because this profile was never used.
    #[error("its browser has never been started with it")]
    NeverStarted,
    /// A password protects the database.
    #[error("a password protects it")]
    Password,
    /// It belongs to another user, whose browser could not use what we write.
    #[error("it belongs to user {0}")]
    OtherUser(u32),
    /// A program is not installed.
    #[error("{program} is not installed (Debian package {package})")]
    ToolMissing {
        /// The program.
        program: &'static str,
        /// Debian package that has it.
        package: &'static str,
    },
    /// The browser reads its policies from another file, which a new one would hide.
    #[error("Firefox reads its policies from {}, which a new file would hide", .0.display())]
    PoliciesElsewhere(PathBuf),
    /// Anything else: the text names the file, or is the program's own.
    #[error("{0}")]
    Unusable(String),
}

impl CertificateStore {
    /// The type of the store.
    #[must_use]
    pub fn store_type(&self) -> StoreType {
        self.store_type
    }

    /// Browser and profile, as people know them; empty for the system's own.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// File or directory of the store.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Lists the authorities of ours that the store holds. Needs no privilege.
    ///
    /// # Errors
    /// [`StoreFault`] if it cannot be read.
    pub fn entries(&self) -> Result<Vec<StoreEntry>, StoreFault> {
        match self.store_type {
            StoreType::System => system::entries(),
            StoreType::Chromium | StoreType::Firefox => nss::entries(self),
            StoreType::FirefoxPolicy => policy::entries(&self.place),
        }
    }

    /// Makes the store trust `authority`; one that does already stays as it is.
    ///
    /// # Errors
    /// [`StoreFault`] if it cannot be changed, or `authority` is for more than web servers; it is then as it was.
    pub fn trust(&self, authority: &LocalAuthority) -> Result<(), StoreFault> {
        let purpose = authority.check_purpose();
        purpose.map_err(|error| StoreFault::Unusable(format!("{}: {error}", authority.name())))?;
        self.check_rights()?;
        let entries = self.entries()?;
        if entries
            .iter()
            .any(|entry| entry.trusted && entry.authority == *authority)
        {
            return Ok(());
        }
        match self.store_type {
            StoreType::System => system::trust(authority),
            StoreType::Chromium | StoreType::Firefox => nss::trust(self, authority),
            StoreType::FirefoxPolicy => policy::trust(self, authority),
        }
    }

    /// Removes `authority` from the store, and what was made for it.
    ///
    /// # Errors
    /// [`StoreFault`] if it cannot be changed.
    pub fn forget(&self, authority: &LocalAuthority) -> Result<(), StoreFault> {
        self.check_rights()?;
        match self.store_type {
            StoreType::System => system::forget(authority),
            StoreType::Chromium | StoreType::Firefox => nss::forget(self, authority),
            StoreType::FirefoxPolicy => policy::forget(self, authority),
        }
    }

    fn check_rights(&self) -> Result<(), StoreFault> {
        if self.store_type.is_for_everybody() && own_user() != 0 {
            return Err(StoreFault::NeedsRoot);
        }
        Ok(())
    }
}

/// Returns the fault of a file or directory that cannot be read or written.
fn unusable(path: &Path) -> impl Fn(io::Error) -> StoreFault {
    let path = path.display().to_string();
    move |error| StoreFault::Unusable(format!("{path}: {error}"))
}
