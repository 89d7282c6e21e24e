//! Versions of beidd and of the system.

use crate::Machine;
use beid_api::{DoctorFinding, FindingCode, PublicFact};

/// Names the versions of this software and of the system, by `/etc/os-release` (os-release(5)).
#[must_use]
pub fn about_versions(machine: &Machine) -> DoctorFinding {
    let release = machine.text(&machine.path("/etc/os-release"));
    let release = release.ok().flatten().unwrap_or_default();
    let value = |key: &str| {
        let line = release
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let system = match (value("ID"), value("VERSION_ID")) {
        (id, _) if id.is_empty() => "linux".to_owned(),
        (id, version) if version.is_empty() => id,
        (id, version) => format!("{id}-{version}"),
    };
    DoctorFinding::new(FindingCode::Versions)
        .word("version", env!("CARGO_PKG_VERSION"))
        .word("system", PublicFact::identifier(&system))
}
