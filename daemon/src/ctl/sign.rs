//! Having files signed: read, sent, and what comes of them written beside.

use super::Failure;
use super::arguments::Sign;
use super::commands::{Client, Output, about, write_file};
use super::render;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

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
    let request = request(sign)?;
    // Before a person is asked: a signature that cannot be kept need not be made.
    let place = Place::of(sign)?;
    let answer = client.call("sign", request).await?;
    let signatures = answer.get("signatures").and_then(Value::as_array);
    for signature in signatures.into_iter().flatten() {
        let member = |name: &str| signature.get(name).and_then(Value::as_str).unwrap_or_default();
        let data = BASE64
            .decode(member("data"))
            .map_err(|error| Failure::local(format!("the service's answer: {error}")))?;
        write_file(&place.path(member("name"))?, &data)?;
    }
    output.print(&answer, render::signatures)
}

fn request(sign: &Sign) -> Result<Map<String, Value>, Failure> {
    let documents = sign.files.iter().map(|file| document(file, sign.media_type.as_deref()));
    let mut members = about(&sign.card);
    members.insert("format".to_owned(), sign.format.as_str().into());
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

fn document(file: &Path, media_type: Option<&str>) -> Result<Value, Failure> {
    let content = std::fs::read(file).map_err(|error| Failure::file(file, error))?;
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| Failure::file(file, "its name is not UTF-8"))?;
    let media_type = media_type.unwrap_or_else(|| media_type_of(file));
    Ok(json!({"name": name, "mediaType": media_type, "content": BASE64.encode(content)}))
}

fn media_type_of(file: &Path) -> &'static str {
    let end = file.extension().and_then(|end| end.to_str()).unwrap_or_default();
    let known = MEDIA_TYPES.iter().find(|(known, _)| end.eq_ignore_ascii_case(known));
    known.map_or(OCTETS, |(_, media_type)| media_type)
}

/// Where signatures go.
enum Place {
    /// The only one, under this name.
    File(PathBuf),
    /// Each under its own.
    Directory(PathBuf),
}

impl Place {
    fn of(sign: &Sign) -> Result<Self, Failure> {
        let several = sign.files.len() > 1 && sign.format != "asice";
        match &sign.out {
            None => Ok(Self::Directory(PathBuf::new())),
            Some(out) if several => {
                std::fs::create_dir_all(out).map_err(|error| Failure::file(out, error))?;
                Ok(Self::Directory(out.clone()))
            }
            Some(out) if out.is_dir() => Ok(Self::Directory(out.clone())),
            Some(out) if sign.files.iter().any(|file| is_same(file, out)) => {
                Err(Failure::file(out, "is signed, and would be written over"))
            }
            Some(out) => Ok(Self::File(out.clone())),
        }
    }

    /// The service's name for it is that of a file, or it is not followed.
    fn path(&self, name: &str) -> Result<PathBuf, Failure> {
        match self {
            Self::File(file) => Ok(file.clone()),
            Self::Directory(directory) if Path::new(name).file_name().is_some_and(|file| file == name) => {
                Ok(directory.join(name))
            }
            Self::Directory(_) => Err(Failure::local("the service's answer: no name of a file")),
        }
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ctl::arguments::{Arguments, Command};
    use clap::Parser;

    #[test]
    fn a_signature_never_takes_the_place_of_what_it_signs() {
        let directory = std::env::temp_dir().join(format!("beidd-sign-{}", crate::random::random_id()));
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
            assert_eq!(Place::of(&sign).is_ok(), is_fine, "{}", out.display());
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
            assert_eq!(media_type_of(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn an_answer_cannot_choose_a_directory() {
        let place = Place::Directory(PathBuf::from("out"));
        assert_eq!(place.path("a.p7s").unwrap(), Path::new("out/a.p7s"));
        for name in ["", "..", "../a", "/etc/passwd", "a/b", "a/"] {
            assert!(place.path(name).is_err(), "{name}");
        }
    }
}
