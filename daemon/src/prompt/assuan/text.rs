//! Text on Assuan lines: how it is written, and how much fits.

use super::MAX_LINE;

/// Whether `text` can be the description of one dialog.
#[must_use]
pub fn fits(text: &str) -> bool {
    "SETDESC ".len() + escape(text).len() <= MAX_LINE
}

/// Cuts `text` into pages that each [fit](fits), behind blank lines where possible, else behind line breaks, else behind
/// blanks. The pages joined equal `text`.
#[must_use]
pub fn pages(text: &str) -> Vec<String> {
    let mut pages = Vec::new();
    let mut rest = text;
    while !fits(rest) {
        let (page, behind) = rest.split_at(page_end(rest));
        pages.push(page.to_owned());
        rest = behind;
    }
    pages.push(rest.to_owned());
    pages
}

/// Where to cut a text that does not fit: never at its very start, so that cutting comes to an end.
fn page_end(text: &str) -> usize {
    // A blank takes two bytes more at a page's edge.
    let room = MAX_LINE - "SETDESC ".len() - 4;
    let mut used = 0;
    let mut overflows = |character: char| {
        used += if is_special(character) { 3 } else { character.len_utf8() };
        used > room
    };
    let limit = text.char_indices().find(|(_, character)| overflows(*character));
    let head = text.get(..limit.map_or(text.len(), |(at, _)| at)).unwrap_or(text);
    let gaps = ["\n\n", "\n", " "].iter();
    gaps.filter_map(|gap| Some(head.rfind(gap)? + gap.len()))
        .next()
        .unwrap_or(head.len())
}

/// Escapes an argument: a request is one line, and a blank at its edge would be lost.
pub(super) fn escape(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let at_edge = at == 0 || at + 1 == text.len();
        if is_special(character) || (at_edge && character == ' ') {
            line.push_str(&format!("%{:02X}", u32::from(character)));
        } else {
            line.push(character);
        }
    }
    line
}

/// All of these are one byte in UTF-8.
fn is_special(character: char) -> bool {
    character == '%' || character.is_ascii_control()
}
