//! Having files signed: each read, or only its digest made if it is large; sent; and what comes of it written to places
//! that were opened before.

use super::arguments::Sign;
use super::commands::{Client, Output, about, octets};
use super::failure::Kind;
use super::input::{self, Input, STANDARD};
use super::place::{Delivery, Place};
use super::{Failure, render};
use crate::api::types::SignatureFormat;
use crate::service::signatures::{ALL_CONTENTS, MOST_INSIDE_XML, Outcome, outcome};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_card::SignatureAlgorithm;
use beid_pki::HashAlgorithm;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::io::IsTerminal;
use std::path::Path;

/// What files are by the ends of their names, as registered with IANA.
const MEDIA_TYPES: &[(&str, &str)] = &[
    ("csv", "text/csv"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("txt", "text/plain"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];
/// What a file is of which nothing is known.
const OCTETS: &str = "application/octet-stream";

/// Has the files signed and writes what comes of them.
pub(super) async fn run(client: &Client, sign: &Sign, output: &Output) -> Result<(), Failure> {
    let names = sign.files.iter().map(|file| name_of(file, sign));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    let outcome = foretold(sign, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
    // Before a person is asked: a signature that cannot be kept need not be made.
    let mut places = Places::open(sign, &outcome)?;
    let output = output.beside(&places.0.iter().collect::<Vec<_>>())?;
    let documents = documents(sign, &names, &outcome, &output)?;
    let answer = ask(client, sign, &documents).await?;
    let mut delivery = Delivery::of(&answer);
    let signatures = answer.get("signatures").and_then(Value::as_array);
    for signature in signatures.into_iter().flatten() {
        let member = |name: &str| signature.get(name).and_then(Value::as_str);
        let name = member("name").unwrap_or_default();
        match (places.take(name), member("data").map(octets)) {
            (Some(place), Some(Ok(data))) => delivery.put(place, name, &data),
            (_, data) => {
                let data = data.and_then(Result::ok);
                let kept = data.unwrap_or_else(|| signature.to_string().into_bytes());
                let why = "the service answered another file than was expected".to_owned();
                delivery.keep(Path::new(name), name, &kept, why);
            }
        }
    }
    output.print_delivered(&answer, delivery, render::signatures)
}

/// What the service will answer.
fn foretold(sign: &Sign, names: &[&str]) -> Result<Outcome, Failure> {
    let format: SignatureFormat = serde_json::from_value(sign.format.as_str().into())
        .map_err(|error| Failure::usage(format!("--format: {error}")))?;
    let said = (sign.attached || sign.detached).then_some(sign.detached);
    outcome(format, said, names).map_err(|_| {
        let option = if sign.attached { "--attached" } else { "--detached" };
        Failure::usage(format!("{option} means nothing for {}; leave it out", sign.format))
    })
}

/// The name of a file, as it is shown and signed.
fn name_of(file: &Path, sign: &Sign) -> Result<String, Failure> {
    if file == Path::new(STANDARD) {
        return Ok(sign.name.clone());
    }
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| Failure::file(file, "its name is not UTF-8; rename it"))?;
    Ok(name.to_owned())
}

/// Has it signed. Which digests the card signs is known to the service, so of large files the next one is tried where the
/// first does not fit: it is refused before anybody is asked.
async fn ask(client: &Client, sign: &Sign, documents: &[Document]) -> Result<Value, Failure> {
    let mut digests = hashes(sign).into_iter().peekable();
    let are_whole = documents
        .iter()
        .all(|document| matches!(document.body, Body::Content(_)));
    loop {
        let hash = digests.next().unwrap_or(HashAlgorithm::Sha256);
        match client.call("sign", request(sign, documents, hash)?).await {
            Err(failure) if failure.code() == "unsupported-algorithm" && !are_whole && digests.peek().is_some() => {}
            answered => return answered,
        }
    }
}

fn request(sign: &Sign, documents: &[Document], hash: HashAlgorithm) -> Result<Map<String, Value>, Failure> {
    let mut members = about(&sign.card);
    members.insert("format".to_owned(), sign.format.as_str().into());
    let documents = documents.iter().map(|document| document.members(hash));
    members.insert("documents".to_owned(), documents.collect::<Result<Vec<_>, _>>()?.into());
    if sign.attached || sign.detached {
        members.insert("detached".to_owned(), sign.detached.into());
    }
    members.extend(
        sign.algorithm
            .as_deref()
            .map(|name| ("algorithm".to_owned(), name.into())),
    );
    Ok(members)
}

/// With what digests are made: as the algorithm says, or as cards usually sign.
fn hashes(sign: &Sign) -> Vec<HashAlgorithm> {
    let named = sign.algorithm.as_deref();
    let named = SignatureAlgorithm::ALL
        .into_iter()
        .find(|algorithm| named == Some(algorithm.name()));
    named.map_or_else(
        || vec![HashAlgorithm::Sha256, HashAlgorithm::Sha384],
        |algorithm| vec![algorithm.hash()],
    )
}

/// What is sent of a file.
struct Document {
    name: String,
    media_type: String,
    body: Body,
}

enum Body {
    Content(Vec<u8>),
    /// One for each of [`hashes`].
    Digests(Vec<(HashAlgorithm, Vec<u8>)>),
}

impl Document {
    fn members(&self, hash: HashAlgorithm) -> Result<Value, Failure> {
        let (name, body) = match &self.body {
            Body::Content(content) => ("content", BASE64.encode(content).into()),
            Body::Digests(digests) => {
                let made = digests.iter().find(|(made, _)| *made == hash);
                let (_, value) = made.ok_or_else(|| Failure::local("a digest that was not made"))?;
                let digest = json!({"algorithm": hash.name(), "value": BASE64.encode(value)});
                ("digest", digest)
            }
        };
        Ok(json!({"name": self.name, "mediaType": self.media_type, name: body}))
    }
}

/// A file, opened; of standard input as much is read as can be sent.
struct Source<'s> {
    path: &'s Path,
    input: Input,
    head: Vec<u8>,
    size: u64,
}

impl<'s> Source<'s> {
    fn open(path: &'s Path) -> Result<Self, Failure> {
        let mut input = Input::open(path)?;
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

    fn content(mut self) -> Result<Body, Failure> {
        if self.input.size.is_some() {
            self.head = self
                .input
                .head(ALL_CONTENTS)
                .map_err(|error| unreadable(self.path, &error))?;
        }
        Ok(Body::Content(self.head))
    }

    fn digests(mut self, hashes: &[HashAlgorithm]) -> Result<Body, Failure> {
        let running = hashes.iter().map(|hash| Running::of(*hash));
        let running: Option<Vec<_>> = running.collect();
        let mut running = running.ok_or_else(|| {
            let why =
                "is too large to be sent whole, and no digest of that kind is made here; name an algorithm with SHA-2";
            Failure::of(Kind::TooLarge, format!("{} {why}", input::shown(self.path)))
        })?;
        running.iter_mut().for_each(|one| one.take(&self.head));
        let each = |piece: &[u8]| running.iter_mut().for_each(|one| one.take(piece));
        self.input.rest(each).map_err(|error| unreadable(self.path, &error))?;
        let made = running.into_iter().map(Running::end);
        Ok(Body::Digests(hashes.iter().copied().zip(made).collect()))
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::file(path, input::words(error))
}

/// A digest of which not all has been seen yet.
enum Running {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Running {
    fn of(hash: HashAlgorithm) -> Option<Self> {
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

/// Reads the files. The largest are signed by their digests until the rest can be sent, where the format lets them.
fn documents(sign: &Sign, names: &[String], outcome: &Outcome, output: &Output) -> Result<Vec<Document>, Failure> {
    let sources = sign.files.iter().map(|file| Source::open(file));
    let sources = sources.collect::<Result<Vec<_>, _>>()?;
    let large = too_large(&sources.iter().map(|source| source.size).collect::<Vec<_>>());
    let hashes = hashes(sign);
    let each = sources.into_iter().zip(names).enumerate().map(|(at, (source, name))| {
        let media_type = sign.media_type.as_deref().unwrap_or_else(|| media_type_of(name));
        let shown = input::shown(source.path);
        let most = if sign.attached && sign.format == "xades" {
            MOST_INSIDE_XML
        } else {
            ALL_CONTENTS
        };
        let is_over = u64::try_from(most).is_ok_and(|most| source.size > most);
        let body = if !outcome.takes_digests && (is_over || large.contains(&at)) {
            return Err(goes_inside(&shown, most, sign));
        } else if large.contains(&at) {
            let together = if is_over { "" } else { ", with the others," };
            output.warn(&format!(
                "{shown}{together} is larger than {}: it is signed by its digest, and beidd does not see what is in it",
                input::size(ALL_CONTENTS)
            ));
            source.digests(&hashes)?
        } else {
            source.content()?
        };
        Ok(Document {
            name: name.clone(),
            media_type: media_type.to_owned(),
            body,
        })
    });
    each.collect()
}

fn goes_inside(shown: &str, most: usize, sign: &Sign) -> Failure {
    let next = if sign.format == "asice" {
        "a container holds its files; sign beside them with --format cades or xades"
    } else {
        "with --attached it goes into the signature; leave that out"
    };
    let most = input::size(most);
    Failure::of(
        Kind::TooLarge,
        format!("{shown} is larger than {most}, the most for all files together, and {next}"),
    )
}

/// Which files of these sizes are too large to be sent: the largest, until the rest fits.
fn too_large(sizes: &[u64]) -> Vec<usize> {
    let mut by_size: Vec<(usize, u64)> = sizes.iter().copied().enumerate().collect();
    by_size.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let mut left = sizes.iter().fold(0, |sum: u64, size| sum.saturating_add(*size));
    let most = u64::try_from(ALL_CONTENTS).unwrap_or(u64::MAX);
    let too_large = by_size.into_iter().take_while(|(_, size)| {
        let over = left > most;
        left = left.saturating_sub(*size);
        over
    });
    too_large.map(|(at, _)| at).collect()
}

fn media_type_of(name: &str) -> &'static str {
    let end = Path::new(name)
        .extension()
        .and_then(|end| end.to_str())
        .unwrap_or_default();
    let known = MEDIA_TYPES.iter().find(|(known, _)| end.eq_ignore_ascii_case(known));
    known.map_or(OCTETS, |(_, media_type)| media_type)
}

/// Where the signatures go, in their order.
struct Places(Vec<Place>);

impl Places {
    fn open(sign: &Sign, outcome: &Outcome) -> Result<Self, Failure> {
        let here = |directory: &Path| {
            let mut paths = outcome.names.iter().map(|name| directory.join(name));
            paths.try_fold(Vec::new(), |mut places, path| {
                places.push(Place::open(&path, sign.writing.force)?);
                Ok(places)
            })
        };
        let several = outcome.names.len() > 1;
        let from_stdin = sign.files.iter().any(|file| file == Path::new(STANDARD));
        let out = sign
            .out
            .as_deref()
            .or_else(|| from_stdin.then_some(Path::new(STANDARD)));
        match out {
            None => here(Path::new("")).map(Self),
            Some(out) if out == Path::new(STANDARD) => {
                if several {
                    return Err(Failure::usage(
                        "several signatures do not fit on standard output; name a directory with -o",
                    ));
                }
                if std::io::stdout().is_terminal() && sign.format != "xades" {
                    return Err(Failure::usage(
                        "a signature is no text for a terminal; name a file with -o",
                    ));
                }
                Place::open(out, sign.writing.force).map(|place| Self(vec![place]))
            }
            Some(out) if several => {
                std::fs::create_dir_all(out).map_err(|error| Failure::file(out, input::words(&error)))?;
                here(out).map(Self)
            }
            Some(out) if out.is_dir() => here(out).map(Self),
            Some(out) if sign.files.iter().any(|file| is_same(file, out)) => Err(Failure::file(
                out,
                "is signed, and would be written over; name another place",
            )),
            Some(out) => Place::open(out, sign.writing.force).map(|place| Self(vec![place])),
        }
    }

    /// The place for what the service calls so: the only one there is, or the one of that name.
    fn take(&mut self, name: &str) -> Option<Place> {
        match self.0.as_slice() {
            [_] => self.0.pop(),
            places => {
                let at = places
                    .iter()
                    .position(|place| place.path().file_name().is_some_and(|file| file == name))?;
                Some(self.0.remove(at))
            }
        }
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ctl::arguments::{Arguments, Command, Writing};
    use clap::Parser;

    #[test]
    fn a_signature_never_takes_the_place_of_what_it_signs() {
        let directory = std::env::temp_dir().join(format!("beidd-sign-{}", crate::host::random::random_id()));
        std::fs::create_dir_all(directory.join("in")).unwrap();
        let [file, same, other] = ["a.pdf", "in/../a.pdf", "a.p7s"].map(|name| directory.join(name));
        std::fs::write(&file, "x").unwrap();
        for (out, is_fine) in [(&file, false), (&same, false), (&other, true)] {
            let line = [
                "beidctl".as_ref(),
                "sign".as_ref(),
                file.as_os_str(),
                "-o".as_ref(),
                out.as_os_str(),
            ];
            let Command::Sign(sign) = Arguments::try_parse_from(line).unwrap().command else {
                panic!("another command")
            };
            let outcome = foretold(&sign, &["a.pdf"]).unwrap();
            let sign = Sign {
                writing: Writing { force: true },
                ..*sign
            };
            assert_eq!(Places::open(&sign, &outcome).is_ok(), is_fine, "{}", out.display());
        }
    }

    #[test]
    fn files_are_what_their_names_say() {
        for (name, expected) in [
            ("letter.pdf", "application/pdf"),
            ("SCAN.JPG", "image/jpeg"),
            ("notes.txt", "text/plain"),
            ("README", OCTETS),
            ("archive.tar.xz", OCTETS),
        ] {
            assert_eq!(media_type_of(name), expected, "{name}");
        }
    }

    #[test]
    fn the_largest_files_are_signed_by_their_digest_until_the_rest_can_be_sent() {
        let mib = |sizes: &[u64]| sizes.iter().map(|size| size << 20).collect::<Vec<_>>();
        for (sizes, expected) in [
            (&[6][..], &[][..]),
            (&[7], &[0]),
            (&[1, 2000, 2], &[1]),
            (&[3, 2, 2], &[0]),
            (&[5, 5, 5], &[0, 1]),
            (&[], &[]),
        ] {
            assert_eq!(too_large(&mib(sizes)), expected, "{sizes:?}");
        }
    }

    #[test]
    fn an_answer_cannot_choose_a_directory() {
        let directory = tempfile::tempdir().unwrap();
        let open = || {
            let names = ["a.p7s", "b.p7s"].map(|name| directory.path().join(name));
            Places(names.iter().map(|path| Place::open(path, false).unwrap()).collect())
        };
        assert_eq!(open().take("b.p7s").unwrap().path(), directory.path().join("b.p7s"));
        for name in ["", "..", "../a.p7s", "/etc/passwd", "a/b", "a.p7s/", "c.p7s"] {
            assert!(open().take(name).is_none(), "{name}");
        }
    }

    #[test]
    fn digests_in_pieces_are_those_of_the_whole() {
        let content: Vec<u8> = (0..=255).cycle().take(200_000).collect();
        for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            let mut running = Running::of(hash).unwrap();
            content.chunks(999).for_each(|piece| running.take(piece));
            assert_eq!(running.end(), hash.digest(&content));
        }
    }
}
