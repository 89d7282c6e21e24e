//! From BER, as others write it, to DER as far as reading needs it.
//!
//! Three things that BER allows are written anew: lengths that are indefinite or longer than they need be, and OCTET
//! STRINGs in pieces. All else stays: an element without any of these inside is copied as it came, to the byte, so what
//! was signed in DER (certificates, signed attributes, revocation lists) can still be verified. Nothing is sorted, and
//! values are not looked at.
//!
//! Source: ITU-T X.690, 8.1.3 (lengths), 8.1.5 (end-of-contents), 8.7 (octet strings), 10.1 and 10.2 (DER).

use std::borrow::Cow;

/// SignedData with a time stamp inside a time stamp inside goes down some thirty levels.
const DEEPEST: usize = 64;
/// A revocation list has at least three elements for each certificate on it.
const MOST_ELEMENTS: usize = 1 << 18;

const OCTET_STRING: u8 = 0x04;
const CONSTRUCTED: u8 = 0x20;
const END_OF_CONTENTS: [u8; 2] = [0, 0];

/// One element, in the order in which they begin.
struct Element {
    /// First byte of the tag.
    start: usize,
    /// First byte of the content.
    content: usize,
    /// Behind the content.
    content_end: usize,
    /// Position behind the element, end-of-contents included.
    end: usize,
    /// Index of the element around it.
    parent: Option<usize>,
    /// Number of elements in it, at any depth.
    inside: usize,
    kind: ElementKind,
    /// True if the length is definite, and as short as it can be.
    plain: bool,
    /// True if it can be copied as it is.
    is_der: bool,
    /// Length of its content once written.
    length: usize,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum ElementKind {
    Primitive,
    Constructed,
    /// An OCTET STRING in pieces.
    Pieces,
    /// One of those pieces; only its content is written.
    Piece,
}

/// Octets that were read, in DER as far as reading needs it.
pub(crate) struct Der<'a> {
    bytes: Cow<'a, [u8]>,
    /// Positions at which elements begin that were written anew.
    rewritten: Vec<usize>,
}

impl Der<'_> {
    /// All of it.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// True if any element that begins in `part`, a slice of these bytes, was written anew.
    pub(crate) fn is_rewritten(&self, part: &[u8]) -> bool {
        let start = part.as_ptr().addr().saturating_sub(self.bytes.as_ptr().addr());
        let first = self.rewritten.partition_point(|at| *at < start);
        self.rewritten
            .get(first)
            .is_some_and(|at| *at < start.saturating_add(part.len()))
    }
}

/// The reason why octets are not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NotBer {
    /// No element of BER, or one that is too deep or too full for a signature.
    Malformed,
    /// Something behind the first element. Whoever signed did not write it, and other programs may read it.
    TrailingOctets,
}

/// `input` as far in DER as reading needs it: borrowed if nothing had to change.
pub(crate) fn to_der(input: &[u8]) -> Result<Der<'_>, NotBer> {
    let (mut elements, end) = scan(input).ok_or(NotBer::Malformed)?;
    if end != input.len() {
        return Err(NotBer::TrailingOctets);
    }
    measure(&mut elements);
    if elements.first().is_some_and(|whole| whole.is_der) {
        return Ok(Der {
            bytes: Cow::Borrowed(input),
            rewritten: Vec::new(),
        });
    }
    write(input, &elements).ok_or(NotBer::Malformed)
}

/// An element whose end was not reached yet.
struct Open {
    index: usize,
    /// Position by which its content must have ended: its own end, or that of the nearest element around it that has one.
    limit: usize,
    is_indefinite: bool,
}

/// The first element of `input` with everything inside, and where it ends. No recursion: the depth is the sender's.
fn scan(input: &[u8]) -> Option<(Vec<Element>, usize)> {
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0_usize;
    loop {
        while let Some(innermost) = open.last() {
            let end = match innermost.is_indefinite {
                false if at < innermost.limit => break,
                false => at,
                true => {
                    let behind = at.checked_add(END_OF_CONTENTS.len())?;
                    if behind > innermost.limit {
                        return None;
                    }
                    if input.get(at..behind)? != END_OF_CONTENTS {
                        break;
                    }
                    behind
                }
            };
            let inside = elements.len().checked_sub(innermost.index)?.checked_sub(1)?;
            let element = elements.get_mut(innermost.index)?;
            (element.content_end, element.end, element.inside) = (at, end, inside);
            at = end;
            open.pop();
        }
        let around = open.last();
        if around.is_none() && !elements.is_empty() {
            return Some((elements, at));
        }
        let limit = around.map_or(input.len(), |around| around.limit);
        let mut element = header(input, at, limit)?;
        element.parent = around.map(|around| around.index);
        if let Some(parent) = element.parent.and_then(|parent| elements.get(parent)) {
            element.kind = within(parent.kind, element.kind, *input.get(at)?)?;
        }
        match element.kind {
            ElementKind::Primitive | ElementKind::Piece => at = element.end,
            ElementKind::Constructed | ElementKind::Pieces => {
                let is_indefinite = element.end == usize::MAX;
                open.push(Open {
                    index: elements.len(),
                    // An indefinite element has no end yet (`usize::MAX`): the one around it is its limit.
                    limit: element.end.min(limit),
                    is_indefinite,
                });
                at = element.content;
            }
        }
        elements.push(element);
        // Checked as elements are found, so that a hostile input takes no more memory than this.
        if open.len() > DEEPEST || elements.len() > MOST_ELEMENTS {
            return None;
        }
    }
}

/// Kind of an element inside of another. The pieces of an OCTET STRING are OCTET STRINGs; pieces that are in pieces again
/// are allowed, and nobody writes them.
fn within(parent: ElementKind, kind: ElementKind, tag: u8) -> Option<ElementKind> {
    match (parent, kind) {
        (ElementKind::Pieces, ElementKind::Primitive) if tag == OCTET_STRING => Some(ElementKind::Piece),
        (ElementKind::Pieces | ElementKind::Primitive | ElementKind::Piece, _) => None,
        (ElementKind::Constructed, kind) => Some(kind),
    }
}

/// Tag and length of the element at `at`, which must end before `limit`.
fn header(input: &[u8], at: usize, limit: usize) -> Option<Element> {
    let tag = *input.get(at)?;
    // Numbers from 31 on take more bytes. No element of a signature has one.
    // Tag 0 is end-of-contents, which only `scan` takes, where it is expected.
    if tag & 0x1F == 0x1F || tag == 0 {
        return None;
    }
    let kind = match tag {
        _ if tag & CONSTRUCTED == 0 => ElementKind::Primitive,
        _ if tag == OCTET_STRING | CONSTRUCTED => ElementKind::Pieces,
        _ => ElementKind::Constructed,
    };
    let length_at = at.checked_add(1)?;
    let first = *input.get(length_at)?;
    let behind = length_at.checked_add(1)?;
    let (content, length, plain) = match first {
        // X.690, 8.1.3.2: a primitive element has a definite length.
        0x80 if kind == ElementKind::Primitive => return None,
        0x80 => (behind, None, false),
        short @ ..0x80 => (behind, Some(usize::from(short)), true),
        long => {
            let content = behind.checked_add(usize::from(long & 0x7F))?;
            let length = number(input.get(behind..content)?)?;
            let shortest = content - length_at == length_octets(length);
            (content, Some(length), shortest)
        }
    };
    let end = match length {
        None => usize::MAX,
        Some(length) => content.checked_add(length).filter(|end| *end <= limit)?,
    };
    Some(Element {
        start: at,
        content,
        content_end: end,
        end,
        parent: None,
        inside: 0,
        kind,
        plain,
        is_der: true,
        length: 0,
    })
}

fn number(octets: &[u8]) -> Option<usize> {
    octets.iter().try_fold(0_usize, |number, octet| {
        number.checked_mul(256)?.checked_add(usize::from(*octet))
    })
}

/// Number of bytes that a length takes in DER.
fn length_octets(length: usize) -> usize {
    der_length(length).len()
}

fn der_length(length: usize) -> Vec<u8> {
    if let Some(short) = u8::try_from(length).ok().filter(|short| *short < 0x80) {
        return vec![short];
    }
    let octets: Vec<u8> = length
        .to_be_bytes()
        .into_iter()
        .skip_while(|octet| *octet == 0)
        .collect();
    let count = u8::try_from(octets.len()).unwrap_or(0x7F);
    [vec![0x80 | count], octets].concat()
}

/// Decides what is copied, and how long all else becomes: from the last element to the first, so that each is ready when
/// the one around it is looked at.
fn measure(elements: &mut [Element]) {
    for index in (0..elements.len()).rev() {
        let Some(element) = elements.get_mut(index) else {
            continue;
        };
        element.is_der &= element.plain && element.kind != ElementKind::Pieces;
        if element.is_der || matches!(element.kind, ElementKind::Primitive | ElementKind::Piece) {
            element.length = element.content_end - element.content;
        }
        let whole = match element.kind {
            ElementKind::Piece => element.length,
            ElementKind::Primitive | ElementKind::Constructed | ElementKind::Pieces => {
                1 + length_octets(element.length) + element.length
            }
        };
        let (is_der, parent) = (element.is_der, element.parent);
        if let Some(parent) = parent.and_then(|parent| elements.get_mut(parent)) {
            parent.is_der &= is_der;
            parent.length += whole;
        }
    }
}

fn write<'a>(input: &[u8], elements: &[Element]) -> Option<Der<'a>> {
    let mut output = Vec::with_capacity(input.len());
    let mut rewritten = Vec::new();
    let mut index = 0;
    while let Some(element) = elements.get(index) {
        index += 1;
        let content = element.content..element.content_end;
        if element.kind == ElementKind::Piece {
            output.extend_from_slice(input.get(content)?);
        } else if element.is_der {
            output.extend_from_slice(input.get(element.start..element.end)?);
            index += element.inside;
        } else {
            rewritten.push(output.len());
            output.push(match element.kind {
                ElementKind::Pieces => OCTET_STRING,
                ElementKind::Primitive | ElementKind::Constructed | ElementKind::Piece => *input.get(element.start)?,
            });
            output.extend_from_slice(&der_length(element.length));
            if element.kind == ElementKind::Primitive {
                output.extend_from_slice(input.get(content)?);
            }
        }
    }
    Some(Der {
        bytes: Cow::Owned(output),
        rewritten,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &[u8], expected: Option<&[u8]>) {
        assert_eq!(to_der(input).as_ref().map(Der::bytes).ok(), expected);
    }

    #[test]
    fn der_is_borrowed() {
        let input = [0x30, 5, 0x04, 1, 9, 0x05, 0];
        assert!(matches!(to_der(&input).unwrap().bytes, Cow::Borrowed(same) if same == input));
        // Lengths of two and of three bytes, each as short as it can be.
        for (head, length) in [(&[0x04, 0x81, 200][..], 200), (&[0x04, 0x82, 1, 44], 300)] {
            let input = [head, &vec![7; length]].concat();
            assert!(matches!(to_der(&input).unwrap().bytes, Cow::Borrowed(same) if same == input));
        }
    }

    #[test]
    fn indefinite_lengths_become_definite() {
        check(&[0x30, 0x80, 0x05, 0, 0, 0], Some(&[0x30, 2, 0x05, 0]));
        check(
            &[0x30, 0x80, 0xA0, 0x80, 0x02, 1, 7, 0, 0, 0, 0],
            Some(&[0x30, 5, 0xA0, 3, 0x02, 1, 7]),
        );
        check(
            &[0x30, 6, 0x31, 0x80, 0x05, 0, 0, 0],
            Some(&[0x30, 4, 0x31, 2, 0x05, 0]),
        );
        check(&[0x30, 0x80, 0, 0], Some(&[0x30, 0]));
    }

    #[test]
    fn lengths_become_as_short_as_they_can_be() {
        check(&[0x30, 0x81, 2, 0x05, 0], Some(&[0x30, 2, 0x05, 0]));
        check(&[0x04, 0x82, 0, 1, 7], Some(&[0x04, 1, 7]));
        // The longest length in one byte, and the next.
        for (length, head) in [(127, &[0x04, 127][..]), (128, &[0x04, 0x81, 128])] {
            let content = vec![7; usize::from(length)];
            check(
                &[&[0x04, 0x82, 0, length][..], &content].concat(),
                Some(&[head, &content].concat()),
            );
        }
        let long = [&[0x30, 0x80, 0x04, 0x81, 200][..], &[7; 200], &[0, 0]].concat();
        check(
            &long,
            Some(&[&[0x30, 0x81, 203, 0x04, 0x81, 200][..], &[7; 200]].concat()),
        );
    }

    #[test]
    fn pieces_of_octet_strings_are_joined() {
        check(
            &[0x24, 0x80, 0x04, 2, 1, 2, 0x04, 1, 3, 0, 0],
            Some(&[0x04, 3, 1, 2, 3]),
        );
        check(&[0x30, 7, 0x24, 5, 0x04, 1, 1, 0x04, 0], Some(&[0x30, 3, 0x04, 1, 1]));
        check(&[0x24, 3, 0x02, 1, 1], None);
        check(&[0x24, 5, 0x24, 3, 0x04, 1, 1], None);
    }

    #[test]
    fn what_was_written_anew_is_known() {
        // Two sets: one as in DER, one with an indefinite length inside.
        let der = to_der(&[0x30, 0x80, 0x31, 2, 5, 0, 0x31, 4, 0x30, 0x80, 0, 0, 0, 0]).unwrap();
        assert_eq!(der.bytes(), [0x30, 8, 0x31, 2, 5, 0, 0x31, 2, 0x30, 0]);
        assert!(!der.is_rewritten(&der.bytes()[4..6]));
        assert!(der.is_rewritten(&der.bytes()[8..10]));
        // The other way round: what stands before a part says nothing of it.
        let der = to_der(&[0x30, 0x80, 0x31, 4, 0x30, 0x80, 0, 0, 0x31, 2, 5, 0, 0, 0]).unwrap();
        assert_eq!(der.bytes(), [0x30, 8, 0x31, 2, 0x30, 0, 0x31, 2, 5, 0]);
        assert!(der.is_rewritten(&der.bytes()[4..6]));
        assert!(!der.is_rewritten(&der.bytes()[6..10]));
    }

    #[test]
    fn what_is_cut_or_goes_on_is_refused() {
        for input in [
            &[][..],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x80, 0x05, 0],
            &[0x30, 0x80, 0x05, 0, 0],
            &[0x30, 3, 0x05, 0],
            &[0x30, 2, 0x05, 1],
            &[0x30, 0, 0],
            &[0x30, 0x80, 0, 0, 0],
            &[0x04, 0x80, 0, 0],
            &[0x30, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x30, 0xFF],
            &[0x1F, 1, 0],
            // An element, or an end, that is behind the end of what it is in.
            &[0x30, 4, 0x31, 0x80, 0x05, 0, 0, 0],
            &[0x30, 4, 0x31, 0x80, 0x04, 4, 1, 2, 3, 4, 0, 0],
            &[0, 0],
        ] {
            check(input, None);
        }
        // There is no end behind which anything could be.
        assert_eq!(to_der(&[0x04, 0x80, 0, 0]).err(), Some(NotBer::Malformed));
    }

    #[test]
    fn octets_behind_are_told_from_a_cut() {
        for whole in [&[0x30, 2, 0x05, 0][..], &[0x30, 0x80, 0x05, 0, 0, 0]] {
            let behind = [whole, &[0]].concat();
            assert_eq!(to_der(&behind).err(), Some(NotBer::TrailingOctets));
            let cut = &whole[..whole.len() - 1];
            assert_eq!(to_der(cut).err(), Some(NotBer::Malformed));
        }
    }

    #[test]
    fn depth_has_an_end() {
        let nested = |depth: usize| [[0x30, 0x80].repeat(depth), [0, 0].repeat(depth)].concat();
        assert!(to_der(&nested(DEEPEST)).is_ok());
        assert!(to_der(&nested(DEEPEST + 1)).is_err());
        assert!(to_der(&nested(1 << 19)).is_err());
    }

    #[test]
    fn no_more_elements_than_a_signature_needs() {
        let full = |count: usize| [&[0x30, 0x80][..], &[5, 0].repeat(count), &[0, 0]].concat();
        // The element around them counts, too.
        assert!(to_der(&full(MOST_ELEMENTS - 1)).is_ok());
        assert!(to_der(&full(MOST_ELEMENTS)).is_err());
    }
}
