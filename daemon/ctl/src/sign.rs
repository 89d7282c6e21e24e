//! Having files signed: each is read, or only its digest made if it is large; sent; and the signatures are written to
//! places that were opened before.

use super::arguments::SignArguments;
use super::commands::octets;
use super::failure::FailureKind;
use super::input::{self, STANDARD};
use super::output::Printer;
use super::place::{Delivery, OutputPlace};
use super::sent_file::{FileToSend, OpenFile, SentBody};
use super::session::Session;
use super::{CommandFailure, render};
use beid_api::ErrorCode;
use beid_api::file_formats::{ALL_CONTENTS, FileFormat, MOST_INSIDE_XML};
use beid_api::names::SIGNATURE_ALGORITHMS;
use beid_api::operations::Sign;
use beid_api::types::{SignAnswer, SignRequest, SignatureFormat};
use beid_client::Reply;
use beid_pki::HashAlgorithm;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

/// Media types by the ends of files' names, as registered with IANA.
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
/// Media type of a file of which nothing is known.
const OCTETS: &str = "application/octet-stream";

/// Exit code if the person left files out, as [`EXIT_CODES`](super::failure::EXIT_CODES) says.
const LEFT_OUT: u8 = 8;

/// Requests the signatures and writes them; the exit code says whether the person left files out.
pub(super) async fn run(
    session: &Session,
    sign: &SignArguments,
    printer: &Printer,
) -> Result<ExitCode, CommandFailure> {
    let names = sign.files.iter().map(|file| name_of(file, sign));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    let format = format(sign)?;
    // Before a person is asked: a signature that cannot be kept need not be made.
    let mut places = SignaturePlaces::open(sign, &format.names(&borrowed(&names)))?;
    let printer = printer.beside(&places.0.iter().collect::<Vec<_>>())?;
    let files = files(sign, &names, format, &printer)?;
    let reply = ask(session, sign, &files).await?;
    let mut delivery = Delivery::new(true);
    for signature in &reply.answer.signatures {
        let name = signature.name.as_str();
        match (places.take(name), octets(&signature.data)) {
            (Some(place), Ok(data)) => delivery.put(place, name, &data),
            (_, data) => {
                let kept = data.unwrap_or_else(|_| signature.data.clone().into_bytes());
                let why = "the service answered another file than was expected".to_owned();
                delivery.keep(Path::new(name), name, &kept, why);
            }
        }
    }
    for older in places.0.iter().map(OutputPlace::path).filter(|path| path.is_file()) {
        printer.warn(&format!(
            "{} is a signature from before: the person left its file out now",
            older.display()
        ));
    }
    printer.print_delivered(&reply, delivery, render::signatures)?;
    Ok(if reply.answer.left_out.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(LEFT_OUT)
    })
}

fn borrowed(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// Format of the signatures, which says what the service will answer.
fn format(sign: &SignArguments) -> Result<FileFormat, CommandFailure> {
    let detached = (sign.attached || sign.detached).then_some(sign.detached);
    FileFormat::choose(sign.format, detached, None).map_err(|_| {
        let option = if sign.attached { "--attached" } else { "--detached" };
        let format = render::signature_format(sign.format);
        CommandFailure::usage(format!("{option} means nothing for {format}; leave it out"))
    })
}

/// Name of a file, as it is shown and signed.
fn name_of(file: &Path, sign: &SignArguments) -> Result<String, CommandFailure> {
    if file == Path::new(STANDARD) {
        return Ok(sign.name.clone());
    }
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| CommandFailure::file(file, "its name is not UTF-8; rename it"))?;
    Ok(name.to_owned())
}

/// Requests the signatures. Only the service knows which digests the card signs, so of large files the next digest is
/// tried where one does not fit: such a request is refused before anybody is asked.
async fn ask(
    session: &Session,
    sign: &SignArguments,
    files: &[FileToSend],
) -> Result<Reply<SignAnswer>, CommandFailure> {
    let mut digests = hashes(sign).into_iter().peekable();
    let are_whole = files.iter().all(|file| matches!(file.body, SentBody::Content(_)));
    loop {
        let hash = digests.next().unwrap_or(HashAlgorithm::Sha256);
        match session.call::<Sign>(&request(sign, files, hash)?).await {
            Err(CommandFailure::Refused(problem))
                if problem.code == ErrorCode::UnsupportedAlgorithm.code() && !are_whole && digests.peek().is_some() => {
            }
            answered => return answered,
        }
    }
}

fn request(sign: &SignArguments, files: &[FileToSend], hash: HashAlgorithm) -> Result<SignRequest, CommandFailure> {
    let documents = files.iter().map(|file| file.members(hash));
    Ok(SignRequest {
        card_id: Some(sign.card.id.clone()),
        format: sign.format,
        documents: documents.collect::<Result<_, _>>()?,
        detached: (sign.attached || sign.detached).then_some(sign.detached),
        container_signature: None,
        algorithm: sign.algorithm.clone(),
        reference: input::member("reference", sign.reference.as_deref())?,
        may_leave_out: (files.len() > 1 && !sign.all_or_none).then_some(true),
    })
}

/// Hashes to make digests with: that of the algorithm, or those that cards usually sign.
fn hashes(sign: &SignArguments) -> Vec<HashAlgorithm> {
    let named = sign.algorithm.as_deref();
    let named = SIGNATURE_ALGORITHMS.iter().find(|(name, _)| named == Some(name));
    named.map_or_else(
        || vec![HashAlgorithm::Sha256, HashAlgorithm::Sha384],
        |(_, hash)| vec![*hash],
    )
}

/// Reads the files. The largest are signed by their digests until the rest can be sent, where the format lets them.
fn files(
    sign: &SignArguments,
    names: &[String],
    format: FileFormat,
    printer: &Printer,
) -> Result<Vec<FileToSend>, CommandFailure> {
    let sources = sign.files.iter().map(|file| OpenFile::open(file));
    let sources = sources.collect::<Result<Vec<_>, _>>()?;
    let large = too_large(&sources.iter().map(|source| source.size).collect::<Vec<_>>());
    let hashes = hashes(sign);
    let each = sources.into_iter().zip(names).enumerate().map(|(at, (source, name))| {
        let media_type = sign.media_type.as_deref().unwrap_or_else(|| media_type_of(name));
        let shown = input::shown(source.path);
        let most = if format == FileFormat::XadesEnveloping {
            MOST_INSIDE_XML
        } else {
            ALL_CONTENTS
        };
        let is_over = u64::try_from(most).is_ok_and(|most| source.size > most);
        let body = if !format.takes_digests() && (is_over || large.contains(&at)) {
            return Err(goes_inside(&shown, most, sign));
        } else if large.contains(&at) {
            let together = if is_over { "" } else { ", with the others," };
            printer.warn(&format!(
                "{shown}{together} is larger than {}: it is signed by its digest, and beidd does not see what is in it",
                input::size(ALL_CONTENTS)
            ));
            source.digests(&hashes)?
        } else {
            source.content()?
        };
        Ok(FileToSend {
            name: name.clone(),
            media_type: media_type.to_owned(),
            body,
        })
    });
    each.collect()
}

fn goes_inside(shown: &str, most: usize, sign: &SignArguments) -> CommandFailure {
    let next = if sign.format == SignatureFormat::Asice {
        "a container holds its files; sign beside them with --format cades or xades"
    } else {
        "with --attached it goes into the signature; leave that out"
    };
    let most = input::size(most);
    CommandFailure::new(
        FailureKind::TooLarge,
        format!("{shown} is larger than {most}, the most for all files together, and {next}"),
    )
}

/// Finds the files of these sizes that are too large to be sent: the largest, until the rest fits.
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

/// Places of the signatures, in their order.
struct SignaturePlaces(Vec<OutputPlace>);

impl SignaturePlaces {
    fn open(sign: &SignArguments, names: &[String]) -> Result<Self, CommandFailure> {
        let here = |directory: &Path| {
            let mut paths = names.iter().map(|name| directory.join(name));
            paths.try_fold(Vec::new(), |mut places, path| {
                places.push(OutputPlace::open(&path, sign.writing.force)?);
                Ok(places)
            })
        };
        let several = names.len() > 1;
        let from_stdin = sign.files.iter().any(|file| file == Path::new(STANDARD));
        let out = sign
            .out
            .as_deref()
            .or_else(|| from_stdin.then_some(Path::new(STANDARD)));
        match out {
            None => here(Path::new("")).map(Self),
            Some(out) if out == Path::new(STANDARD) => {
                if several {
                    return Err(CommandFailure::usage(
                        "several signatures do not fit on standard output; name a directory with -o",
                    ));
                }
                if std::io::stdout().is_terminal() && sign.format != SignatureFormat::Xades {
                    return Err(CommandFailure::usage(
                        "a signature is no text for a terminal; name a file with -o",
                    ));
                }
                OutputPlace::open(out, sign.writing.force).map(|place| Self(vec![place]))
            }
            Some(out) if several => {
                std::fs::create_dir_all(out).map_err(|error| CommandFailure::file(out, input::words(&error)))?;
                here(out).map(Self)
            }
            Some(out) if out.is_dir() => here(out).map(Self),
            Some(out) if sign.files.iter().any(|file| is_same(file, out)) => Err(CommandFailure::file(
                out,
                "is signed, and would be written over; name another place",
            )),
            Some(out) => OutputPlace::open(out, sign.writing.force).map(|place| Self(vec![place])),
        }
    }

    /// Takes the place for the file that the service calls `name`: the only one there is, or the one of that name.
    fn take(&mut self, name: &str) -> Option<OutputPlace> {
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
    use crate::arguments::{Arguments, CliCommand, Writing};
    use clap::Parser;

    #[test]
    fn a_signature_never_takes_the_place_of_what_it_signs() {
        let directory = std::env::temp_dir().join(format!("beidd-sign-{}", beid_host::random::random_id()));
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
            let CliCommand::Sign(sign) = Arguments::try_parse_from(line).unwrap().command else {
                panic!("another command")
            };
            let names = format(&sign).unwrap().names(&["a.pdf"]);
            let sign = SignArguments {
                writing: Writing { force: true },
                ..*sign
            };
            assert_eq!(
                SignaturePlaces::open(&sign, &names).is_ok(),
                is_fine,
                "{}",
                out.display()
            );
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
            SignaturePlaces(
                names
                    .iter()
                    .map(|path| OutputPlace::open(path, false).unwrap())
                    .collect(),
            )
        };
        assert_eq!(open().take("b.p7s").unwrap().path(), directory.path().join("b.p7s"));
        for name in ["", "..", "../a.p7s", "/etc/passwd", "a/b", "a.p7s/", "c.p7s"] {
            assert!(open().take(name).is_none(), "{name}");
        }
    }
}
