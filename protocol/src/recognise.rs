//! Telling documents of the platform from other files: what proves a care relation is not signed like any letter.
//!
//! Whoever signs a file sees its name; whoever signs a proof must see what it says. So this looks for what any reader
//! might take for such a document, whatever strict readers think of it: only the beginning counts, up to the name of the
//! root element and its namespaces.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::operation::Operation;

/// How the namespaces of all requests, answers and signed contents begin.
const PLATFORM: &str = "ehealth.fgov.be/hubservices";

/// The root of what proofs sign.
const LINK: &str = "therapeuticlink";

/// Whether `content` begins as XML of the platform's hub services, in UTF-8, UTF-16 or UTF-32, or in whatever else has
/// the same letters.
#[must_use]
pub fn is_of_the_platform(content: &[u8]) -> bool {
    match content {
        // These begin as UTF-16 does, so they come first. (XML 1.0, F.1)
        [0, 0, 0xFE, 0xFF, rest @ ..] | rest @ [0, 0, 0, b'<', ..] => begins(&utf32(rest, u32::from_be_bytes)),
        [0xFF, 0xFE, 0, 0, rest @ ..] | rest @ [b'<', 0, 0, 0, ..] => begins(&utf32(rest, u32::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] | rest @ [0x00, b'<', ..] => begins(&utf16(rest, u16::from_be_bytes)),
        [0xFF, 0xFE, rest @ ..] | rest @ [b'<', 0x00, ..] => begins(&utf16(rest, u16::from_le_bytes)),
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => begins(&String::from_utf8_lossy(rest)),
    }
}

/// Whether `content` has the letters of the platform's XML, in an encoding of single bytes that it does not name: it
/// claims to be UTF-8, by saying so or by saying nothing, and is not. Readers put other characters, or none, in the place
/// of those that are no UTF-8.
///
/// Source: XML 1.0, 4.3.3: that is a fatal error.
pub(crate) fn is_falsely_utf8(content: &[u8]) -> bool {
    const OTHERS: [&[u8]; 4] = [&[0xFE, 0xFF], &[0xFF, 0xFE], &[0], &[b'<', 0]];
    if str::from_utf8(content).is_ok() || OTHERS.iter().any(|other| content.starts_with(other)) {
        return false;
    }
    let text = String::from_utf8_lossy(content);
    let named = match Reader::from_str(&text).read_event() {
        Ok(Event::Decl(declaration)) => declaration
            .encoding()
            .and_then(Result::ok)
            .map(|name| name.into_owned()),
        Ok(_) | Err(_) => None,
    };
    named.is_none_or(|name| name.eq_ignore_ascii_case("utf-8")) && is_of_the_platform(content)
}

fn utf16(octets: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = octets.as_chunks().0.iter().map(|pair| unit(*pair));
    let characters = char::decode_utf16(units);
    characters
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn utf32(octets: &[u8], number: fn([u8; 4]) -> u32) -> String {
    let numbers = octets.as_chunks().0.iter().map(|four| number(*four));
    numbers
        .map(|number| char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn begins(xml: &str) -> bool {
    let mut reader = Reader::from_str(xml);
    let mut typed = false;
    loop {
        match reader.read_event() {
            Ok(Event::Start(root) | Event::Empty(root)) => return has_namespace(&root) || (typed && has_name(&root)),
            Ok(Event::Eof | Event::End(_)) | Err(_) => return false,
            // It can give the root attributes that do not stand there, namespaces too.
            Ok(Event::DocType(_)) => typed = true,
            Ok(
                Event::Decl(_)
                | Event::PI(_)
                | Event::Comment(_)
                | Event::Text(_)
                | Event::CData(_)
                | Event::GeneralRef(_),
            ) => {}
        }
    }
}

/// Whether `root` is called as the root of a request or of the content of a proof is.
fn has_name(root: &BytesStart<'_>) -> bool {
    let name = root.local_name();
    name.as_ref() == LINK || Operation::of_root(name.as_ref()).is_some()
}

/// Whether `root` declares a namespace of the platform, or one that only a document type could tell.
fn has_namespace(root: &BytesStart<'_>) -> bool {
    let mut attributes = root.attributes();
    attributes.with_checks(false).any(|attribute| {
        attribute.is_ok_and(|attribute| {
            let name = attribute.normalized_value(XmlVersion::Implicit1_0);
            attribute.key.as_namespace_binding().is_some() && name.map_or(true, |name| name.contains(PLATFORM))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMESPACE: &str = "http://www.ehealth.fgov.be/hubservices/core/v2";

    #[track_caller]
    fn check(content: impl AsRef<[u8]>, expected: bool) {
        let content = content.as_ref();
        assert_eq!(
            is_of_the_platform(content),
            expected,
            "{}",
            String::from_utf8_lossy(content)
        );
    }

    #[test]
    fn other_letters_under_the_name_of_utf8_are_told() {
        let latin_1 = |declaration: &str| {
            let text = format!("{declaration}<a xmlns=\"{NAMESPACE}\">Zo\u{EB}</a>");
            text.chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap())
                .collect::<Vec<_>>()
        };
        assert!(is_falsely_utf8(&latin_1("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")));
        assert!(is_falsely_utf8(&latin_1("")));
        assert!(!is_falsely_utf8(&latin_1(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"
        )));
        let utf8 = format!("<a xmlns=\"{NAMESPACE}\">Zo\u{EB}</a>");
        assert!(!is_falsely_utf8(utf8.as_bytes()));
        assert!(!is_falsely_utf8(&utf16(&utf8, u16::to_be_bytes)));
        assert!(!is_falsely_utf8(b"<a>Zo\xEB</a>"), "another's document");
    }

    fn utf16(text: &str, octets: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(octets).collect()
    }

    fn utf32(text: &str, octets: fn(u32) -> [u8; 4]) -> Vec<u8> {
        text.chars().flat_map(|c| octets(u32::from(c))).collect()
    }

    #[test]
    fn documents_of_the_platform_are_known_in_whatever_form_a_reader_takes() {
        let link = format!("<therapeuticlink xmlns=\"{NAMESPACE}\"/>");
        check(&link, true);
        check(format!("\u{FEFF}{link}"), true);
        check(
            format!("<?xml version=\"1.0\"?>\n<!-- a > b --><?x y?><!DOCTYPE x [<!ELEMENT x ANY>]>\n{link}"),
            true,
        );
        check(format!("<p:link xmlns:o=\"urn:o\" xmlns:p='{NAMESPACE}'>"), true);
        check(link.replace("http", "&#104;ttp").replace("hub", "&#x68;ub"), true);
        check(
            format!("<!DOCTYPE x [<!ENTITY n \"{NAMESPACE}\">]><x xmlns=\"&n;\"/>"),
            true,
        );
        check([b"<!-- caf\xE9 -->", link.as_bytes()].concat(), true);
        check(utf16(&link, u16::to_le_bytes), true);
        check(utf16(&link, u16::to_be_bytes), true);
        check(utf16(&format!("\u{FEFF}{link}"), u16::to_be_bytes), true);
        check(utf16(&format!("\u{FEFF}{link}"), u16::to_le_bytes), true);
        check(utf32(&link, u32::to_le_bytes), true);
        check(utf32(&link, u32::to_be_bytes), true);
        check(utf32(&format!("\u{FEFF}{link}"), u32::to_be_bytes), true);
        check(utf32(&format!("\u{FEFF}{link}"), u32::to_le_bytes), true);
    }

    #[test]
    fn a_document_type_may_say_the_namespace() {
        let fixed = |root: &str| {
            let given = format!("<!ATTLIST {root} xmlns CDATA #FIXED '{NAMESPACE}'>");
            format!("<!DOCTYPE {root} [{given}]><{root}/>")
        };
        check(fixed("therapeuticlink"), true);
        check(fixed("PutTherapeuticLinkRequest"), true);
        check("<!DOCTYPE a:therapeuticlink SYSTEM 'x.dtd'><a:therapeuticlink/>", true);
        check("<!DOCTYPE letter SYSTEM 'x.dtd'><letter/>", false);
        check("<therapeuticlink/>", false);
    }

    #[test]
    fn other_files_are_not() {
        check("", false);
        check("<", false);
        check("%PDF-1.7", false);
        check(format!("A letter about {NAMESPACE}"), false);
        check("<letter xmlns=\"urn:letter\"/>", false);
        check(
            format!("<letter about=\"{NAMESPACE}\"><x xmlns=\"{NAMESPACE}\"/></letter>"),
            false,
        );
        check([0xFF, 0xFE, 0x3C], false);
        check([0x00], false);
        check("<!DOCTYPE", false);
    }
}
