//! Checks of a container: somebody signed every file of it.
//!
//! Each signature of a container is judged by itself. A file that none of them is over makes all of them fail: who
//! opens the container would take it for signed.

use super::xades::{self, Examined, Files};
use super::{CheckName, Context, Objection, Outcome, Reason, Verification, cms};
use crate::asic::{Archive, ContainerKind, Entry, FOLDER, Manifest, read};
use crate::timestamp::Token;

/// Upper limit on signatures in one container.
const MOST_SIGNATURES: usize = 16;

/// Verifies a container. Content that is given must be a file of it.
pub(super) fn verify(zip: &[u8], context: &Context<'_>) -> Verification {
    match judge(zip, context) {
        Ok(verification) => verification,
        Err(objection) => Verification::with(CheckName::Structure, objection.into()),
    }
}

fn judge(zip: &[u8], context: &Context<'_>) -> Result<Verification, Objection> {
    let archive = read(zip)?;
    let container = SortedContainer::sort(&archive)?;
    let mut verification = container.judge(context)?;
    // The signatures inside are over manifests, or over files by their names, and never over what was given.
    let asked = context.content;
    let is_inside = asked.is_none_or(|asked| container.files.iter().any(|file| file.content == asked));
    if !is_inside {
        verification.replace(CheckName::ContentDigest, Outcome::Failed(Reason::ContentNotInContainer));
    }
    Ok(verification)
}

/// Entries of a container, by what they are.
struct SortedContainer<'a> {
    kind: ContainerKind,
    files: Vec<&'a Entry>,
    /// Entries that the container has for itself.
    besides: Vec<&'a Entry>,
    /// Those of them that no container needs: files that lie where the signatures do.
    strays: Vec<&'a Entry>,
    signatures: Vec<(&'a Entry, Form)>,
    /// Manifests that can be read, or why not.
    manifests: Vec<(&'a Entry, Result<Manifest, Objection>)>,
    /// Stable words for parts that are also there and are not judged.
    not_judged: Vec<&'static str>,
}

/// Form of a signature in a container.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Form {
    Cades,
    Xades,
    /// No signature: an authority's word for when the files were there.
    TimeStamp,
}

impl<'a> SortedContainer<'a> {
    /// Sorts entries by their names (EN 319 162-1, 4.3.3, 4.4.3 and 4.4.4), which other software writes in capitals or
    /// not.
    fn sort(archive: &'a Archive) -> Result<Self, Objection> {
        let mut container = Self {
            kind: archive.kind,
            files: Vec::new(),
            besides: archive.mimetype.iter().collect(),
            strays: Vec::new(),
            signatures: Vec::new(),
            manifests: Vec::new(),
            not_judged: Vec::new(),
        };
        for entry in &archive.entries {
            let Some(name) = entry.name.strip_prefix(FOLDER) else {
                // Office puts the signatures of its packages there. (OPC: ECMA-376, part 2)
                if entry.name.starts_with("_xmlsignatures/") {
                    container.leave("opc-signature");
                }
                container.files.push(entry);
                continue;
            };
            container.besides.push(entry);
            let name = name.to_ascii_lowercase();
            match name.rsplit_once('.').unwrap_or((&name, "")) {
                (name, "xml") if name.starts_with("asicmanifest") => {
                    container.manifests.push((entry, Manifest::read(&entry.content)));
                }
                (name, "xml") if name.starts_with("asicarchivemanifest") => {
                    container.leave("archive-time-stamp");
                }
                // Before the next row, whose word is in this name, too.
                (name, "xml") if name.starts_with("asicevidencerecordmanifest") => {}
                (name, "xml" | "ers") if name.contains("evidencerecord") => {
                    container.leave("evidence-record");
                }
                (name, "p7s") if name.contains("signature") => container.signatures.push((entry, Form::Cades)),
                (name, "xml") if name.contains("signature") => container.signatures.push((entry, Form::Xades)),
                (name, "tst") if name.contains("timestamp") => container.signatures.push((entry, Form::TimeStamp)),
                (_, "rsa" | "dsa" | "ec") => container.leave("jar-signature"),
                ("manifest" | "container", "xml") | ("manifest", "mf") | (_, "sf") => {}
                _ => container.strays.push(entry),
            }
        }
        if container.kind == ContainerKind::Simple && container.files.len() != 1 {
            return Err(Reason::NotOneFile.into());
        }
        if container.signatures.len() > MOST_SIGNATURES {
            return Err(Objection::Unknown(Reason::TooManySignatures));
        }
        // Of several files, a time stamp is over a manifest, and says nothing of who signed.
        if container.files.len() != 1 || container.signatures.iter().any(|(_, form)| *form != Form::TimeStamp) {
            let before = container.signatures.len();
            container.signatures.retain(|(_, form)| *form != Form::TimeStamp);
            if container.signatures.len() < before {
                container.leave("time-stamp");
            }
        }
        Ok(container)
    }

    /// Notes a part that is also there and is not judged.
    fn leave(&mut self, word: &'static str) {
        self.not_judged.push(word);
    }

    fn judge(&self, context: &Context<'_>) -> Result<Verification, Objection> {
        let named = |entries: &[&'a Entry]| -> Vec<_> {
            let entries = entries.iter();
            entries
                .map(|entry| (entry.name.as_str(), entry.content.as_slice()))
                .collect()
        };
        let (files, besides) = (named(&self.files), named(&self.besides));
        // Of all signatures first: each is judged with regard to what the others are over.
        let signed: Vec<_> = self
            .signatures
            .iter()
            .map(|signature| self.signed_by(*signature))
            .collect();
        let mut verifications = Vec::new();
        for (number, (entry, form)) in self.signatures.iter().enumerate() {
            let others: Vec<_> = signed
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != number)
                .flat_map(|(_, names)| names.iter().cloned())
                .collect();
            match form {
                Form::Xades => {
                    let files = Files::Named {
                        files: &files,
                        besides: &besides,
                        signed_by_others: &others,
                    };
                    match xades::judge(&entry.content, files, context) {
                        Ok(judged) => {
                            verifications.extend(judged.into_iter().map(|Examined { verification, .. }| verification))
                        }
                        // Its name only looks like that of a signature.
                        Err(Objection::Unknown(Reason::NoSignature)) => {}
                        Err(objection) => {
                            verifications.push(Verification::with(CheckName::Structure, objection.into()))
                        }
                    }
                }
                Form::Cades => verifications.push(
                    self.by_cms(entry, &others, context)
                        .unwrap_or_else(|objection| Verification::with(CheckName::Structure, objection.into())),
                ),
                Form::TimeStamp => verifications.push(self.by_time_stamp(entry, context)),
            }
            // Each document may have several.
            if verifications.len() > MOST_SIGNATURES {
                return Err(Objection::Unknown(Reason::TooManySignatures));
            }
        }
        if verifications.is_empty() && self.not_judged.is_empty() {
            return Err(Objection::Unknown(Reason::NoSignature));
        }
        let mut verification = if verifications.is_empty() {
            Verification::with(CheckName::Structure, Outcome::Unknown(Reason::FormNotJudged))
        } else {
            Verification::of_signatures(verifications)
        };
        self.not_judged.iter().for_each(|word| verification.leave(word));
        // Nobody has to sign them, and whoever opens the container sees them all the same.
        if self
            .strays
            .iter()
            .any(|stray| !signed.iter().flatten().any(|name| *name == stray.name))
        {
            verification.leave("file-in-meta-inf");
        }
        Ok(verification)
    }

    /// Names of the files that a signature is over, as far as it can be read.
    fn signed_by(&self, (entry, form): (&Entry, Form)) -> Vec<String> {
        match form {
            Form::Xades => xades::signed_files(&entry.content),
            Form::Cades => match self.manifest_of(entry) {
                Ok((_, manifest)) => manifest.files.iter().map(|file| file.name.clone()).collect(),
                Err(_) => Vec::new(),
            },
            Form::TimeStamp => Vec::new(),
        }
    }

    /// Returns the manifest that a CMS signs. (EN 319 162-1, 4.4.4.2)
    fn manifest_of(&self, signature: &Entry) -> Result<(&Entry, &Manifest), Objection> {
        let is_its_own = |manifest: &Result<Manifest, Objection>| {
            manifest
                .as_ref()
                .is_ok_and(|manifest| manifest.signature == signature.name)
        };
        let mut found = self.manifests.iter().filter(|(_, manifest)| is_its_own(manifest));
        match (found.next(), found.next()) {
            (Some((entry, Ok(manifest))), None) => Ok((entry, manifest)),
            (Some(_), Some(_)) => Err(Reason::SeveralManifests.into()),
            _ => match self.manifests.iter().find_map(|(_, manifest)| manifest.as_ref().err()) {
                Some(objection) => Err(*objection),
                None if self.manifests.is_empty() => Err(Reason::NoManifest.into()),
                None => Err(Reason::ManifestOfAnotherSignature.into()),
            },
        }
    }

    /// Verifies a CMS: over a manifest and the files that this lists, or over the only file. (4.3.3.2 and 4.4.4.2)
    fn by_cms(&self, signature: &Entry, others: &[String], context: &Context<'_>) -> Result<Verification, Objection> {
        if let ([file], true, ContainerKind::Simple | ContainerKind::Unsaid) =
            (self.files.as_slice(), self.manifests.is_empty(), self.kind)
        {
            let context = Context {
                content: Some(&file.content),
                ..*context
            };
            return Ok(cms::verify(&signature.content, &context).0);
        }
        let (entry, manifest) = self.manifest_of(signature)?;
        let listed = cms::Listed {
            outcome: self.covers(manifest, others),
            documents: self.files.iter().map(|file| file.content.as_slice()).collect(),
        };
        Ok(cms::verify_list(&signature.content, &entry.content, &listed, context))
    }

    /// Checks that the manifest has the digest of every file once, and of nothing else.
    fn covers(&self, manifest: &Manifest, others: &[String]) -> Outcome {
        let mut names: Vec<_> = manifest.files.iter().map(|file| file.name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair.first() == pair.last()) {
            return Outcome::Failed(Reason::SignedTwice);
        }
        let mut doubt = Outcome::Passed;
        for digested in &manifest.files {
            let mut entries = self.files.iter().chain(&self.besides);
            let Some(file) = entries.find(|file| file.name == digested.name) else {
                return Outcome::Failed(Reason::ContentMissing);
            };
            match digested.check(&file.content).map_err(Outcome::from) {
                Ok(()) => {}
                Err(failed @ Outcome::Failed(_)) => return failed,
                // Go on: a later file may be changed, which says more.
                Err(unknown) => doubt = unknown,
            }
        }
        let mut left = self.files.iter().filter(|file| !names.contains(&file.name.as_str()));
        match left.clone().next() {
            None => doubt,
            Some(_) if left.all(|file| others.contains(&file.name)) => Outcome::Unknown(Reason::SignsSomeFilesOnly),
            Some(_) => Outcome::Failed(Reason::ContentNotSigned),
        }
    }

    /// Verifies a time stamp over the only file. (4.3.3.2)
    fn by_time_stamp(&self, token: &Entry, context: &Context<'_>) -> Verification {
        let content = self.files.first().map_or(&[][..], |file| &file.content);
        let judged = Token::judge(
            &token.content,
            content,
            context.tsa_roots,
            context.certificates,
            context.now,
        );
        let (outcome, at) = match judged {
            Ok(token) => (Outcome::Passed, Some(token.time())),
            Err(objection) => (objection.into(), None),
        };
        let mut verification = Verification::with(CheckName::Structure, Outcome::Passed);
        verification.add(CheckName::TimeStamp, outcome);
        verification.stamped_at = at;
        verification.leave("time-stamp");
        verification
    }
}
