//! Record of what was made for stores: directories, databases, and the policy file as it was. Removal undoes exactly that.

use super::{StoreFault, unusable};
use beid_host::private;
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Record of what was made for the stores of a user, or for those of everybody.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct InstallRecord {
    #[serde(skip)]
    path: PathBuf,
    /// Directories that did not exist before, each after those above it.
    directories: Vec<PathBuf>,
    /// Databases that did not exist before.
    pub(crate) databases: Vec<PathBuf>,
    /// The policy file of Firefox before our entry.
    pub(crate) policies: Option<OriginalPolicies>,
}

/// The policy file of Firefox as it was.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum OriginalPolicies {
    /// There was none.
    Absent,
    /// Its text.
    Text(String),
}

impl InstallRecord {
    /// Reads the record at `path`; an absent one is empty. One that somebody else can have written is refused: files that it
    /// names are removed.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreFault> {
        let bytes = private::read_ours(path).map_err(|error| StoreFault::Unusable(error.to_string()))?;
        let record = match bytes {
            None => Self::default(),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                let todo = "if a newer beidd has written it, use that version's beidctl";
                StoreFault::Unusable(format!("{}: {error}; {todo}", path.display()))
            })?,
        };
        Ok(Self {
            path: path.to_owned(),
            ..record
        })
    }

    /// Makes `directory` and those above it that are missing.
    pub(crate) fn make_directories(&mut self, directory: &Path, mode: u32) -> Result<(), StoreFault> {
        let mut missing: Vec<&Path> = directory.ancestors().take_while(|path| !path.exists()).collect();
        while let Some(path) = missing.pop() {
            DirBuilder::new().mode(mode).create(path).map_err(unusable(path))?;
            self.directories.push(path.to_owned());
        }
        Ok(())
    }

    /// Writes the record. Called before what it records is used, so that a crash leaves nothing unrecorded.
    pub(crate) fn save(&mut self) -> Result<(), StoreFault> {
        let path = self.path.clone();
        if let Some(directory) = path.parent() {
            self.make_directories(directory, 0o700)?;
        }
        let text = serde_json::to_string_pretty(self).map_err(|error| unusable(&path)(error.into()))?;
        private::write(&path, text.as_bytes()).map_err(|error| StoreFault::Unusable(error.to_string()))
    }

    /// Writes the record; once nothing is recorded but directories, removes it and those of them that are empty.
    pub(crate) fn settle(mut self) -> Result<(), StoreFault> {
        if !self.databases.is_empty() || self.policies.is_some() {
            return self.save();
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(unusable(&self.path)(error)),
            Ok(()) | Err(_) => {}
        }
        for directory in self.directories.iter().rev() {
            // Others may have put something there meanwhile: then it stays.
            drop(fs::remove_dir(directory));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_testkit::Scratch;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_record_of_a_newer_version_is_refused_and_stays() {
        let scratch = Scratch::new("newer-record");
        let newer = r#"{"databases": [], "keychains": ["login"]}"#;
        let path = scratch.write("stores.json", newer.as_bytes());
        let fault = InstallRecord::open(&path).unwrap_err().to_string();
        assert!(fault.contains("keychains") && fault.contains("newer beidd"), "{fault}");
        assert_eq!(fs::read_to_string(&path).unwrap(), newer);
    }

    #[test]
    fn a_record_that_somebody_else_can_have_written_is_refused() {
        let scratch = Scratch::new("record");
        let (directory, path) = (scratch.dir("beidd"), scratch.path().join("beidd/stores.json"));
        assert!(InstallRecord::open(&path).unwrap().databases.is_empty());
        fs::write(&path, r#"{"databases": ["/a"]}"#).unwrap();
        for (directory_mode, file_mode, is_ours) in [
            (0o700, 0o600, true),
            (0o755, 0o644, true),
            (0o700, 0o666, false),
            (0o777, 0o600, false),
        ] {
            fs::set_permissions(&directory, fs::Permissions::from_mode(directory_mode)).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(file_mode)).unwrap();
            let opened = InstallRecord::open(&path);
            assert_eq!(opened.is_ok(), is_ours, "{directory_mode:o} {file_mode:o}");
        }
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
        // Only root can give a file away.
        if beid_host::process::own_user() == 0 {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
            let fault = InstallRecord::open(&path).unwrap_err().to_string();
            assert!(fault.contains("belongs to user 65534"), "{fault}");
        }
        fs::rename(&path, directory.join("elsewhere.json")).unwrap();
        symlink(directory.join("elsewhere.json"), &path).unwrap();
        assert!(InstallRecord::open(&path).is_err());
    }
}
