//! How texts stand in a dialog: our words in their column, other people's between marks and kept out of it.

use crate::texts::{Language, Message, Render};
use beid_protocol::name::{is_accent, is_filler, is_format};

/// Columns of a dialog's text. Pinentry programs wrap what is longer wherever their window ends, at its first column.
pub(crate) const COLUMNS: usize = 72;

/// Where lines that go on begin: further in than any of our labels, so that nothing a caller wrote can pass for one.
const HANGING: usize = 4;

/// `text` in lines of at most [`COLUMNS`], the first `indent` columns in, the others [`HANGING`] more. Cut at blanks, and
/// inside a word only if it does not fit a line.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    in_lines(text, indent, indent + HANGING)
}

/// A sentence of our own in which nothing of a caller's stands, in lines of at most [`COLUMNS`].
pub(crate) fn paragraph(text: &str) -> String {
    in_lines(text, 0, 0)
}

/// The first line begins at column `first`, the others at `others`.
fn in_lines(text: &str, first: usize, others: usize) -> String {
    let mut lines = " ".repeat(first);
    let mut column = first;
    let mut line_is_empty = true;
    for word in text.split(' ') {
        let gap = usize::from(!line_is_empty);
        if !line_is_empty && column + gap + columns(word) > COLUMNS {
            column = go_on(&mut lines, others);
        } else if !line_is_empty {
            lines.push(' ');
            column += 1;
        }
        for c in word.chars() {
            if column + width(c) > COLUMNS {
                column = go_on(&mut lines, others);
            }
            lines.push(c);
            column += width(c);
        }
        line_is_empty = false;
    }
    lines
}

/// Begins the next line, at column `begin`.
fn go_on(lines: &mut String, begin: usize) -> usize {
    lines.push('\n');
    lines.push_str(&" ".repeat(begin));
    begin
}

/// `text` with its indents kept: pinentry-curses drops ordinary blanks at the beginning of a line, and then a line that
/// goes on would begin where our labels do.
pub(super) fn indented(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start_matches(' ');
        shown.extend(std::iter::repeat_n('\u{A0}', line.len() - rest.len()));
        shown.push_str(rest);
    }
    shown
}

/// Where the bar before somebody's text stands: at the column where our own labels never begin.
const BAR: &str = "    ";

/// A text of several lines, each behind a bar; where one goes on in the next for want of room, that one stands behind a
/// colon. Empty lines that follow each other are counted in words, without a bar: blank pages hide what comes after
/// them. Not a character is left out, so what was shown can be read back.
pub(crate) fn barred(text: &str, language: Language) -> String {
    let mut shown = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let mut empty = usize::from(line.is_empty());
        while empty > 0 && lines.next_if(|next| next.is_empty()).is_some() {
            empty += 1;
        }
        if empty > 1 {
            let counted = Message::new("dialog-empty-lines").arg("count", empty.to_string());
            shown.push(format!("{BAR}{}", counted.render(language)));
        } else {
            shown.extend(behind_bar(line));
        }
    }
    shown.join("\n")
}

/// One line of somebody's text, in as many as it takes.
fn behind_bar(line: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut mark, mut rest) = ('|', line);
    loop {
        let (fits, behind) = rest.split_at(end_of_line(rest, COLUMNS - BAR.len() - 2));
        lines.push(format!("{BAR}{mark} {fits}"));
        if behind.is_empty() {
            return lines;
        }
        (mark, rest) = (':', behind);
    }
}

/// How many bytes of `text` stand in `room` columns: up to behind the last blank, or what fits if there is none.
fn end_of_line(text: &str, room: usize) -> usize {
    let (mut used, mut behind_blank) = (0, None);
    for (at, c) in text.char_indices() {
        used += width(c);
        if used > room {
            return behind_blank.unwrap_or(at);
        }
        if c == ' ' {
            behind_blank = Some(at + 1);
        }
    }
    text.len()
}

/// How many columns `text` takes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// Columns of `c` on a terminal. East Asian scripts and pictures take two.
fn width(c: char) -> usize {
    match c {
        accent if is_accent(accent) => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

/// Longest name of a program or origin that is shown, in characters. A host has at most 253. (RFC 1035, 2.3.4)
const LONGEST_ORIGIN: usize = 280;
const LONGEST_PROGRAM: usize = 80;

/// The beginning of what a program calls itself.
pub(crate) fn beginning(text: &str) -> String {
    let text = plain(text);
    match text.char_indices().nth(LONGEST_PROGRAM) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// An origin, whole; the end of one that no host has, because the end says whose it is.
pub(crate) fn origin(text: &str) -> String {
    let text = plain(text);
    match text.char_indices().nth_back(LONGEST_ORIGIN) {
        Some((before, c)) => format!("…{}", text.get(before + c.len_utf8()..).unwrap_or_default()),
        None => text,
    }
}

/// A caller's text between the marks of the language, which it cannot close itself.
pub(crate) fn quoted(text: &str, language: Language) -> String {
    let inside = within_marks(text);
    match language {
        Language::Nl | Language::En => format!("“{inside}”"),
        // With blanks that no line breaks at.
        Language::Fr => format!("«\u{A0}{inside}\u{A0}»"),
        Language::De => format!("„{inside}“"),
    }
}

/// A caller's text as it stands between marks: the same in every language, without a mark of any of them.
pub(crate) fn within_marks(text: &str) -> String {
    let weaker = |c| match c {
        '«' => '‹',
        '»' => '›',
        '„' => '‚',
        '“' | '❝' | '〝' => '‘',
        '"' | '”' | '‟' | '″' | '‴' | '❞' | '〞' | '〟' | '＂' | 'ʺ' | '״' | '⹂' => '’',
        other => other,
    };
    plain(text).chars().map(weaker).collect()
}

/// Without characters that move, hide or turn round what stands beside them, and with single blanks: one line of words.
pub(crate) fn plain(text: &str) -> String {
    let is_blank = |c: char| c.is_whitespace() || is_filler(c);
    let shown: String = text
        .chars()
        .filter(|c| is_blank(*c) || !(c.is_control() || is_format(*c)))
        .collect();
    let words: Vec<&str> = shown.split(is_blank).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_text_cannot_turn_a_dialog_round() {
        let quoted = |text| quoted(text, Language::En);
        assert_eq!(quoted("Dr\u{202E} evil\n\nOK\u{200B}"), "“Dr evil OK”");
        assert_eq!(
            quoted(" a»\u{A0}\u{2003}\u{3000}\u{2800}\u{3164}«b\u{E0041}\u{FE0F}\u{7} "),
            "“a› ‹b”"
        );
        assert_eq!(beginning(&"x".repeat(100)).chars().count(), 81);
    }

    #[test]
    fn callers_text_cannot_close_the_marks_of_any_language() {
        let forged = "a” b“ c„ d« e» f\" g″";
        for (language, opening, closing) in [
            (Language::Nl, "“", "”"),
            (Language::Fr, "«\u{A0}", "\u{A0}»"),
            (Language::De, "„", "“"),
            (Language::En, "“", "”"),
        ] {
            let shown = quoted(forged, language);
            let inside = shown
                .strip_prefix(opening)
                .and_then(|shown| shown.strip_suffix(closing));
            let inside = inside.unwrap_or_else(|| panic!("{shown}"));
            assert!(!inside.contains(['“', '”', '„', '«', '»', '"', '″']), "{shown}");
        }
    }

    #[test]
    fn the_end_of_an_origin_is_never_cut() {
        let host = format!("https://{}.evil.example:8443", "bank.be.".repeat(28) + "x");
        assert_eq!(origin(&host), host);
        let longer = format!("https://{}.evil.example", "bank.be.".repeat(60));
        let shown = origin(&longer);
        assert!(shown.starts_with('…') && shown.ends_with(".evil.example"), "{shown}");
        assert_eq!(shown.chars().count(), LONGEST_ORIGIN + 1);
    }

    #[test]
    fn wrapping_loses_no_word() {
        let text = "one two ".repeat(60) + &"x".repeat(200);
        let lines = wrapped(&text, 2);
        let joined: String = lines.split_whitespace().collect();
        assert_eq!(joined, text.replace(' ', ""));
        assert_eq!(wrapped("short", 2), "  short");
        assert_eq!(wrapped(&"x".repeat(72), 0), "x".repeat(72));
        assert_eq!(wrapped(&"x".repeat(73), 0), format!("{}\n    x", "x".repeat(72)));
    }

    /// The lines of a text, out of its barred form.
    fn unbarred(shown: &str) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for line in shown.lines() {
            match (line.strip_prefix("    | "), line.strip_prefix("    : ")) {
                (Some(begun), _) => lines.push(begun.to_owned()),
                (None, Some(more)) => lines.last_mut().unwrap().push_str(more),
                (None, None) => {
                    let count = line
                        .strip_prefix("    (")
                        .and_then(|line| line.strip_suffix(" empty lines)"));
                    let count: usize = count
                        .and_then(|count| count.parse().ok())
                        .unwrap_or_else(|| panic!("{line}"));
                    lines.extend(std::iter::repeat_n(String::new(), count));
                }
            }
        }
        lines
    }

    #[test]
    fn a_text_behind_bars_loses_nothing_and_keeps_to_them() {
        for text in [
            "one line",
            "two\nlines",
            "a blank\n\nline, and a last end\n",
            &"long ".repeat(100),
            &"x".repeat(1000),
            &"王".repeat(200),
            "  indented  and   spaced  \n    | barred\n    : too",
            "first\n\n\n\n\n(4 empty lines)\n\n\nlast",
            &"\n".repeat(4000),
        ] {
            let shown = barred(text, Language::En);
            assert!(shown.lines().all(|line| columns(line) <= COLUMNS), "{shown}");
            assert_eq!(unbarred(&shown), text.lines().collect::<Vec<_>>(), "{shown}");
        }
    }

    #[test]
    fn many_empty_lines_take_one_in_every_language() {
        for language in Language::ALL {
            let shown = barred(&format!("a{}b", "\n".repeat(400)), language);
            assert_eq!(shown.lines().count(), 3, "{shown}");
            assert!(shown.lines().nth(1).unwrap().contains("399"), "{shown}");
        }
    }

    #[test]
    fn indents_are_kept_and_nothing_else_is_changed() {
        assert_eq!(
            indented("a  b\n  c d\n\n    e \n"),
            "a  b\n\u{A0}\u{A0}c d\n\n\u{A0}\u{A0}\u{A0}\u{A0}e \n"
        );
    }

    #[test]
    fn sentences_of_our_own_do_not_hang() {
        assert_eq!(
            paragraph(&"word ".repeat(20))
                .lines()
                .nth(1)
                .map(|line| line.starts_with("word")),
            Some(true)
        );
    }
}
