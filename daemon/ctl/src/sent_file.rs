//! A file to sign as it is sent: its content or, if that is large, digests of it.

use super::CommandFailure;
use super::failure::FailureKind;
use super::input::{self, InputFile};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::file_formats::ALL_CONTENTS;
use beid_api::types::{DigestMembers, DocumentMembers};
use beid_pki::HashAlgorithm;
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::path::Path;

/// A file as it is sent.
pub(super) struct FileToSend {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) body: SentBody,
}

/// Part of a file that is sent.
pub(super) enum SentBody {
    /// All of it.
    Content(Vec<u8>),
    /// Digests, one for each hash that the card may sign.
    Digests(Vec<(HashAlgorithm, Vec<u8>)>),
}

impl FileToSend {
    pub(super) fn members(&self, hash: HashAlgorithm) -> Result<DocumentMembers, CommandFailure> {
        let (content, digest) = match &self.body {
            SentBody::Content(content) => (Some(BASE64.encode(content)), None),
            SentBody::Digests(digests) => {
                let made = digests.iter().find(|(made, _)| *made == hash);
                let (_, value) = made.ok_or_else(|| CommandFailure::local("a digest that was not made"))?;
                let digest = DigestMembers {
                    algorithm: hash.name().to_owned(),
                    value: BASE64.encode(value),
                };
                (None, Some(digest))
            }
        };
        Ok(DocumentMembers {
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            content,
            digest,
        })
    }
}

/// A file, opened; of standard input as much is read as can be sent.
pub(super) struct OpenFile<'s> {
    pub(super) path: &'s Path,
    input: InputFile,
    head: Vec<u8>,
    /// Number of bytes.
    pub(super) size: u64,
}

impl<'s> OpenFile<'s> {
    pub(super) fn open(path: &'s Path) -> Result<Self, CommandFailure> {
        let mut input = InputFile::open(path)?;
        let head = match input.size {
            Some(_) => Vec::new(),
            None => input.head(ALL_CONTENTS).map_err(|error| unreadable(path, &error))?,
        };
        let size = input.size.unwrap_or(u64::try_from(head.len()).unwrap_or(u64::MAX));
        Ok(Self {
            path,
            input,
            head,
            size,
        })
    }

    pub(super) fn content(mut self) -> Result<SentBody, CommandFailure> {
        if self.input.size.is_some() {
            self.head = self
                .input
                .head(ALL_CONTENTS)
                .map_err(|error| unreadable(self.path, &error))?;
        }
        Ok(SentBody::Content(self.head))
    }

    pub(super) fn digests(mut self, hashes: &[HashAlgorithm]) -> Result<SentBody, CommandFailure> {
        let running = hashes.iter().map(|hash| RunningDigest::new(*hash));
        let running: Option<Vec<_>> = running.collect();
        let mut running = running.ok_or_else(|| {
            let why =
                "is too large to be sent whole, and no digest of that kind is made here; name an algorithm with SHA-2";
            CommandFailure::new(FailureKind::TooLarge, format!("{} {why}", input::shown(self.path)))
        })?;
        running.iter_mut().for_each(|one| one.take(&self.head));
        let each = |piece: &[u8]| running.iter_mut().for_each(|one| one.take(piece));
        self.input.rest(each).map_err(|error| unreadable(self.path, &error))?;
        let made = running.into_iter().map(RunningDigest::end);
        Ok(SentBody::Digests(hashes.iter().copied().zip(made).collect()))
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> CommandFailure {
    CommandFailure::file(path, input::words(error))
}

/// Digest that is not finished.
enum RunningDigest {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl RunningDigest {
    fn new(hash: HashAlgorithm) -> Option<Self> {
        match hash {
            HashAlgorithm::Sha256 => Some(Self::Sha256(Sha256::new())),
            HashAlgorithm::Sha384 => Some(Self::Sha384(Sha384::new())),
            HashAlgorithm::Sha512 => Some(Self::Sha512(Sha512::new())),
            HashAlgorithm::Sha1 | HashAlgorithm::Sha3_256 | HashAlgorithm::Sha3_384 | HashAlgorithm::Sha3_512 => None,
        }
    }

    fn take(&mut self, piece: &[u8]) {
        match self {
            Self::Sha256(sha) => sha.update(piece),
            Self::Sha384(sha) => sha.update(piece),
            Self::Sha512(sha) => sha.update(piece),
        }
    }

    fn end(self) -> Vec<u8> {
        match self {
            Self::Sha256(sha) => sha.finalize().to_vec(),
            Self::Sha384(sha) => sha.finalize().to_vec(),
            Self::Sha512(sha) => sha.finalize().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_in_pieces_are_those_of_the_whole() {
        let content: Vec<u8> = (0..=255).cycle().take(200_000).collect();
        for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            let mut running = RunningDigest::new(hash).unwrap();
            content.chunks(999).for_each(|piece| running.take(piece));
            assert_eq!(running.end(), hash.digest(&content));
        }
    }
}
