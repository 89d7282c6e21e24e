//! Signatures in the wrappings of mail and text files: PEM, base64, S/MIME.
//!
//! Programs read damaged or unusual mail in different ways, and a signature would then be on something else than what one
//! of them shows. This module therefore reads the plain forms that mail programs and OpenSSL write, and refuses the rest.
//!
//! Source: RFC 7468 (PEM); RFC 8551, 3.1.1, 3.2 and 3.5 (S/MIME); RFC 1847, 2.1 (multipart/signed); RFC 2045, 5.1 and
//! RFC 2046, 5.1.1 (MIME).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::Reason;
use der::pem;

use super::Objection;

/// Upper limit on the header of a mail or of a part of one, in bytes.
const LONGEST_HEADER: usize = 1 << 16;

/// Objection to mail that is signed in a form that is not read here.
const MIME_NOT_READ: Objection = Objection::Unknown(Reason::MimeFormNotRead);

/// A CMS that was taken out of its wrapping.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Unwrapped<'a> {
    /// The CMS, in BER or DER.
    pub(super) cms: Cow<'a, [u8]>,
    /// The part of a mail that was signed, as it stands there.
    pub(super) part: Option<&'a [u8]>,
}

/// Wrapping, by what is inside.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Wrapping<'a> {
    /// A CMS.
    Cms(Unwrapped<'a>),
    /// A signature of another kind, by its name.
    Other(&'static str),
}

/// Takes the wrapping off; `None` if there is none.
pub(super) fn unwrap(input: &[u8]) -> Option<Result<Wrapping<'_>, Objection>> {
    let text = input.trim_ascii_start();
    if text.starts_with(b"-----BEGIN ") {
        return Some(from_pem(text));
    }
    // The first bytes of any CMS; a mail may begin with these letters, too.
    if text.starts_with(b"MI")
        && let Ok(cms) = from_base64(text)
    {
        return Some(Ok(Wrapping::Cms(cms)));
    }
    let mail = Entity::read(input)?;
    let signed = mail.content_type()?;
    Some(signed.and_then(|content_type| from_mail(&mail, &content_type)))
}

fn from_pem(armour: &[u8]) -> Result<Wrapping<'_>, Objection> {
    if armour.starts_with(b"-----BEGIN PGP ") {
        return Ok(Wrapping::Other("openpgp"));
    }
    let (label, cms) = pem::decode_vec(armour.trim_ascii()).map_err(|_| Objection::Failed(Reason::MalformedPem))?;
    match label {
        // RFC 7468, 8 and 9; OpenSSL reads the third, too.
        "CMS" | "PKCS7" | "PKCS #7 SIGNED DATA" => Ok(Wrapping::Cms(Unwrapped {
            cms: Cow::Owned(cms),
            part: None,
        })),
        "SSH SIGNATURE" => Ok(Wrapping::Other("ssh-signature")),
        _ => Err(Objection::Unknown(Reason::NoSignature)),
    }
}

fn from_base64<'a>(text: &[u8]) -> Result<Unwrapped<'a>, Objection> {
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let cms = STANDARD
        .decode(text)
        .map_err(|_| Objection::Failed(Reason::MalformedBase64))?;
    Ok(Unwrapped {
        cms: Cow::Owned(cms),
        part: None,
    })
}

fn from_mail<'a>(mail: &Entity<'a>, content_type: &ContentType) -> Result<Wrapping<'a>, Objection> {
    match content_type.name.as_str() {
        "multipart/signed" => match content_type.parameter("protocol") {
            Some(protocol) if is_signature(protocol) => {
                let boundary = content_type.parameter("boundary").ok_or(MIME_NOT_READ)?;
                let [part, signature] = parts(mail.body, boundary).ok_or(MIME_NOT_READ)?;
                let signature = Entity::read(signature).ok_or(MIME_NOT_READ)?;
                let named = signature.content_type().ok_or(MIME_NOT_READ)??;
                if !is_signature(&named.name) {
                    return Err(MIME_NOT_READ);
                }
                Ok(Wrapping::Cms(Unwrapped {
                    part: Some(part),
                    ..signature.decoded()?
                }))
            }
            Some("application/pgp-signature") => Ok(Wrapping::Other("openpgp")),
            Some(_) | None => Err(MIME_NOT_READ),
        },
        _ => match content_type.parameter("smime-type") {
            Some("certs-only") => Err(Objection::Unknown(Reason::NoSignature)),
            // The parameter is optional (RFC 8551, 3.2.2), and the CMS says itself what it is.
            Some("signed-data") | None => Ok(Wrapping::Cms(mail.decoded()?)),
            Some(_) => Err(Objection::Unknown(Reason::NotSignedData)),
        },
    }
}

/// Returns true for the media types of signatures, of RFC 8551 and of the years before it.
fn is_signature(name: &str) -> bool {
    ["application/pkcs7-signature", "application/x-pkcs7-signature"].contains(&name)
}

/// Writes `octets` with the line ends of mail, CR LF, as they were signed (RFC 8551, 3.1.1).
pub(super) fn canonical(octets: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(octets.len());
    let mut before = 0;
    for byte in octets {
        if *byte == b'\n' && before != b'\r' {
            lines.push(b'\r');
        }
        lines.push(*byte);
        before = *byte;
    }
    lines
}

/// A mail, or a part of one.
struct Entity<'a> {
    /// Name, in small letters, and value of each field.
    fields: Vec<(String, String)>,
    body: &'a [u8],
}

impl<'a> Entity<'a> {
    /// Reads the header; `None` if it is no header.
    fn read(input: &'a [u8]) -> Option<Self> {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut rest = input;
        loop {
            let (line, behind) = first_line(rest)?;
            rest = behind;
            if line.is_empty() {
                return Some(Self { fields, body: rest });
            }
            if input.len() - rest.len() > LONGEST_HEADER {
                return None;
            }
            let line = String::from_utf8_lossy(line);
            if line.starts_with([' ', '\t']) {
                let (_, value) = fields.last_mut()?;
                value.push_str(&line);
                continue;
            }
            let (name, value) = line.split_once(':')?;
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
                return None;
            }
            fields.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }

    /// Returns the value of a field; an error if it stands twice.
    fn field(&self, name: &str) -> Result<Option<&str>, Objection> {
        let mut values = self.fields.iter().filter(|(known, _)| known == name);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(MIME_NOT_READ),
            (one, None) => Ok(one.map(|(_, value)| value.as_str())),
        }
    }

    /// Returns the type of content, if it is one of those that have signatures.
    fn content_type(&self) -> Option<Result<ContentType, Objection>> {
        const SIGNED: [&str; 5] = [
            "multipart/signed",
            "application/pkcs7-mime",
            "application/x-pkcs7-mime",
            "application/pkcs7-signature",
            "application/x-pkcs7-signature",
        ];
        let is_signed = |value: &str| {
            let name = value.split(';').next().unwrap_or_default();
            SIGNED.contains(&name.trim_ascii().to_ascii_lowercase().as_str())
        };
        let mut types = self.fields.iter().filter(|(name, _)| name == "content-type");
        if !types.any(|(_, value)| is_signed(value)) {
            return None;
        }
        let value = self.field("content-type").transpose()?;
        Some(value.and_then(|value| ContentType::parse(value).ok_or(MIME_NOT_READ)))
    }

    /// Decodes the body into the CMS that it stands for.
    fn decoded(&self) -> Result<Unwrapped<'a>, Objection> {
        let encoding = self.field("content-transfer-encoding")?.unwrap_or_default();
        match encoding.trim_ascii().to_ascii_lowercase().as_str() {
            "base64" => from_base64(self.body),
            "binary" => Ok(Unwrapped {
                cms: Cow::Borrowed(self.body),
                part: None,
            }),
            _ => Err(MIME_NOT_READ),
        }
    }
}

/// Splits off the first line, without its end.
fn first_line(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = input.iter().position(|byte| *byte == b'\n')?;
    let (line, behind) = input.split_at_checked(end)?;
    Some((line.strip_suffix(b"\r").unwrap_or(line), behind.get(1..)?))
}

/// Splits a `multipart/signed` into its two parts. What stands before the first delimiter is for readers who know no MIME
/// and is ignored; behind the last one, nothing may stand.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Option<[&'a [u8]; 2]> {
    let delimiter = format!("--{boundary}");
    let close = format!("{delimiter}--");
    // Where each delimiter begins, and where the line behind it does.
    let mut delimiters: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    let last = loop {
        let rest = body.get(at..)?;
        // The last line of a mail may have no end.
        let (line, behind) = first_line(rest).unwrap_or((rest, &[]));
        let (line, next) = (line.trim_ascii_end(), body.len() - behind.len());
        if line == close.as_bytes() {
            if !behind.trim_ascii().is_empty() {
                return None;
            }
            break at;
        }
        if line == delimiter.as_bytes() {
            delimiters.push((at, next));
        }
        if behind.is_empty() {
            return None;
        }
        at = next;
    };
    let [(_, part), (end, signature)] = *delimiters.as_slice() else {
        return None;
    };
    // The line end before a delimiter belongs to it.
    let without_end = |octets: &'a [u8]| {
        let octets = octets.strip_suffix(b"\n")?;
        Some(octets.strip_suffix(b"\r").unwrap_or(octets))
    };
    Some([
        without_end(body.get(part..end)?)?,
        without_end(body.get(signature..last)?)?,
    ])
}

/// The value of a `Content-Type` field.
struct ContentType {
    /// Type and subtype, in small letters.
    name: String,
    /// Name, in small letters, and value of each parameter.
    parameters: Vec<(String, String)>,
}

impl ContentType {
    /// Reads the field; `None` if it is written in a way that few programs write, comments among them.
    fn parse(value: &str) -> Option<Self> {
        let (name, mut rest) = value.split_once(';').unwrap_or((value, ""));
        let mut parameters: Vec<(String, String)> = Vec::new();
        while !rest.trim_ascii().is_empty() {
            let (parameter, behind) = rest.split_once('=')?;
            // Values in pieces and in other letters (RFC 2231) are read by some programs only.
            let parameter = token(parameter)
                .filter(|name| !name.contains('*'))?
                .to_ascii_lowercase();
            let behind = behind.trim_ascii_start();
            let (value, behind) = match behind.strip_prefix('"') {
                Some(quoted) => {
                    let (value, behind) = quoted.split_once('"')?;
                    if value.contains('\\') {
                        return None;
                    }
                    (value.to_owned(), behind.trim_ascii_start())
                }
                None => {
                    let (value, _) = behind.split_once(';').unwrap_or((behind, ""));
                    (token(value)?.to_owned(), behind.get(value.len()..)?)
                }
            };
            rest = match behind.strip_prefix(';') {
                Some(behind) => behind,
                None if behind.is_empty() => "",
                None => return None,
            };
            // Which of two counts, each program would choose for itself.
            if parameters.iter().any(|(known, _)| *known == parameter) {
                return None;
            }
            parameters.push((parameter, value));
        }
        Some(Self {
            name: name.trim_ascii().to_ascii_lowercase(),
            parameters,
        })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        parameters
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Reads a token (RFC 2045, 5.1), without blanks around it.
fn token(text: &str) -> Option<&str> {
    let text = text.trim_ascii();
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&byte);
    (!text.is_empty() && text.bytes().all(is_plain)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &str = "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\nContent-Transfer-Encoding: \
        base64\n\nMAMCAQE=\n";

    fn mail(content_type: &str, part: &str, signature: &str, behind: &str) -> String {
        format!(
            "MIME-Version: 1.0\nContent-Type: {content_type}\n\nfor others\n--b\n{part}\n--b\n{signature}\n--b--\n{behind}"
        )
    }

    const PLAIN: &str = "multipart/signed; protocol=\"application/pkcs7-signature\";\n\tmicalg=sha-256; boundary=b";

    #[track_caller]
    fn check(input: &str, expected: Option<Result<Option<&str>, Objection>>) {
        let found = unwrap(input.as_bytes()).map(|wrapping| {
            wrapping.map(|wrapping| match wrapping {
                Wrapping::Cms(unwrapped) => {
                    assert_eq!(*unwrapped.cms, [0x30, 3, 2, 1, 1]);
                    unwrapped.part.map(|part| str::from_utf8(part).unwrap())
                }
                Wrapping::Other(name) => panic!("{name}"),
            })
        });
        assert_eq!(found, expected, "{input}");
    }

    #[test]
    fn signed_part_is_all_between_two_delimiters() {
        for (part, ends) in [
            ("I agree.", false),
            ("", false),
            ("I agree.\n\n", false),
            ("I agree.", true),
        ] {
            let text = mail(PLAIN, part, SIGNATURE, "");
            let text = if ends { text.replace('\n', "\r\n") } else { text };
            check(&text, Some(Ok(Some(part))));
        }
        let looks_like_one = "--b2\n --b\n--b-";
        check(
            &mail(PLAIN, looks_like_one, SIGNATURE, ""),
            Some(Ok(Some(looks_like_one))),
        );
    }

    #[test]
    fn mail_that_programs_read_in_different_ways_is_not_read() {
        let not_read = Some(Err(MIME_NOT_READ));
        let other = SIGNATURE.replace("base64", "quoted-printable");
        let untyped = SIGNATURE.replace("pkcs7-signature", "octet-stream");
        for input in [
            mail(PLAIN, "one\n--b\ntwo", SIGNATURE, ""),
            mail(PLAIN, "one", SIGNATURE, "and more"),
            mail(PLAIN, "one", &other, ""),
            mail(PLAIN, "one", &untyped, ""),
            mail(&format!("{PLAIN}; boundary=c"), "one", SIGNATURE, ""),
            mail(&format!("{PLAIN}\nContent-Type: text/plain"), "one", SIGNATURE, ""),
            mail(&PLAIN.replace("=b", "=(x)b"), "one", SIGNATURE, ""),
            mail(&PLAIN.replace("=b", "=c"), "one", SIGNATURE, ""),
            mail(&format!("{PLAIN}; boundary*=c"), "one", SIGNATURE, ""),
            mail(PLAIN, "one", SIGNATURE, "").replace("--b--", "--b"),
            mail(&PLAIN.replace("=b", "=\"b\" c"), "one", SIGNATURE, ""),
            mail(&PLAIN.replace("=b", "=b(x)"), "one", SIGNATURE, "").replace("--b", "--b(x)"),
            mail(&PLAIN.replace("pkcs7-signature", "other"), "one", SIGNATURE, ""),
            mail(&PLAIN.replace("protocol", "other"), "one", SIGNATURE, ""),
        ] {
            check(&input, not_read);
        }
    }

    #[test]
    fn a_header_has_an_end() {
        let signed = format!("{SIGNATURE}\n");
        let (_, padded) = signed.split_at("Content-Type:".len());
        let header = signed.find("\n\n").unwrap() + 1;
        for (length, expected) in [
            (LONGEST_HEADER - 1, Some(Ok(None))),
            (LONGEST_HEADER, Some(Ok(None))),
            (LONGEST_HEADER + 1, None),
            (LONGEST_HEADER + 2, None),
            (2 * LONGEST_HEADER, None),
        ] {
            let blanks = " ".repeat(length - header);
            check(&format!("Content-Type:{blanks}{padded}"), expected);
        }
    }

    #[test]
    fn opaque_mail_has_its_content_inside() {
        let opaque = |more: &str| {
            format!("Content-Type: application/pkcs7-mime{more}\nContent-Transfer-Encoding: base64\n\nMAMC\nAQE=\n")
        };
        check(&opaque("; smime-type=signed-data; name=\"smime.p7m\""), Some(Ok(None)));
        check(&opaque(""), Some(Ok(None)));
        let octets = opaque("")
            .replace("base64", "binary")
            .replace("MAMC\nAQE=\n", "0\u{3}\u{2}\u{1}\u{1}");
        check(&octets, Some(Ok(None)));
        check(
            &opaque("; smime-type=enveloped-data"),
            Some(Err(Objection::Unknown(Reason::NotSignedData))),
        );
        check(
            &opaque("; smime-type=certs-only"),
            Some(Err(Objection::Unknown(Reason::NoSignature))),
        );
    }

    #[test]
    fn pem_is_read_by_its_label() {
        let pem = |label: &str| format!("-----BEGIN {label}-----\nMAMCAQE=\n-----END {label}-----\n");
        for label in ["CMS", "PKCS7", "PKCS #7 SIGNED DATA"] {
            check(&pem(label), Some(Ok(None)));
        }
        check(&pem("CERTIFICATE"), Some(Err(Objection::Unknown(Reason::NoSignature))));
        let twice = pem("CMS").repeat(2);
        check(&twice, Some(Err(Objection::Failed(Reason::MalformedPem))));
    }

    #[test]
    fn signatures_of_other_kinds_are_called_by_their_names() {
        let mail = mail(&PLAIN.replace("pkcs7", "pgp"), "I agree.", "", "");
        for (input, name) in [
            ("-----BEGIN PGP SIGNED MESSAGE-----\n", "openpgp"),
            (
                "-----BEGIN SSH SIGNATURE-----\nMAMCAQE=\n-----END SSH SIGNATURE-----\n",
                "ssh-signature",
            ),
            (&mail, "openpgp"),
        ] {
            assert_eq!(unwrap(input.as_bytes()), Some(Ok(Wrapping::Other(name))), "{input}");
        }
    }

    #[test]
    fn other_files_have_no_wrapping() {
        for input in [
            "",
            "MIddle of a sentence",
            "Dear all,\n\nthis is a letter.\n",
            "Subject: a mail\n\nnobody signed\n",
            "Content-Type: text/plain\n\n--b\n",
            "Dear all: this was in the mail:\nContent-Type: application/pkcs7-mime\n\nMAMCAQE=\n",
            ": no name\nContent-Type: application/pkcs7-mime\n\nMAMCAQE=\n",
            "<a/>",
        ] {
            check(input, None);
        }
    }

    #[test]
    fn line_ends_are_those_of_mail() {
        assert_eq!(canonical(b"a\nb\r\nc\n\n\rd"), b"a\r\nb\r\nc\r\n\r\n\rd");
    }
}
