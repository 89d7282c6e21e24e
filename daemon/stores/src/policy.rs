//! The policy file of Firefox: `policies.Certificates.Install` names files whose certificates every profile trusts.
//!
//! The file is the administrator's. An entry is added to it and removed from it, and nothing else is touched.
//!
//! Source: Mozilla's policy templates, "Certificates | Install".

use super::authority::LocalAuthority;
use super::record::{InstallRecord, OriginalPolicies};
use super::system::{file_of, remove, write_for_everybody};
use super::{CertificateStore, StoreEntry, StoreFault, unusable};
use beid_host::foreign;
use serde_json::{Map, Value};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Policy file for all installations of Firefox on this computer.
pub(crate) const FILE: &str = "/etc/firefox/policies/policies.json";
/// Policy files beside the program, which Firefox reads only if [`FILE`] does not exist.
const BESIDE: [&str; 6] = [
    "/usr/lib/firefox/distribution/policies.json",
    "/usr/lib/firefox-esr/distribution/policies.json",
    "/usr/lib64/firefox/distribution/policies.json",
    "/usr/share/firefox-esr/distribution/policies.json",
    "/opt/firefox/distribution/policies.json",
    "/etc/firefox-esr/policies/policies.json",
];
/// Upper limit on a policy file, in bytes.
const LONGEST: u64 = 4 << 20;
/// Way to the list of files, from the top of the policy file.
const LIST: [&str; 3] = ["policies", "Certificates", "Install"];

pub(crate) fn entries(file: &Path) -> Result<Vec<StoreEntry>, StoreFault> {
    let Some(text) = read(file)? else {
        return Ok(Vec::new());
    };
    let mut entries = Vec::new();
    for path in installed(&parse(file, &text)?) {
        let path = PathBuf::from(path);
        // A file of the same name elsewhere is the administrator's own business.
        if path.parent() == file.parent()
            && let Some(authority) = LocalAuthority::read(&path)
        {
            let trusted = true;
            entries.push(StoreEntry { authority, trusted });
        }
    }
    Ok(entries)
}

pub(crate) fn trust(store: &CertificateStore, authority: &LocalAuthority) -> Result<(), StoreFault> {
    let (file, certificate) = (store.place.as_path(), certificate_file(store, authority));
    let original = read(file)?;
    if original.is_none()
        && let Some(beside) = BESIDE.iter().map(Path::new).find(|path| path.exists())
    {
        return Err(StoreFault::PoliciesElsewhere(beside.to_owned()));
    }
    let mut policies = match &original {
        Some(text) => parse(file, text)?,
        None => Value::Object(Map::new()),
    };
    let list = list_in(&mut policies).ok_or_else(|| not_a_list(file))?;
    list.push(certificate.display().to_string().into());
    let mut record = InstallRecord::open(&store.record)?;
    if let Some(directory) = file.parent() {
        record.make_directories(directory, 0o755)?;
    }
    if record.policies.is_none() {
        record.policies = Some(original.map_or(OriginalPolicies::Absent, OriginalPolicies::Text));
    }
    record.save()?;
    write_for_everybody(&certificate, authority.pem().as_bytes())?;
    write(file, &policies)
}

pub(crate) fn forget(store: &CertificateStore, authority: &LocalAuthority) -> Result<(), StoreFault> {
    let (file, certificate) = (store.place.as_path(), certificate_file(store, authority));
    let mut record = InstallRecord::open(&store.record)?;
    if let Some(text) = read(file)? {
        let mut policies = parse(file, &text)?;
        let name = Value::from(certificate.display().to_string());
        if installed(&policies).iter().any(|path| name == *path) {
            list_in(&mut policies)
                .ok_or_else(|| not_a_list(file))?
                .retain(|path| *path != name);
            put_back(file, policies, record.policies.as_ref())?;
        }
    }
    // Behind the policies, which name it.
    remove(&certificate)?;
    if entries(file)?.is_empty() {
        record.policies = None;
        return record.settle();
    }
    Ok(())
}

/// Writes what is left of the policies. If that is what there was before us, the file is as it was, to the octet.
fn put_back(file: &Path, mut policies: Value, original: Option<&OriginalPolicies>) -> Result<(), StoreFault> {
    let before = match original {
        Some(OriginalPolicies::Text(text)) => Some((text, parse(file, text)?)),
        Some(OriginalPolicies::Absent) | None => None,
    };
    // Levels that we have added go with their last entry; those of the administrator stay, empty or not.
    let was_there = |way: &[&str]| before.as_ref().is_some_and(|(_, before)| at(before, way).is_some());
    for depth in (1..=LIST.len()).rev() {
        let way = LIST.get(..depth).unwrap_or_default();
        if !was_there(way) && at(&policies, way).is_some_and(is_empty) {
            take_out(&mut policies, way);
        }
    }
    match before {
        Some((text, before)) if before == policies => write_for_everybody(&target(file), text.as_bytes()),
        None if original.is_some() && is_empty(&policies) => remove(file),
        // The administrator has changed it since.
        Some(_) | None => write(file, &policies),
    }
}

fn certificate_file(store: &CertificateStore, authority: &LocalAuthority) -> PathBuf {
    // Beside the policies, because Firefox as a Snap reads that directory and few others.
    file_of(store.place.parent().unwrap_or(Path::new("/")), authority, "pem")
}

fn read(file: &Path) -> Result<Option<String>, StoreFault> {
    match foreign::read_text(file, LONGEST) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(file)(error)),
    }
}

fn parse(file: &Path, text: &str) -> Result<Value, StoreFault> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(Value::Object(members)),
        Ok(_) => Err(StoreFault::Unusable(format!("{}: should be an object", file.display()))),
        Err(error) => Err(StoreFault::Unusable(format!("{}: is no JSON: {error}", file.display()))),
    }
}

fn write(file: &Path, policies: &Value) -> Result<(), StoreFault> {
    write_for_everybody(&target(file), format!("{policies:#}\n").as_bytes())
}

/// The file itself, where it is a link of the administrator's.
fn target(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_owned())
}

fn not_a_list(file: &Path) -> StoreFault {
    StoreFault::Unusable(format!("{}: {} should be a list", file.display(), LIST.join(".")))
}

/// Files that the policies have installed.
fn installed(policies: &Value) -> Vec<&str> {
    let list = at(policies, &LIST).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The list of files, made if need be; `None` if something else stands in its place.
fn list_in(policies: &mut Value) -> Option<&mut Vec<Value>> {
    let [policies_name, certificates, install] = LIST;
    let empty = || Value::Object(Map::new());
    let level = policies.as_object_mut()?.entry(policies_name).or_insert_with(empty);
    let level = level.as_object_mut()?.entry(certificates).or_insert_with(empty);
    let list = level.as_object_mut()?.entry(install);
    list.or_insert_with(|| Value::Array(Vec::new())).as_array_mut()
}

fn at<'v>(value: &'v Value, way: &[&str]) -> Option<&'v Value> {
    way.iter().try_fold(value, |value, name| value.get(*name))
}

fn take_out(value: &mut Value, way: &[&str]) {
    let Some((last, above)) = way.split_last() else { return };
    let above = above.iter().try_fold(value, |value, name| value.get_mut(*name));
    if let Some(members) = above.and_then(Value::as_object_mut) {
        // The others keep their order.
        members.shift_remove(*last);
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
