//! Recognition of documents of the platform, so that none of them is signed as a mere file.
//!
//! A person who signs a file is shown its name; a person who signs a proof must be shown what it says. So this finds
//! everything that any reader might take for such a document, even if strict readers would refuse it: only the beginning
//! counts, up to the name of the root element and its namespaces.
//!
//! Octets become a document by their encoding, and readers of XML know more encodings than this one does. So whatever
//! begins as XML in any encoding is either read here, from a list of encodings that leave no doubt, or named as unread
//! and not signed as a file.
//!
//! Source: XML 1.0, 2.8 (prolog), 4.3.3 and F.1 (encodings).

use quick_xml::XmlVersion;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::reader::Reader;

use crate::operation::PlatformOperation;

/// Part that the namespaces of all requests, answers and signed contents have in common.
const PLATFORM: &str = "ehealth.fgov.be/hubservices";

/// The root of what proofs sign.
const LINK: &str = "therapeuticlink";

/// A file, as far as its beginning tells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Recognised {
    /// No XML, or XML that is no document of the platform.
    Other,
    /// XML of the platform's hub services: a request, an answer, or the content of a proof.
    Platform,
    /// XML in an encoding that is not read here, by its name.
    UnreadEncoding(String),
    /// A file that begins as XML and breaks off, or is not well-formed, before its root element can be read.
    UnreadXml,
}

/// Reads the beginning of `content` in every encoding in which it begins as XML.
#[must_use]
pub fn recognise(content: &[u8]) -> Recognised {
    let mut found = Recognised::Other;
    for coding in CODINGS {
        if !begins_as_markup((coding.characters)(content)) {
            continue;
        }
        let text = with_line_ends((coding.characters)(content).collect());
        match (coding.judge)(text.trim_start_matches(is_blank)) {
            Recognised::Other => {}
            // One reader that takes it for such a document is enough.
            Recognised::Platform => return Recognised::Platform,
            // The likelier encodings come first.
            doubt @ (Recognised::UnreadEncoding(_) | Recognised::UnreadXml) if found == Recognised::Other => {
                found = doubt;
            }
            Recognised::UnreadEncoding(_) | Recognised::UnreadXml => {}
        }
    }
    found
}

/// True if `content` is XML of the platform in an encoding that it does not name: it claims to be UTF-8, by saying so or by
/// saying nothing, and is not. Readers put other characters, or none, in the place of those that are no UTF-8.
///
/// Source: XML 1.0, 4.3.3: that is a fatal error.
pub(crate) fn is_falsely_utf8(content: &[u8]) -> bool {
    if str::from_utf8(content).is_ok() {
        return false;
    }
    let text = String::from_utf8_lossy(content);
    if !begins_as_markup(text.chars()) {
        return false;
    }
    let named = match Reader::from_str(text.trim_start_matches(is_blank)).read_event() {
        Ok(Event::Decl(declaration)) => declaration
            .encoding()
            .and_then(Result::ok)
            .map(|name| name.into_owned()),
        Ok(_) | Err(_) => None,
    };
    named.is_none_or(|name| name.eq_ignore_ascii_case("utf-8")) && recognise(content) == Recognised::Platform
}

/// A way to turn octets into characters.
struct Coding {
    characters: fn(&[u8]) -> Box<dyn Iterator<Item = char> + '_>,
    /// Kind of its text, which begins with `<`.
    judge: fn(&str) -> Recognised,
}

/// Every family of encodings that XML can begin in, without regard to byte order marks: readers differ in when they
/// need one.
const CODINGS: &[Coding] = &[
    Coding {
        characters: |octets| {
            Box::new(octets.utf8_chunks().flat_map(|chunk| {
                let broken = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
                chunk.valid().chars().chain(broken)
            }))
        },
        judge: |text| begins(text, is_like_ascii),
    },
    Coding {
        characters: |octets| utf16(octets, u16::from_be_bytes),
        judge: |text| begins(text, is_utf16),
    },
    Coding {
        characters: |octets| utf16(octets, u16::from_le_bytes),
        judge: |text| begins(text, is_utf16),
    },
    Coding {
        characters: |octets| utf32(octets, u32::from_be_bytes),
        judge: |text| begins(text, is_utf32),
    },
    Coding {
        characters: |octets| utf32(octets, u32::from_le_bytes),
        judge: |text| begins(text, is_utf32),
    },
    // The two unusual orders of octets.
    Coding {
        characters: |octets| utf32(octets, |[a, b, c, d]| u32::from_be_bytes([b, a, d, c])),
        judge: |_| Recognised::UnreadEncoding("UCS-4".to_owned()),
    },
    Coding {
        characters: |octets| utf32(octets, |[a, b, c, d]| u32::from_be_bytes([c, d, a, b])),
        judge: |_| Recognised::UnreadEncoding("UCS-4".to_owned()),
    },
    Coding {
        characters: |octets| Box::new(octets.iter().map(|octet| ebcdic(*octet))),
        judge: |text| {
            // Nobody reads EBCDIC without being told; but a text of letters may begin alike ("Lo" is "<?").
            if text.starts_with("<?xml") {
                Recognised::UnreadEncoding("EBCDIC".to_owned())
            } else if text.contains(PLATFORM) {
                Recognised::Platform
            } else {
                Recognised::Other
            }
        },
    },
    Coding {
        characters: |octets| Box::new(utf7(octets)),
        // Text without `+` reads alike in UTF-8 and UTF-7: the first row judges the declared encoding.
        judge: |text| begins(text, |_| true),
    },
];

/// The text of a document of XML 1.1 with the line ends of 1.0 in the place of its own, which its readers take for blanks,
/// also between the names in a tag. In encodings of one octet, NEL is one that is no UTF-8.
///
/// Source: XML 1.1, 2.11.
fn with_line_ends(text: String) -> String {
    let declaration = text.trim_start_matches(is_blank).split_once("?>");
    let is_one_one = declaration.is_some_and(|(said, _)| said.starts_with("<?xml") && said.contains("1.1"));
    if is_one_one {
        text.replace(['\u{85}', '\u{2028}', char::REPLACEMENT_CHARACTER], "\n")
    } else {
        text
    }
}

/// Blanks, byte order marks, and what some readers skip with them.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || character.is_control() || character == '\u{FEFF}'
}

/// Tells whether these characters, behind blanks, are those of a tag, an instruction, a comment or a document type.
fn begins_as_markup(characters: impl Iterator<Item = char>) -> bool {
    let mut characters = characters.skip_while(|character| is_blank(*character));
    characters.next() == Some('<')
        && characters
            .next()
            .is_some_and(|next| next.is_alphabetic() || matches!(next, '?' | '!' | '_' | ':'))
}

fn utf16(octets: &[u8], unit: fn([u8; 2]) -> u16) -> Box<dyn Iterator<Item = char> + '_> {
    let units = octets.as_chunks().0.iter().map(move |pair| unit(*pair));
    let characters = char::decode_utf16(units);
    Box::new(characters.map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)))
}

fn utf32(octets: &[u8], number: fn([u8; 4]) -> u32) -> Box<dyn Iterator<Item = char> + '_> {
    let numbers = octets.as_chunks().0.iter().map(move |four| number(*four));
    Box::new(numbers.map(|number| char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)))
}

/// The characters that all code pages of EBCDIC share (IBM's syntactic character set, 640), and the blanks.
fn ebcdic(octet: u8) -> char {
    const LETTERS: [(u8, &[u8]); 6] = [
        (0x81, b"abcdefghi"),
        (0x91, b"jklmnopqr"),
        (0xA2, b"stuvwxyz"),
        (0xC1, b"ABCDEFGHI"),
        (0xD1, b"JKLMNOPQR"),
        (0xE2, b"STUVWXYZ"),
    ];
    let found = LETTERS.iter().find_map(|(first, letters)| {
        let place = octet.checked_sub(*first)?;
        letters.get(usize::from(place)).map(|letter| char::from(*letter))
    });
    match octet {
        0x40 | 0x05 | 0x0D | 0x15 | 0x25 => ' ',
        0x4B => '.',
        0x4C => '<',
        0x4D => '(',
        0x4E => '+',
        0x50 => '&',
        0x5A => '!',
        0x5C => '*',
        0x5D => ')',
        0x5E => ';',
        0x60 => '-',
        0x61 => '/',
        0x6B => ',',
        0x6C => '%',
        0x6D => '_',
        0x6E => '>',
        0x6F => '?',
        0x7A => ':',
        0x7D => '\'',
        0x7E => '=',
        0x7F => '"',
        0xF0..=0xF9 => char::from(octet - 0xF0 + b'0'),
        _ => found.unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// The characters of UTF-7 (RFC 2152): `+`, then UTF-16 in base64 up to `-` or anything that is no base64.
fn utf7(octets: &[u8]) -> impl Iterator<Item = char> + '_ {
    let mut rest = octets;
    let mut shifted: std::vec::IntoIter<char> = Vec::new().into_iter();
    std::iter::from_fn(move || {
        loop {
            if let Some(character) = shifted.next() {
                return Some(character);
            }
            let (first, tail) = rest.split_first()?;
            rest = tail;
            if *first != b'+' {
                return Some(char::from(*first));
            }
            let end = rest
                .iter()
                .position(|octet| base64(*octet).is_none())
                .unwrap_or(rest.len());
            let (digits, tail) = rest.split_at(end);
            rest = tail.strip_prefix(b"-").unwrap_or(tail);
            if digits.is_empty() {
                return Some('+');
            }
            shifted = utf16_in_base64(digits).into_iter();
        }
    })
}

fn utf16_in_base64(digits: &[u8]) -> Vec<char> {
    let (mut bits, mut held, mut units) = (0_u32, 0_u32, Vec::new());
    for digit in digits.iter().filter_map(|octet| base64(*octet)) {
        (bits, held) = ((bits << 6) | u32::from(digit), held + 6);
        if held >= 16 {
            held -= 16;
            units.push(u16::try_from(bits >> held & 0xFFFF).unwrap_or_default());
            bits &= (1 << held) - 1;
        }
    }
    char::decode_utf16(units)
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn base64(octet: u8) -> Option<u8> {
    match octet {
        b'A'..=b'Z' => Some(octet - b'A'),
        b'a'..=b'z' => Some(octet - b'a' + 26),
        b'0'..=b'9' => Some(octet - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Encodings of one octet in which ASCII, all of markup and all names that are looked for, stays as it is. Not among them
/// are those with shifts (UTF-7, ISO-2022, HZ) and those whose second octets can be letters (Shift JIS, Big5, GB 18030).
fn is_like_ascii(encoding: &str) -> bool {
    let families = ["iso-8859-", "iso8859-", "iso_8859-", "windows-125", "cp125"];
    let is_numbered = |prefix: &&str| {
        let number = encoding
            .get(..prefix.len())
            .filter(|start| start.eq_ignore_ascii_case(prefix));
        let number = number.and_then(|_| encoding.get(prefix.len()..));
        number
            .is_some_and(|number| (1..=2).contains(&number.len()) && number.bytes().all(|digit| digit.is_ascii_digit()))
    };
    is_one_of(encoding, &["UTF-8", "UTF8", "US-ASCII", "ASCII", "latin1"]) || families.iter().any(is_numbered)
}

fn is_utf16(encoding: &str) -> bool {
    is_one_of(
        encoding,
        &["UTF-16", "UTF-16LE", "UTF-16BE", "UTF16", "UCS-2", "ISO-10646-UCS-2"],
    )
}

fn is_utf32(encoding: &str) -> bool {
    is_one_of(
        encoding,
        &["UTF-32", "UTF-32LE", "UTF-32BE", "UTF32", "UCS-4", "ISO-10646-UCS-4"],
    )
}

fn is_one_of(encoding: &str, known: &[&str]) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(encoding))
}

/// Reads up to the root element; `is_this` says which declared encodings are the one that was read.
fn begins(xml: &str, is_this: fn(&str) -> bool) -> Recognised {
    let mut reader = Reader::from_str(xml);
    let mut typed = false;
    loop {
        match reader.read_event() {
            Ok(Event::Start(root) | Event::Empty(root)) => return root_of(&root, typed),
            // A more lenient reader might go on where this one stops.
            Ok(Event::Eof | Event::End(_)) | Err(_) => return Recognised::UnreadXml,
            // It can give the root attributes that do not stand there, namespaces too.
            Ok(Event::DocType(_)) => typed = true,
            Ok(Event::Decl(declaration)) => {
                if let Some(encoding) = declared(&declaration).filter(|encoding| !is_this(encoding)) {
                    return Recognised::UnreadEncoding(encoding);
                }
            }
            Ok(Event::PI(_) | Event::Comment(_) | Event::Text(_) | Event::CData(_) | Event::GeneralRef(_)) => {}
        }
    }
}

/// The encoding that is declared, or `?` if it is declared in a way that cannot be read.
fn declared(declaration: &BytesDecl<'_>) -> Option<String> {
    let encoding = declaration.encoding()?;
    let name = encoding
        .ok()
        // A message for people repeats it, so it is short and visible.
        .map(|name| name.chars().filter(char::is_ascii_graphic).take(40).collect::<String>());
    Some(name.filter(|name| !name.is_empty()).unwrap_or_else(|| "?".to_owned()))
}

fn root_of(root: &BytesStart<'_>, typed: bool) -> Recognised {
    let mut attributes = root.attributes();
    // Without the check for repeated attributes: a reader that does not mind them would take the document.
    let is_readable = attributes.with_checks(false).all(|attribute| attribute.is_ok());
    if has_namespace(root) || (typed && has_name(root)) {
        Recognised::Platform
    } else if is_readable {
        Recognised::Other
    } else {
        Recognised::UnreadXml
    }
}

/// True if `root` has the name of the root of a request or of the content of a proof.
fn has_name(root: &BytesStart<'_>) -> bool {
    let name = root.local_name();
    name.as_ref() == LINK || PlatformOperation::from_root(name.as_ref()).is_some()
}

/// True if `root` declares a namespace of the platform, or one that only a document type could tell.
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
        let expected = if expected {
            Recognised::Platform
        } else {
            Recognised::Other
        };
        check_is(content, &expected);
    }

    #[track_caller]
    fn check_is(content: impl AsRef<[u8]>, expected: &Recognised) {
        let content = content.as_ref();
        assert_eq!(&recognise(content), expected, "{}", String::from_utf8_lossy(content));
    }

    fn in_ebcdic(text: &str) -> Vec<u8> {
        let octet = |letter| (0_u8..=255).find(|octet| super::ebcdic(*octet) == letter);
        text.chars().map(|letter| octet(letter).unwrap()).collect()
    }

    fn unread(encoding: &str) -> Recognised {
        Recognised::UnreadEncoding(encoding.to_owned())
    }

    #[test]
    fn other_letters_under_the_name_of_utf8_are_told() {
        let latin_1 = |declaration: &str| {
            let text = format!("{declaration}<a xmlns=\"{NAMESPACE}\">Zo\u{EB}</a>");
            let octets = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap());
            octets.collect::<Vec<_>>()
        };
        assert!(is_falsely_utf8(&latin_1("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")));
        assert!(is_falsely_utf8(&latin_1("")));
        let named = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";
        assert!(!is_falsely_utf8(&latin_1(named)));
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
        for blank in ['\u{85}', '\u{2028}'] {
            let declared = format!("<?xml version=\"1.1\"?>{blank}");
            check(format!("{declared}{}", link.replace(' ', &blank.to_string())), true);
            check(
                format!("{declared}{}", link.replace(" xml", &format!(" a='b'{blank}xml"))),
                true,
            );
            check(format!("{declared}{}", link.replace('=', &format!("{blank}="))), true);
            check(
                utf16(
                    &format!("{declared}{}", link.replace(' ', &blank.to_string())),
                    u16::to_be_bytes,
                ),
                true,
            );
        }
        let (head, tail) = link.split_once(' ').unwrap();
        let declared = b"<?xml version='1.1' encoding='ISO-8859-1'?>";
        check([declared, head.as_bytes(), b"\x85", tail.as_bytes()].concat(), true);
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
        check("<3 from your doctor", false);
        check("<p>Dear <b>Jan", false);
        check("<!DOCTYPE html><html><p>Dear Jan", false);
        check("<?xml version='1.0' encoding='windows-1252'?><letter/>", false);
        check("Look at the scan", false);
        check("L?ok at the scan", false);
        check("%PDF-1.7", false);
        check(format!("A letter about {NAMESPACE}"), false);
        check("<letter xmlns=\"urn:letter\"/>", false);
        check(
            b"<?xml version='1.0' encoding='ISO-8859-1'?><re\xE7u priv\xE9='oui'/>",
            false,
        );
        check(
            format!("<letter about=\"{NAMESPACE}\"><x xmlns=\"{NAMESPACE}\"/></letter>"),
            false,
        );
        check([0xFF, 0xFE, 0x3C], false);
        check([0x00], false);
    }

    #[test]
    fn blanks_before_it_hide_nothing() {
        let link = format!("<therapeuticlink xmlns=\"{NAMESPACE}\"/>");
        for blanks in [" ", "\r\n\t", "\u{FEFF}\u{FEFF}", "\u{85}\u{2028}", "\0"] {
            let text = format!("{blanks}{link}");
            check(&text, true);
            check(utf16(&text, u16::to_le_bytes), true);
            check(utf16(&text, u16::to_be_bytes), true);
            check(utf32(&text, u32::to_le_bytes), true);
        }
        check(
            [b"\x40\x25", in_ebcdic(&link.replace('"', "'")).as_slice()].concat(),
            true,
        );
    }

    #[test]
    fn encodings_that_are_not_read_are_named() {
        let link = format!("<therapeuticlink xmlns=\"{NAMESPACE}\"/>");
        let declared = |encoding: &str| format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?><letter/>");
        for encoding in [
            "UTF-7",
            "IBM037",
            "Shift_JIS",
            "ISO-2022-JP",
            "HZ",
            "GB18030",
            "UTF-16",
            "iso-8859-",
            "cp1250x",
        ] {
            check_is(declared(encoding), &unread(encoding));
        }
        check_is(declared(""), &unread("?"));
        check_is("<?xml version='1.0' encoding=?><letter/>", &unread("?"));
        check_is(in_ebcdic(&declared("IBM500")), &unread("EBCDIC"));
        check_is(utf16(&declared("UTF-8"), u16::to_le_bytes), &unread("UTF-8"));
        let unusual = |order: [usize; 4]| -> Vec<u8> {
            let fours = link.chars().map(|letter| u32::from(letter).to_be_bytes());
            fours.flat_map(|four| order.map(|place| four[place])).collect()
        };
        check_is(unusual([1, 0, 3, 2]), &unread("UCS-4"));
        check_is(unusual([2, 3, 0, 1]), &unread("UCS-4"));
    }

    #[test]
    fn utf_7_is_seen_through() {
        let hidden = |text: &str| -> String {
            let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let bits: String = octets.iter().map(|octet| format!("{octet:08b}")).collect();
            let sixes = bits.as_bytes().chunks(6);
            let digit = |six: &[u8]| {
                let six = format!("{:0<6}", str::from_utf8(six).unwrap());
                char::from(digits[usize::from_str_radix(&six, 2).unwrap()])
            };
            format!("+{}-", sixes.map(digit).collect::<String>())
        };
        let tail = format!("therapeuticlink xmlns=\"{NAMESPACE}\"/>");
        check(format!("{}{tail}", hidden("<")), true);
        check(format!("{}{}{tail}", hidden("\u{FEFF}"), hidden("<")), true);
        check(hidden(&format!("<{tail}")), true);
        check(
            format!("<{}", tail.replace("hubservices", &hidden("hubservices"))),
            true,
        );
        check(format!("{}letter/>", hidden("<")), false);
        check("<letter>1+1</letter>", false);
    }

    #[test]
    fn what_breaks_off_before_its_root_is_named() {
        for text in [
            "<!DOCTYPE",
            "<?xml",
            "<!-- ",
            "<letter ",
            "<letter a='",
            "<!-- a --></letter>",
            "<![CDATA[x",
        ] {
            check_is(text, &Recognised::UnreadXml);
        }
        check_is("<letter a=b=c 'd'>", &Recognised::UnreadXml);
    }
}
