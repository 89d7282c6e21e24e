//! Text in pages: as many as it needs, with the question on the last.

use super::one_dialog::refusal;
use super::{SilenceTerm, Turn, Wording};
use crate::assuan::AssuanError;
use crate::layout::{indented, paragraph};
use crate::pages::{LINES, Room, pages};
use beid_api::{ApiError, ErrorCode};
use beid_texts::{Message, Render};
use std::sync::atomic::Ordering::Relaxed;

/// Button that continues: its text, and whether Enter presses it.
#[derive(Clone, Copy)]
pub(super) struct Button {
    pub(super) text: &'static str,
    pub(super) is_default: bool,
}

impl Button {
    /// Button of a page that asks nothing.
    pub(super) const NEXT: Self = Self {
        text: "dialog-next",
        is_default: true,
    };

    /// Button of the page before a PIN on the reader's keypad; nothing happens until digits are typed there.
    pub(super) const GO_ON: Self = Self {
        text: "dialog-go-on",
        is_default: true,
    };

    /// Makes a button for yes, which Enter does not press.
    pub(super) fn asks(text: &'static str) -> Self {
        Self {
            text,
            is_default: false,
        }
    }
}

/// Two ways to go on from a dialog, beside the no: ids of their texts.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Button for the first way.
    pub first: &'static str,
    /// Button for the second way.
    pub second: &'static str,
    /// Question for the second way after a no, in programs that have two buttons only.
    pub after_no: &'static str,
}

/// Way that a person chose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Chosen {
    /// The first.
    First,
    /// The second.
    Second,
}

/// Buttons of the last page, beside the no.
pub(super) struct LastPage {
    pub(super) button: Button,
    pub(super) other: Option<Choice>,
}

impl LastPage {
    pub(super) fn new(button: Button) -> Self {
        Self { button, other: None }
    }
}

/// Pages that begin with a heading of ours.
#[derive(Clone, Copy)]
pub(super) enum Heading {
    /// Each page.
    OnEach,
    /// Each page, if there are several.
    OnSeveral,
}

/// Text that is shown in pages, by its origin.
#[derive(Clone, Copy)]
pub enum PageText<'t> {
    /// Text of ours, with quotations.
    Ours(&'t str),
    /// Text of others that is signed word for word: no character is changed and nothing is added between its lines.
    Verbatim(&'t str),
}

impl PageText<'_> {
    fn shown(self) -> String {
        match self {
            Self::Ours(text) => indented(text),
            Self::Verbatim(text) => text.to_owned(),
        }
    }
}

impl Turn<'_> {
    /// Returns the description of the dialog that asks for the PIN: `text` and `last`. If they do not fit, shows `text`
    /// in pages now, once, and returns a short sentence and `last`.
    pub(super) async fn or_pages(
        &self,
        wording: &Wording,
        text: &str,
        last: Option<&str>,
        is_read: &mut bool,
    ) -> Result<String, ApiError> {
        let with_last = |text: &str| indented(&[text].into_iter().chain(last).collect::<Vec<_>>().join("\n\n"));
        let whole = with_last(text);
        // A dialog with a field cannot have the third button ("not for a while"), so the text goes to pages that have
        // it.
        if !*is_read && self.room().fits(&whole) && !self.offers_quiet.load(Relaxed) {
            return Ok(whole);
        }
        if !*is_read {
            self.read_out(&Message::new(wording.title), PageText::Ours(text))
                .await?;
            *is_read = true;
        }
        Ok(with_last(&paragraph(&self.say(wording.in_short))))
    }

    /// Shows `text` page by page; `last` has the buttons of the last page. If a window turns out to be too small, the
    /// rest of the text is cut anew.
    pub(super) async fn in_pages(
        &self,
        title: &Message,
        text: PageText<'_>,
        last: LastPage,
        heading: Heading,
    ) -> Result<Chosen, ApiError> {
        let title = title.render(self.prompter.language);
        let shown = text.shown();
        let (mut rest, mut number) = (shown.as_str(), 1);
        loop {
            let widest = self.heading(&title, 999, 999);
            let room = match heading {
                Heading::OnSeveral if number == 1 && self.room().fits(rest) => self.room(),
                Heading::OnSeveral | Heading::OnEach => self.room().beside(&widest),
            };
            let pages = pages(rest, room);
            let Some(&page) = pages.first() else {
                return Ok(Chosen::First);
            };
            let on_it = match text {
                // Empty lines between paragraphs of ours can be left out at the end of a page.
                PageText::Ours(_) => page.trim_end_matches('\n'),
                PageText::Verbatim(_) => page,
            };
            let count = number + pages.len() - 1;
            let description = match (heading, count) {
                (Heading::OnSeveral, 1) => on_it.to_owned(),
                (Heading::OnSeveral | Heading::OnEach, _) => self.heading(&title, number, count) + on_it,
            };
            let in_title = match count {
                1 => title.clone(),
                _ => format!("{title} {number}/{count}"),
            };
            let offers_quiet = self.offers_quiet.load(Relaxed);
            let choice = last.other.filter(|_| pages.len() == 1);
            // There is one third button. A last page that offers silence first is shown once more, with its choice.
            let is_last = pages.len() == 1 && !(offers_quiet && choice.is_some());
            let button = if is_last { last.button } else { Button::NEXT };
            let mut dialog = self.dialog(in_title, description, button);
            dialog.third_button = if offers_quiet {
                Some(self.say(self.term.button()))
            } else {
                choice.map(|choice| self.say(choice.second))
            };
            match self.yes(&dialog).await {
                Ok(()) => self.offers_quiet.store(self.term == SilenceTerm::ForGood, Relaxed),
                Err(AssuanError::TooSmall) if self.make_smaller() => continue,
                Err(error @ AssuanError::ThirdButton) if offers_quiet => {
                    self.permit.refused();
                    self.silence();
                    return Err(refusal(error));
                }
                Err(error @ AssuanError::DeclinedOfTwo) if offers_quiet => {
                    self.offer_silence(&title).await;
                    return Err(refusal(error));
                }
                // A third button without a choice would have been none of ours: no way to a yes.
                Err(AssuanError::ThirdButton) if choice.is_some() => return Ok(Chosen::Second),
                Err(AssuanError::DeclinedOfTwo) => return self.offer_second(&title, choice).await,
                Err(error) => return Err(refusal(error)),
            }
            if is_last {
                return Ok(Chosen::First);
            }
            if pages.len() > 1 {
                rest = rest.get(page.len()..).unwrap_or_default();
                number += 1;
            }
        }
    }

    /// Asks for the second way of a choice after a no, in a program that has no third button.
    pub(super) async fn offer_second(&self, title: &str, choice: Option<Choice>) -> Result<Chosen, ApiError> {
        let choice = choice.ok_or(ErrorCode::UserDeclined)?;
        let question = paragraph(&self.say(choice.after_no));
        let dialog = self.dialog(title.to_owned(), question, Button::asks(choice.second));
        self.yes(&dialog).await.map_err(refusal)?;
        Ok(Chosen::Second)
    }

    /// Returns the heading of a page, with an empty line below it.
    pub(super) fn heading(&self, title: &str, number: usize, count: usize) -> String {
        let text = match count {
            1 => title.to_owned(),
            _ => Message::new("dialog-page")
                .arg("title", title)
                .arg("number", number.to_string())
                .arg("count", count.to_string())
                .render(self.prompter.language),
        };
        format!("{}\n\n", paragraph(&text))
    }

    /// Returns the room of a page, as far as this turn knows the window.
    pub(super) fn room(&self) -> Room {
        Room::new(LINES.get(self.size.load(Relaxed)).copied().unwrap_or(1))
    }

    /// Switches to the next smaller page; returns false if there is none.
    pub(super) fn make_smaller(&self) -> bool {
        self.size.fetch_add(1, Relaxed) + 1 < LINES.len()
    }
}
