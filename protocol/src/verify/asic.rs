//! Did somebody sign every file of a container, and nothing else?

use super::xades::{self, Files};
use super::{CheckName, Context, Outcome, Verification, cms};
use crate::asic::{Entry, FOLDER, Manifest, read};

/// The checks on a container. Content that is given must be a file of it.
pub(super) fn verify(zip: &[u8], context: &Context<'_>) -> Verification {
    match judge(zip, context) {
        Ok(verification) => verification,
        Err(reason) => Verification::of(CheckName::Structure, Outcome::Failed(reason)),
    }
}

fn judge(zip: &[u8], context: &Context<'_>) -> Result<Verification, &'static str> {
    let entries = read(zip)?;
    let (folder, files): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.name.starts_with(FOLDER));
    let signatures: Vec<_> = folder.iter().filter(|entry| is_signature(&entry.name)).collect();
    let [signature] = signatures.as_slice() else {
        return Err(if signatures.is_empty() {
            "no-signature"
        } else {
            "several-signatures"
        });
    };
    let asked = context.content;
    let context = Context {
        content: None,
        ..*context
    };
    let mut verification = if signature.name.ends_with(".xml") {
        let named: Vec<_> = files
            .iter()
            .map(|file| (file.name.as_str(), file.content.as_slice()))
            .collect();
        xades::judge(&signature.content, Files::Named(&named), &context).verification
    } else {
        by_manifest(signature, &folder, &files, &context)?
    };
    let is_inside = asked.is_none_or(|asked| files.iter().any(|file| file.content == asked));
    if !is_inside {
        verification.replace(CheckName::ContentDigest, Outcome::Failed("content-not-in-container"));
    }
    Ok(verification)
}

/// ETSI EN 319 162-1, 4.4.3.2 and 4.4.4.2: what the names of signatures have in them.
fn is_signature(name: &str) -> bool {
    let name = name.trim_start_matches(FOLDER).to_ascii_lowercase();
    name.contains("signature") && (name.ends_with(".p7s") || name.ends_with(".xml"))
}

/// The checks on a CMS over a manifest, and on the files that this lists.
fn by_manifest(
    signature: &Entry,
    folder: &[&Entry],
    files: &[&Entry],
    context: &Context<'_>,
) -> Result<Verification, &'static str> {
    let is_manifest = |entry: &&&Entry| {
        let name = entry.name.trim_start_matches(FOLDER);
        name.starts_with("ASiCManifest") && name.ends_with(".xml")
    };
    let manifests: Vec<_> = folder.iter().filter(is_manifest).collect();
    let [entry] = manifests.as_slice() else {
        return Err(if manifests.is_empty() {
            "no-manifest"
        } else {
            "several-manifests"
        });
    };
    let manifest = Manifest::read(&entry.content).map_err(|_| "malformed-manifest")?;
    if manifest.signature != signature.name {
        return Err("manifest-of-another-signature");
    }
    let documents = files.iter().map(|file| file.content.as_slice()).collect();
    let listed = cms::Listed {
        outcome: covers(&manifest, files).into(),
        documents,
    };
    Ok(cms::verify_list(&signature.content, &entry.content, &listed, context))
}

/// Whether the manifest has the digest of every file once, and of nothing else.
fn covers(manifest: &Manifest, files: &[&Entry]) -> Result<(), &'static str> {
    for digested in &manifest.files {
        let mut named = files.iter().filter(|file| file.name == digested.name);
        digested.is_of(&named.next().ok_or("content-missing")?.content)?;
    }
    let is_listed = |file: &&&Entry| manifest.files.iter().any(|digested| digested.name == file.name);
    if manifest.files.len() != files.len() || !files.iter().all(|file| is_listed(&file)) {
        return Err("content-not-signed");
    }
    Ok(())
}
