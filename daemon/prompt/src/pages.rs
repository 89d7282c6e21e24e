//! Cuts a text into pages.
//!
//! A page is limited by its number of lines and by the length of an Assuan line. In a terminal of 80×24,
//! pinentry-curses shows fifteen lines beside a PIN field, an error and buttons, and refuses a longer dialog as a
//! whole. (pinentry 1.2.1, `dialog_create` in pinentry-curses.c; tried: 18 lines with a PIN, 20 without.)

use super::assuan::Budget;
use super::layout::{COLUMNS, columns};

/// Numbers of lines that a page may have: the usual one, and fewer for windows that turn out to be smaller.
pub const LINES: [usize; 4] = [15, 10, 6, 3];

/// Limits of one page.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Lines, as a terminal of 80 columns wraps them.
    lines: usize,
    /// Assuan's bytes, escapes included.
    budget: Budget,
}

impl Room {
    /// Returns the room of a page with `lines` lines.
    pub fn new(lines: usize) -> Self {
        Self {
            lines,
            budget: Budget::for_description(),
        }
    }

    /// Returns the room that remains below `heading`: one line at least.
    pub fn beside(self, heading: &str) -> Self {
        Self {
            lines: self.lines.saturating_sub(lines_of(heading)).max(1),
            budget: self.budget.beside(heading),
        }
    }

    /// Returns true if `text` fits.
    pub fn fits(self, text: &str) -> bool {
        lines_of(text) <= self.lines && self.budget.holds(text)
    }
}

/// Cuts `text` into pages that each [fit](Room::fits): behind blank lines where possible, else before a line that does
/// not go on from the one above, else behind a line break, else behind a blank. The pages joined equal `text`.
pub fn pages(text: &str, room: Room) -> Vec<&str> {
    let mut pages = Vec::new();
    let mut rest = text;
    while !room.fits(rest) {
        let (page, behind) = rest.split_at(page_end(rest, room));
        pages.push(page);
        rest = behind;
    }
    pages.push(rest);
    pages
}

/// Finds the end of the first page of a text that does not fit: never its start, so that cutting comes to an end.
fn page_end(text: &str, room: Room) -> usize {
    // Reserves the escapes of blanks at both edges, which depend on the cut.
    let room = Room {
        budget: room.budget.less(4),
        ..room
    };
    let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    // What fits grows with the text, so the last end that fits can be searched for.
    let fit = ends.partition_point(|end| text.get(..*end).is_some_and(|head| room.fits(head)));
    let limit = fit.checked_sub(1).and_then(|last| ends.get(last)).or(ends.first());
    let head = limit.and_then(|limit| text.get(..*limit)).unwrap_or(text);
    let behind = |gap: &str| head.rfind(gap).map(|at| at + gap.len());
    let (paragraph, label) = (behind("\n\n"), before_label(text, head));
    // Pages that are less than half full would only be more pages to read.
    let fills = |end: &usize| head.get(..*end).is_some_and(|page| lines_of(page) * 2 > lines_of(head));
    paragraph
        .filter(fills)
        .or(label.filter(fills))
        .or(paragraph)
        .or(label)
        .or_else(|| behind("\n"))
        .or_else(|| behind(" "))
        .unwrap_or(head.len())
}

/// Finds the last place in `head` before a line that does not continue another: one with no more indent than a label.
fn before_label(text: &str, head: &str) -> Option<usize> {
    let breaks = head.match_indices('\n').map(|(at, _)| at + 1);
    let is_label = |at: &usize| {
        let line = text.get(*at..).unwrap_or_default();
        line.chars().take_while(|c| matches!(c, ' ' | '\u{A0}')).count() < 4
    };
    breaks.rev().find(is_label)
}

/// Number of lines that `text` needs once wrapped. A line feed at its end begins no line.
fn lines_of(text: &str) -> usize {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split('\n').map(lines_of_one).sum()
}

fn lines_of_one(line: &str) -> usize {
    let (mut lines, mut column) = (1, 0);
    for word in line.split(' ') {
        let width = columns(word);
        let gap = usize::from(column > 0);
        if column + gap + width <= COLUMNS {
            column += gap + width;
            continue;
        }
        // A word longer than a line continues on the next ones.
        lines += usize::from(column > 0) + width.saturating_sub(1) / COLUMNS;
        column = width.saturating_sub(1) % COLUMNS + 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Room = Room {
        lines: LINES[0],
        budget: Budget::for_description(),
    };

    fn check(text: &str, room: Room, count: usize) -> Vec<&str> {
        let pages = pages(text, room);
        assert_eq!(pages.concat(), text);
        assert!(pages.iter().all(|page| room.fits(page)), "{pages:?}");
        assert_eq!(pages.len(), count, "{pages:?}");
        pages
    }

    #[test]
    fn pages_are_cut_behind_paragraphs() {
        let paragraph = format!("{}\n\n", "word ".repeat(60));
        let text = paragraph.repeat(7);
        let pages = check(&text, USUAL, 4);
        assert_eq!(pages.first(), Some(&paragraph.repeat(2).as_str()));
    }

    #[test]
    fn pages_without_paragraphs_are_cut_where_they_can_be() {
        check("", USUAL, 1);
        check("short", USUAL, 1);
        check(&"x".repeat(2000), USUAL, 3);
        check(&" ".repeat(1000), USUAL, 2);
        check(&"%".repeat(1000), USUAL, 4);
        check(&"ééé ".repeat(300), USUAL, 3);
        check(&"line\n".repeat(300), USUAL, 20);
        let words = "word ".repeat(300);
        let pages = check(&words, USUAL, 2);
        assert!(pages.iter().all(|page| page.ends_with(' ')));
    }

    #[test]
    fn a_line_that_goes_on_stays_with_the_one_above() {
        let item = "  label: words\n      go on\n      and on\n";
        let pages = check(item, Room::new(2), 2);
        assert_eq!(
            pages.first(),
            Some(&"  label: words\n      go on\n"),
            "one item is longer than a page"
        );
        for page in check(&item.repeat(9), Room::new(10), 3) {
            assert!(page.starts_with("  label"), "{page}");
        }
    }

    #[test]
    fn every_size_cuts_every_text_to_an_end() {
        for lines in LINES {
            let room = Room::new(lines).beside("A heading\n\n");
            for text in ["\n".repeat(50), "a b ".repeat(400), "x".repeat(999), "王 ".repeat(200)] {
                let pages = pages(&text, room);
                assert_eq!(pages.concat(), text);
                assert!(pages.iter().all(|page| room.fits(page) && !page.is_empty()));
            }
        }
    }

    #[test]
    fn lines_are_counted_as_they_are_wrapped() {
        for (text, lines) in [
            (String::new(), 1),
            ("\n".to_owned(), 1),
            ("a\n\nb\n".to_owned(), 3),
            ("x".repeat(72), 1),
            ("x".repeat(73), 2),
            ("x".repeat(145), 3),
            (format!("a {}", "x".repeat(72)), 2),
            (format!("a {}", "x".repeat(73)), 3),
            ("word ".repeat(14), 1),
            ("word ".repeat(15), 2),
            ("é".repeat(72), 1),
        ] {
            assert_eq!(lines_of(&text), lines, "{text:?}");
        }
    }

    #[test]
    fn pages_of_the_consent_joined_are_the_text_that_is_hashed() {
        use beid_pki::HashAlgorithm;
        let text = beid_protocol::consent_text::ConsentText::dutch().unwrap();
        for lines in LINES {
            let room = Room::new(lines).beside("Officiële tekst (Nederlands) — pagina 10 van 10\n\n");
            let pages = pages(text.plain_text(), room);
            let hashed = HashAlgorithm::Sha256.digest(pages.concat().as_bytes());
            let hashed: String = hashed.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hashed, text.sha256());
            // With nothing that would be lost at an edge.
            assert!(pages.iter().all(|page| !page.starts_with([' ', '\n'])), "{pages:?}");
            if lines == LINES[0] {
                assert!(pages.iter().all(|page| page.ends_with('\n')), "cut between paragraphs");
            }
        }
    }
}
