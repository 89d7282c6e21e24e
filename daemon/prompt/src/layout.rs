//! Layout of texts in a dialog: our own begin at the margin, those of others stand in quotation marks or indented, so
//! that they cannot pass for ours.

use beid_protocol::name::{is_accent, is_filler, is_format};
use beid_texts::{Language, Message, Render};

/// Width of a dialog's text, in columns. Pinentry programs wrap longer lines at the edge of their window, and continue
/// them at its first column.
pub const COLUMNS: usize = 72;

/// Extra indent of continued lines: more than that of any label of ours, so that no text of a caller can pass for one.
const HANGING: usize = 4;

/// Wraps `text` to [`COLUMNS`]; the first line is indented by `indent`, the others by four columns more. Breaks lines at
/// blanks, and inside a word only if it is longer than a line.
pub fn wrapped(text: &str, indent: usize) -> String {
    in_lines(text, indent, indent + HANGING)
}

/// Wraps a text of ours to [`COLUMNS`], without hanging indent. It must hold no text of a caller.
pub fn paragraph(text: &str) -> String {
    in_lines(text, 0, 0)
}

/// Wraps `text`; the first line begins at column `first`, the others at `others`.
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

/// Begins the next line at column `begin`, and returns that column.
fn go_on(lines: &mut String, begin: usize) -> usize {
    lines.push('\n');
    lines.push_str(&" ".repeat(begin));
    begin
}

/// Replaces indents by no-break spaces: pinentry-curses drops ordinary blanks at the beginning of a line, and a
/// continued line would then begin where our labels do.
pub(super) fn indented(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start_matches(' ');
        shown.extend(std::iter::repeat_n('\u{A0}', line.len() - rest.len()));
        shown.push_str(rest);
    }
    shown
}

/// Indent of the bar before a text of others: a column where no label of ours begins.
const BAR: &str = "    ";

/// Puts each line of `text` behind a bar, and its continuations behind a colon. Several empty lines in a row are
/// replaced by their number in words, without a bar, because blank pages would hide the text after them. No character
/// is left out, so the text can be recovered from the lines shown.
pub fn barred(text: &str, language: Language) -> String {
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

/// Puts one line behind a bar, in as many lines as it needs.
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

/// Returns the number of bytes of `text` that fit in `room` columns: up to and including the last blank, if there is
/// one.
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

/// Returns the width of `text` in columns.
pub fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// Width of `c` on a terminal, in columns: two for East Asian scripts and emoji, none for combining accents.
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

/// Maximum length of an origin that is shown, in characters. A host has at most 253. (RFC 1035, 2.3.4)
const LONGEST_ORIGIN: usize = 280;
/// Maximum length of a program's name that is shown, in characters.
const LONGEST_PROGRAM: usize = 80;

/// Returns the beginning of a program's name for itself.
pub fn beginning(text: &str) -> String {
    let text = plain(text);
    match text.char_indices().nth(LONGEST_PROGRAM) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Returns an origin whole, and only the end of one longer than any host: the end of a host name tells its owner.
pub fn origin(text: &str) -> String {
    let text = plain(text);
    match text.char_indices().nth_back(LONGEST_ORIGIN) {
        Some((before, c)) => format!("…{}", text.get(before + c.len_utf8()..).unwrap_or_default()),
        None => text,
    }
}

/// Puts a caller's text in the quotation marks of the language, which the text itself cannot close.
pub fn quoted(text: &str, language: Language) -> String {
    let inside = within_marks(text);
    match language {
        Language::Nl | Language::En => format!("“{inside}”"),
        // With blanks that no line breaks at.
        Language::Fr => format!("«\u{A0}{inside}\u{A0}»"),
        Language::De => format!("„{inside}“"),
    }
}

/// Replaces the quotation marks of all languages in a caller's text by weaker ones.
pub fn within_marks(text: &str) -> String {
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

/// Removes characters that move, hide or reverse the text beside them, and reduces all blanks to single ones, on one
/// line.
pub fn plain(text: &str) -> String {
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
