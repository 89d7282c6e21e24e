//! The list of files to be signed: parsed once, closed, and from then on only looked at.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::file_formats::ALL_CONTENTS;
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_card::Batch;
use beid_pki::HashAlgorithm;
use beid_prompt::layout::{plain, within_marks};
use beid_protocol::name::accents_are_borne;
use beid_protocol::recognise::{Recognised, recognise};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Longest name, in characters: it is shown whole.
const LONGEST_NAME: usize = 120;
/// Longest name, in bytes: file systems take no more.
const LONGEST_NAME_BYTES: usize = 255;
/// Longest media type, in bytes. RFC 6838, 4.2 allows 127 for each part; such long ones are not in use.
const LONGEST_MEDIA_TYPE: usize = 127;

/// Hashes of digests that are signed: those of every card. Not SHA-1, and nothing older.
const HASHES: [HashAlgorithm; 6] = [
    HashAlgorithm::Sha256,
    HashAlgorithm::Sha384,
    HashAlgorithm::Sha512,
    HashAlgorithm::Sha3_256,
    HashAlgorithm::Sha3_384,
    HashAlgorithm::Sha3_512,
];

/// Files that one call is to sign, in the caller's order. None can be added.
pub(super) struct Documents(Vec<Arc<FileToSign>>);

/// One file to be signed.
pub(super) struct FileToSign {
    name: String,
    media_type: String,
    body: FileBody,
}

/// Known part of a file.
pub(super) enum FileBody {
    /// All of it.
    Content(Vec<u8>),
    /// A digest, and the hash that the caller says it was made with.
    Digest(HashAlgorithm, Vec<u8>),
}

impl Documents {
    /// Parses the list and closes it.
    ///
    /// # Errors
    /// `invalid-request` naming the member at fault; `too-large`; `unsupported-algorithm` for digests that no card signs.
    pub(super) fn parse(list: Vec<t::DocumentMembers>) -> Result<Self, ApiError> {
        if !(1..=Batch::MAX).contains(&list.len()) {
            return Err(ApiError::invalid(
                "documents",
                format!("must be 1 to {} of them", Batch::MAX),
            ));
        }
        let documents = list
            .into_iter()
            .enumerate()
            .map(|(at, members)| FileToSign::parse(members, &format!("documents[{at}]")).map(Arc::new));
        let documents = Self(documents.collect::<Result<_, _>>()?);
        let mut seen = BTreeSet::new();
        // Names are compared as they are shown, and as file systems without capitals keep them.
        if !documents
            .iter()
            .all(|one| seen.insert(within_marks(&one.name).to_lowercase()))
        {
            return Err(ApiError::invalid("documents", "must have each name once"));
        }
        let contents = documents.iter().filter_map(FileToSign::content);
        if contents.map(<[u8]>::len).sum::<usize>() > ALL_CONTENTS {
            return Err(ErrorCode::TooLarge.into());
        }
        // The card signs the whole list with one algorithm, which has one hash.
        let first = documents.hash();
        if documents
            .iter()
            .filter_map(FileToSign::hash)
            .any(|hash| Some(hash) != first)
        {
            return Err(ApiError::invalid(
                "documents",
                "must have one digest algorithm for all of them",
            ));
        }
        Ok(documents)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &FileToSign> {
        self.0.iter().map(Arc::as_ref)
    }

    /// The same files, without those that are not at one of `numbers` in the list.
    pub(super) fn part(&self, numbers: &[usize]) -> Self {
        let stays = |(at, _): &(usize, _)| numbers.contains(at);
        let files = self.0.iter().enumerate().filter(stays);
        Self(files.map(|(_, file)| Arc::clone(file)).collect())
    }

    /// Every place in the list.
    pub(super) fn numbers(&self) -> Vec<usize> {
        (0..self.len()).collect()
    }

    /// The names.
    pub(super) fn names(&self) -> Vec<String> {
        self.iter().map(|file| file.name.clone()).collect()
    }

    /// The one document, if there is no other.
    pub(super) fn only(&self) -> Option<&FileToSign> {
        match self.0.as_slice() {
            [only] => Some(only.as_ref()),
            _ => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Hash of the digests among them; none if there is none.
    pub(super) fn hash(&self) -> Option<HashAlgorithm> {
        self.iter().find_map(FileToSign::hash)
    }

    /// True if only a digest is known of some.
    pub(super) fn have_digests(&self) -> bool {
        self.hash().is_some()
    }
}

impl FileToSign {
    /// Description for the record: the digest, in base64 as in the request, and not the content.
    pub(super) fn described(&self) -> Value {
        let (algorithm, value) = match &self.body {
            FileBody::Content(content) => (HashAlgorithm::Sha256, HashAlgorithm::Sha256.digest(content)),
            FileBody::Digest(hash, value) => (*hash, value.clone()),
        };
        json!({
            "name": self.name,
            "mediaType": self.media_type,
            "digest": {"algorithm": algorithm.name(), "value": BASE64.encode(value)},
        })
    }

    fn parse(members: t::DocumentMembers, at: &str) -> Result<Self, ApiError> {
        let wrong = |member: &str, reason: &str| ApiError::invalid(format!("{at}.{member}"), reason);
        if !is_name(&members.name) {
            return Err(wrong(
                "name",
                "must be a file name of 1 to 120 characters, without folder, control or invisible characters",
            ));
        }
        if !is_media_type(&members.media_type) {
            return Err(wrong("mediaType", "must be a media type such as application/pdf"));
        }
        let body = match (members.content, members.digest) {
            (Some(content), None) => {
                let content = BASE64.decode(content).map_err(|_| wrong("content", "must be base64"))?;
                is_a_mere_file(&content).map_err(|expected| wrong("content", &expected))?;
                FileBody::Content(content)
            }
            (None, Some(digest)) => {
                let hash = HASHES.into_iter().find(|hash| hash.name() == digest.algorithm);
                let hash = hash.ok_or(ErrorCode::UnsupportedAlgorithm)?;
                let value = BASE64.decode(digest.value).ok();
                let value = value.filter(|value| value.len() == hash.digest_len());
                FileBody::Digest(
                    hash,
                    value.ok_or_else(|| {
                        wrong("digest.value", "must be base64, as long as the algorithm makes digests")
                    })?,
                )
            }
            (Some(_), Some(_)) | (None, None) => return Err(wrong("content", "must be either content or digest")),
        };
        Ok(Self {
            name: members.name,
            media_type: members.media_type,
            body,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn media_type(&self) -> &str {
        &self.media_type
    }

    pub(super) fn body(&self) -> &FileBody {
        &self.body
    }

    pub(super) fn content(&self) -> Option<&[u8]> {
        match &self.body {
            FileBody::Content(content) => Some(content),
            FileBody::Digest(..) => None,
        }
    }

    /// The digest that `hash` makes of it.
    ///
    /// # Errors
    /// `unsupported-algorithm` if only another digest is known.
    pub(super) fn digest(&self, hash: HashAlgorithm) -> Result<Vec<u8>, ApiError> {
        match &self.body {
            FileBody::Content(content) => Ok(hash.digest(content)),
            FileBody::Digest(of, value) if *of == hash => Ok(value.clone()),
            FileBody::Digest(..) => Err(ErrorCode::UnsupportedAlgorithm.into()),
        }
    }

    fn hash(&self) -> Option<HashAlgorithm> {
        match &self.body {
            FileBody::Content(_) => None,
            FileBody::Digest(hash, _) => Some(*hash),
        }
    }
}

/// One line of visible characters that names a file and no path. It is shown as it is, and stands in containers.
fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.chars().count())
        && name.len() <= LONGEST_NAME_BYTES
        && plain(name) == name
        && accents_are_borne(name)
        // No folder, and nothing that XML has no way to write.
        && !name.contains(['/', '\\', '\u{FFFE}', '\u{FFFF}'])
        && !matches!(name, "." | "..")
}

/// Refuses content that a reader might take for a document of the platform: that is signed by its own operation, which
/// shows what it says. The error tells what the content must be instead.
fn is_a_mere_file(content: &[u8]) -> Result<(), String> {
    match recognise(content) {
        Recognised::Other => Ok(()),
        Recognised::Platform => {
            Err("must be no document of the eHealth platform: its own operation shows what it says".to_owned())
        }
        Recognised::UnreadEncoding(encoding) => Err(format!(
            "must be no XML in the encoding {encoding}, which is not read here; save it as UTF-8"
        )),
        Recognised::UnreadXml => {
            Err("must be no file that begins as XML and breaks off before its first element".to_owned())
        }
    }
}

/// `type/subtype`, perhaps with parameters. (RFC 6838, 4.2; RFC 2045, 5.1)
fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        !part.is_empty() && part.bytes().all(fine)
    };
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().and_then(|essence| essence.split_once('/'));
    let parameter = |part: &str| {
        part.split_once('=')
            .is_some_and(|(name, value)| token(name) && token(value))
    };
    text.len() <= LONGEST_MEDIA_TYPE
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && essence.is_some_and(|(kind, subtype)| token(kind) && token(subtype))
        && parts.all(parameter)
}
