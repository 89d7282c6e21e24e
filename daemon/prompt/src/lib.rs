//! Dialogs that ask a person yes or no, or the PIN. PINs enter the daemon nowhere else.

pub mod assuan;
pub mod layout;
pub mod pages;
pub mod turns;

use assuan::{AssuanError, Pinentry, PinentryDialog};
use beid_api::{ApiError, ErrorCode};
use beid_card::Pin;
use beid_host::terminal::Terminal;
use beid_texts::{Language, Message, Render};
use layout::{indented, paragraph};
use pages::{LINES, Room, pages};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use turns::{AskingParty, Permit, Turns, WhenBusy};

/// Number of times that a PIN is asked for, while the text typed cannot be one or new PINs differ.
const ROUNDS: usize = 3;

/// Opens dialogs, one at a time.
pub struct Prompter {
    pinentry: Option<Pinentry>,
    language: Language,
    timeout: Duration,
    turns: Arc<Turns>,
    /// Told of each party that a person silences in a dialog.
    on_silence: OnceLock<OnSilence>,
    /// Told of the end of each page.
    on_end: OnceLock<OnPageEnd>,
}

/// Callback for the end of a page of a dialog.
pub type OnPageEnd = Box<dyn Fn(PageEnd) + Send + Sync>;

/// Way in which a page of a dialog has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PageEnd {
    /// The person has typed something, gone on or agreed.
    Answered,
    /// The person has refused.
    Declined,
    /// The person has not answered in time.
    TimedOut,
    /// It could not be shown.
    NotShown,
}

/// Callback for a party that a person silences in a dialog.
pub type OnSilence = Box<dyn Fn(&AskingParty, SilenceTerm) + Send + Sync>;

/// Time for which a person silences a party.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SilenceTerm {
    /// The rest of the day.
    ForADay,
    /// Until a person takes it back.
    ForGood,
}

impl SilenceTerm {
    /// Text of the button.
    fn button(self) -> &'static str {
        match self {
            Self::ForADay => "dialog-quiet",
            Self::ForGood => "dialog-never",
        }
    }
}

/// Exclusive right to open dialogs, until it is dropped.
pub struct Turn<'p> {
    prompter: &'p Prompter,
    permit: Permit,
    /// Program, with the terminal and display for this turn.
    pinentry: Option<Pinentry>,
    /// Index in [`LINES`] of the largest page that fits the window, as far as is known.
    size: AtomicUsize,
    /// True if the next page offers to silence the party: after a refusal, until the first yes.
    offers_quiet: AtomicBool,
    /// Term of the silence that is offered.
    term: SilenceTerm,
}

/// Turn that opens no more dialogs, but keeps others from opening any until it is dropped.
pub struct HeldTurn {
    permit: Permit,
}

/// Ids of the fixed texts in dialogs for one purpose.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    /// Title of the windows.
    pub title: &'static str,
    /// Effect of the PIN, in a sentence; shown in the last dialog if the text took several pages.
    pub in_short: &'static str,
    /// Label of the field for the PIN.
    pub prompt: &'static str,
    /// Text of the button for yes.
    pub ok: &'static str,
    /// Instruction for readers with a keypad: the PIN is typed there after the yes.
    pub keypad: &'static str,
}

impl Prompter {
    /// Prepares to ask through `pinentry`; without one every question is refused.
    #[must_use]
    pub fn new(pinentry: Option<Pinentry>, language: Language, timeout: Duration) -> Self {
        Self {
            pinentry,
            language,
            timeout,
            turns: Arc::default(),
            on_silence: OnceLock::new(),
            on_end: OnceLock::new(),
        }
    }

    /// Calls `told` when a person silences a party in a dialog. Only the first call has an effect.
    pub fn on_silence(&self, told: OnSilence) {
        drop(self.on_silence.set(told));
    }

    /// Calls `told` at the end of each page. Only the first call has an effect.
    pub fn on_end(&self, told: OnPageEnd) {
        drop(self.on_end.set(told));
    }

    /// Time for a person to answer one dialog.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Returns the language of dialogs.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// Takes the turn for `party`, or does as `busy` says. `offered` is the terminal that the caller offers for this call, if any.
    ///
    /// # Errors
    /// `operation-in-progress` while a person is being asked something else, or another party comes first;
    /// `too-many-requests`, with the time to wait, after the person refused this party.
    pub fn turn(&self, party: &AskingParty, busy: WhenBusy, offered: Option<&Terminal>) -> Result<Turn<'_>, ApiError> {
        let permit = self.turns.take(party, busy)?;
        let taken = offered.filter(|_| self.takes_a_terminal());
        let pinentry = self.pinentry.clone().map(|own| match taken {
            Some(terminal) => Pinentry {
                terminal: own.terminal.elsewhere(terminal),
                ..own
            },
            None => own,
        });
        Ok(Turn {
            prompter: self,
            offers_quiet: AtomicBool::new(permit.was_refused_before()),
            term: SilenceTerm::ForADay,
            permit,
            pinentry,
            size: AtomicUsize::new(0),
        })
    }

    /// The program, and its terminal and display; `None` if there is no program.
    #[must_use]
    pub fn pinentry(&self) -> Option<&Pinentry> {
        self.pinentry.as_ref()
    }

    /// Returns true if a caller's terminal may be used: only if the daemon has neither terminal nor display of its own.
    #[must_use]
    pub fn takes_a_terminal(&self) -> bool {
        self.pinentry.as_ref().is_some_and(|own| !own.terminal.is_there())
    }
}

/// Button that continues: its text, and whether Enter presses it.
#[derive(Clone, Copy)]
struct Button {
    text: &'static str,
    is_default: bool,
}

impl Button {
    /// Button of a page that asks nothing.
    const NEXT: Self = Self {
        text: "dialog-next",
        is_default: true,
    };

    /// Button of the page before a PIN on the reader's keypad; nothing happens until digits are typed there.
    const GO_ON: Self = Self {
        text: "dialog-go-on",
        is_default: true,
    };

    /// Makes a button for yes, which Enter does not press.
    fn asks(text: &'static str) -> Self {
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
struct LastPage {
    button: Button,
    other: Option<Choice>,
}

impl LastPage {
    fn new(button: Button) -> Self {
        Self { button, other: None }
    }
}

/// Pages that begin with a heading of ours.
#[derive(Clone, Copy)]
enum Heading {
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
    /// Shows the whole of `text` and asks yes or no. Dropping the future closes the dialog.
    ///
    /// # Errors
    /// `user-declined`, `user-timeout`, or `policy-denied` if nobody can be asked.
    pub async fn confirm(&self, title: &Message, text: &str) -> Result<(), ApiError> {
        self.agree(title, text, "dialog-yes").await
    }

    /// Shows the whole of `text` and asks yes or no, or to silence the party for good. `ok` is the button for yes.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub async fn confirm_or_silence(mut self, title: &Message, text: &str, ok: &'static str) -> Result<(), ApiError> {
        self.term = SilenceTerm::ForGood;
        self.offers_quiet.store(true, Relaxed);
        self.agree(title, text, ok).await
    }

    /// Shows the whole of `text` and asks yes, by the button `ok`, or no.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub async fn agree(&self, title: &Message, text: &str, ok: &'static str) -> Result<(), ApiError> {
        let last = LastPage::new(Button::asks(ok));
        self.in_pages(title, PageText::Ours(text), last, Heading::OnSeveral)
            .await
            .map(drop)
    }

    /// Shows the whole of `text` in pages, the last of which has the buttons of `choice`. A program that has only two
    /// buttons asks for the other way in a dialog of its own, after a no.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub async fn choose(&self, title: &Message, text: &str, choice: &Choice) -> Result<Chosen, ApiError> {
        let last = LastPage {
            button: Button::asks(choice.first),
            other: Some(*choice),
        };
        self.in_pages(title, PageText::Ours(text), last, Heading::OnSeveral)
            .await
    }

    /// Shows the whole of `text` in pages that ask nothing; returns when the person has gone on from the last one. Each
    /// of several pages, and each page of a text that is not ours, begins with a heading, because pinentry-curses shows
    /// no title. The pages without their headings, joined, equal `text`.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub async fn read_out(&self, title: &Message, text: PageText<'_>) -> Result<(), ApiError> {
        let heading = match text {
            // One page of ours says in its first line what it is.
            PageText::Ours(_) => Heading::OnSeveral,
            PageText::Verbatim(_) => Heading::OnEach,
        };
        let last = LastPage::new(Button::NEXT);
        self.in_pages(title, text, last, heading).await.map(drop)
    }

    /// Shows `text` and `last`, and asks for the PIN in the same dialog. A text too long for one dialog is shown whole
    /// in pages before, and `last` in the dialog that asks for the PIN.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm). A text that cannot be a PIN is asked for again, and never sent anywhere.
    pub async fn ask_pin(&self, wording: &Wording, text: &str, last: Option<&str>) -> Result<Pin, ApiError> {
        let mut is_read = false;
        loop {
            let description = self.or_pages(wording, text, last, &mut is_read).await?;
            let dialog = self.dialog(self.say(wording.title), description, Button::asks(wording.ok));
            match self.typed(self.prompted(dialog, wording.prompt)).await {
                Err(AssuanError::TooSmall) if self.make_smaller() => {}
                typed => return typed.map_err(refusal),
            }
        }
    }

    /// Shows `text` and `last`, and tells the person to type the PIN on the reader next; returns when the person
    /// agrees. A text too long for one dialog is shown whole in pages before.
    ///
    /// # Errors
    /// As [`confirm`](Self::confirm).
    pub async fn announce_keypad(&self, wording: &Wording, text: &str, last: Option<&str>) -> Result<(), ApiError> {
        let keypad = paragraph(&self.say(wording.keypad));
        let last: Vec<&str> = last.into_iter().chain([keypad.as_str()]).collect();
        let last = last.join("\n");
        let mut is_read = false;
        loop {
            let description = self.or_pages(wording, text, Some(&last), &mut is_read).await?;
            let dialog = self.dialog(self.say(wording.title), description, Button::GO_ON);
            match self.yes(&dialog).await {
                Err(AssuanError::TooSmall) if self.make_smaller() => {}
                answer => return answer.map_err(refusal),
            }
        }
    }

    /// Asks for a new PIN, twice; two that differ are asked again.
    ///
    /// # Errors
    /// As [`ask_pin`](Self::ask_pin); `user-declined` if they differ to the last.
    pub async fn ask_new_pin(&self, wording: &Wording) -> Result<Pin, ApiError> {
        let mut differed = None;
        for _ in 0..ROUNDS {
            let field = |text: &str, prompt, ok| {
                let dialog = self.dialog(self.say(wording.title), paragraph(&self.say(text)), Button::asks(ok));
                self.prompted(dialog, prompt)
            };
            let mut first = field("dialog-new-pin-text", "dialog-new-pin", "dialog-go-on");
            first.error = differed;
            let new = self.typed(first).await.map_err(refusal)?;
            let again = field("dialog-new-pin-again-text", "dialog-new-pin-again", wording.ok);
            let again = self.typed(again).await.map_err(refusal)?;
            if new.is_same(&again) {
                return Ok(new);
            }
            differed = Some(self.say("dialog-new-pins-differ"));
        }
        let text = Message::new("detail-new-pins-differ");
        Err(ApiError::new(ErrorCode::UserDeclined, text))
    }

    /// Gives up the right to open dialogs, but still keeps others from opening any.
    pub fn hold(self) -> HeldTurn {
        HeldTurn { permit: self.permit }
    }

    /// Notes that the person refused, in dialogs that were each answered.
    pub fn refuse(&self) {
        self.permit.refused();
    }

    /// Notes that an open dialog ends for a reason that is nobody's refusal: the card has gone.
    pub fn excuse(&self) {
        self.permit.excused();
    }

    /// Awaits `dialog` and notes its outcome; a no counts against the party that asks.
    async fn heard<R>(&self, dialog: impl Future<Output = Result<R, AssuanError>>) -> Result<R, AssuanError> {
        self.permit.asks();
        let outcome = dialog.await;
        let end = match &outcome {
            Ok(_) | Err(AssuanError::NotAPin(_) | AssuanError::ThirdButton) => {
                self.permit.answered();
                PageEnd::Answered
            }
            Err(AssuanError::Declined | AssuanError::DeclinedOfTwo) => {
                self.permit.refused();
                PageEnd::Declined
            }
            Err(AssuanError::TimedOut) => {
                self.permit.refused();
                PageEnd::TimedOut
            }
            Err(
                AssuanError::NotInstalled
                | AssuanError::NoProgram(_)
                | AssuanError::NoScreen(_)
                | AssuanError::TooSmall
                | AssuanError::Failed(_)
                | AssuanError::TooLong(_),
            ) => {
                self.permit.excused();
                PageEnd::NotShown
            }
        };
        if let Some(told) = self.prompter.on_end.get() {
            told(end);
        }
        outcome
    }

    /// Returns the description of the dialog that asks for the PIN: `text` and `last`. If they do not fit, shows `text`
    /// in pages now, once, and returns a short sentence and `last`.
    async fn or_pages(
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
    async fn in_pages(
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
    async fn offer_second(&self, title: &str, choice: Option<Choice>) -> Result<Chosen, ApiError> {
        let choice = choice.ok_or(ErrorCode::UserDeclined)?;
        let question = paragraph(&self.say(choice.after_no));
        let dialog = self.dialog(title.to_owned(), question, Button::asks(choice.second));
        self.yes(&dialog).await.map_err(refusal)?;
        Ok(Chosen::Second)
    }

    /// Returns the heading of a page, with an empty line below it.
    fn heading(&self, title: &str, number: usize, count: usize) -> String {
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
    fn room(&self) -> Room {
        Room::new(LINES.get(self.size.load(Relaxed)).copied().unwrap_or(1))
    }

    /// Switches to the next smaller page; returns false if there is none.
    fn make_smaller(&self) -> bool {
        self.size.fetch_add(1, Relaxed) + 1 < LINES.len()
    }

    /// Offers to silence the party in a dialog of its own, after a second no in a program that has no third button.
    async fn offer_silence(&self, title: &str) {
        if !self.permit.was_refused_before() {
            return;
        }
        let mut dialog = self.dialog(
            title.to_owned(),
            paragraph(&self.say("dialog-silence")),
            Button::asks(self.term.button()),
        );
        dialog.cancel = self.say("dialog-may-ask-again");
        // Not through `heard`: whatever comes of it, the person has refused what was asked before.
        if let Ok(pinentry) = self.pinentry()
            && pinentry.confirm(&dialog).await == Ok(())
        {
            self.silence();
        }
    }

    /// Reports that the person silences the party that asks.
    fn silence(&self) {
        if let Some(told) = self.prompter.on_silence.get() {
            told(self.permit.party(), self.term);
        }
    }

    /// Opens `dialog` and returns the PIN typed. A text that cannot be a PIN is asked for again.
    async fn typed(&self, mut dialog: PinentryDialog) -> Result<Pin, AssuanError> {
        for _ in 0..ROUNDS {
            match self.heard(self.pinentry()?.ask_pin(&dialog)).await {
                Err(AssuanError::NotAPin(_)) => dialog.error = Some(self.say("dialog-not-a-pin")),
                typed => return typed,
            }
        }
        Err(AssuanError::Declined)
    }

    async fn yes(&self, dialog: &PinentryDialog) -> Result<(), AssuanError> {
        self.heard(self.pinentry()?.confirm(dialog)).await
    }

    fn prompted(&self, dialog: PinentryDialog, prompt: &str) -> PinentryDialog {
        PinentryDialog {
            prompt: self.say(prompt),
            ..dialog
        }
    }

    fn dialog(&self, title: String, description: String, button: Button) -> PinentryDialog {
        PinentryDialog {
            title,
            description,
            prompt: String::new(),
            ok: self.say(button.text),
            ok_is_default: button.is_default,
            cancel: self.say("dialog-cancel"),
            third_button: None,
            error: None,
            timeout: self.prompter.timeout,
        }
    }

    fn say(&self, id: &str) -> String {
        Message::new(id).render(self.prompter.language)
    }

    fn pinentry(&self) -> Result<&Pinentry, AssuanError> {
        self.pinentry.as_ref().ok_or(AssuanError::NotInstalled)
    }
}

impl HeldTurn {
    /// Notes that the person refused on the reader, or typed nothing there in time.
    pub fn refused(&self) {
        self.permit.refused();
    }
}

/// Turns a failed dialog into the caller's error, with the cause and what to do about it.
fn refusal(error: AssuanError) -> ApiError {
    let cannot = |why: &AssuanError, text: &str| {
        tracing::warn!(%why, "nobody could be asked");
        ApiError::new(ErrorCode::PolicyDenied, Message::new(text))
    };
    match &error {
        AssuanError::Declined | AssuanError::ThirdButton | AssuanError::DeclinedOfTwo => ErrorCode::UserDeclined.into(),
        AssuanError::TimedOut => ErrorCode::UserTimeout.into(),
        AssuanError::NotInstalled => cannot(&error, "detail-no-pinentry"),
        AssuanError::NoProgram(_) => cannot(&error, "detail-pinentry-not-started"),
        AssuanError::NoScreen(_) => cannot(&error, "detail-no-screen"),
        AssuanError::TooSmall => cannot(&error, "detail-window-too-small"),
        AssuanError::Failed(_) => cannot(&error, "detail-no-way-to-ask"),
        // Both are handled before; reaching this is a defect of ours.
        AssuanError::NotAPin(_) | AssuanError::TooLong(_) => ApiError::internal(error),
    }
}
