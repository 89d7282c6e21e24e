//! Callers: identity, scopes, and name in dialogs.

use beid_api::{ApiError, Scope, Scopes};
use beid_host::terminal::Terminal;
use beid_prompt::layout::{beginning, origin, quoted};
use beid_prompt::turns::{AskingParty, WhenBusy};
use beid_texts::{Language, Message, Render};
use jiff::Timestamp;
use std::path::PathBuf;

/// A caller a front has identified.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Identity by which it is recognised; operations belong to it.
    pub id: CallerId,
    /// Scopes that it has.
    pub scopes: Scopes,
    /// Its name in dialogs.
    pub asker: Asker,
    /// The terminal or display it offers for the dialogs of this call.
    pub terminal: Option<Terminal>,
    /// Executable file of a program on the bus, where the system tells it.
    pub executable: Option<PathBuf>,
    /// User of the system whose program called, where it need not be the daemon's own.
    pub user: Option<u32>,
    /// End of its token's validity; `None` if it needs no token, or has one that does not end by itself.
    pub valid_until: Option<Timestamp>,
}

/// Identity of a caller, equal in all its calls.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum CallerId {
    /// A connection on the bus, by its unique name.
    Bus(String),
    /// A native program, by its token's digest: a new token of the same name is another caller.
    Token(String),
    /// A web page, by origin and pairing.
    Page {
        /// Its exact origin.
        origin: String,
        /// Its pairing.
        pairing: String,
    },
    /// The daemon's own page, by its session.
    OwnPage(String),
    /// A caller without a token.
    Anonymous,
}

impl CallerId {
    /// Returns true if both count as one where the number of something is limited: a page can pair as often as it likes.
    #[must_use]
    pub fn shares_limits_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Page { origin, .. }, Self::Page { origin: other, .. }) => origin == other,
            _ => self == other,
        }
    }
}

/// Name of a caller in dialogs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Asker {
    /// A web page: its origin, as the browser told us.
    Origin(String),
    /// A program, by its own name for itself or the name of its token.
    Program(String),
    /// The daemon's own page.
    OwnPage,
}

impl Asker {
    /// Renders the text `{what}-by-page`, `{what}-by-program` or `{what}-by-own-page` with the caller in it. A browser
    /// vouches for an origin; the name that a program gives itself is only its word.
    pub(crate) fn asks(&self, what: &str, language: Language) -> String {
        let text = match self {
            Self::Origin(asks) => Message::new(format!("{what}-by-page")).arg("origin", origin(asks)),
            Self::Program(name) => {
                Message::new(format!("{what}-by-program")).arg("program", quoted(&beginning(name), language))
            }
            Self::OwnPage => Message::new(format!("{what}-by-own-page")),
        };
        text.render(language)
    }
}

impl Caller {
    /// Makes a caller without a token.
    #[must_use]
    pub fn anonymous() -> Self {
        Self {
            id: CallerId::Anonymous,
            scopes: Scopes::default(),
            asker: Asker::Program(String::new()),
            terminal: None,
            executable: None,
            user: None,
            valid_until: None,
        }
    }

    /// Makes the caller for a program on the user's own bus, which has every scope.
    #[must_use]
    pub fn on_bus(unique_name: &str, program: &str) -> Self {
        Self {
            id: CallerId::Bus(unique_name.to_owned()),
            // The bus's front admits our own user only, whose programs can read that user's files and screen anyway.
            scopes: Scopes::all(),
            asker: Asker::Program(program.to_owned()),
            terminal: None,
            executable: None,
            user: None,
            valid_until: None,
        }
    }

    /// Refuses a scope that the caller does not have; `None` needs none.
    ///
    /// # Errors
    /// `scope-missing`, which names the scope.
    pub fn may(&self, scope: Option<Scope>) -> Result<(), ApiError> {
        match scope {
            Some(scope) if !self.scopes.allow(scope) => Err(ApiError::scope_missing(scope)),
            Some(_) | None => Ok(()),
        }
    }

    /// Party that a person's refusal is held against.
    #[must_use]
    pub fn party(&self) -> AskingParty {
        match (&self.id, &self.asker) {
            // Not the pairing, nor a connection below: a page can pair, and a program connect, as often as it likes.
            (CallerId::Page { origin, .. }, _) | (CallerId::Anonymous, Asker::Origin(origin)) => {
                AskingParty::Origin(origin.clone())
            }
            (CallerId::OwnPage(_), _) => AskingParty::OwnPage,
            (CallerId::Token(digest), _) => AskingParty::Token(digest.clone()),
            (CallerId::Bus(_) | CallerId::Anonymous, _) => AskingParty::Program(self.executable.clone()),
        }
    }

    /// Conduct while a person is being asked something else. A website needs nothing to have pages without a token under
    /// any number of names, so they get no place in line.
    pub(crate) fn when_busy(&self) -> WhenBusy {
        match (&self.id, &self.asker) {
            (CallerId::Anonymous, Asker::Origin(_)) => WhenBusy::Leave,
            _ => WhenBusy::Queue,
        }
    }

    /// Returns true if the caller is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.id != CallerId::Anonymous
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_without_a_token_get_no_place_in_line() {
        let asker = Asker::Origin("https://a.example".to_owned());
        let page = CallerId::Page {
            origin: "https://a.example".to_owned(),
            pairing: "p".to_owned(),
        };
        let program = Asker::Program("desk".to_owned());
        for (id, asker, expected) in [
            (CallerId::Anonymous, asker.clone(), WhenBusy::Leave),
            (page, asker, WhenBusy::Queue),
            (CallerId::Token("digest".to_owned()), program.clone(), WhenBusy::Queue),
            (CallerId::Bus(":1.7".to_owned()), program, WhenBusy::Queue),
            (CallerId::OwnPage("session".to_owned()), Asker::OwnPage, WhenBusy::Queue),
        ] {
            let caller = Caller {
                id,
                asker,
                ..Caller::anonymous()
            };
            assert_eq!(caller.when_busy(), expected, "{:?}", caller.id);
        }
    }

    #[test]
    fn dialogs_name_the_own_page_in_words() {
        for what in [
            "dialog-asked",
            "dialog-asked-to-end",
            "dialog-asked-to-verify",
            "dialog-asked-to-change",
            "dialog-asked-for-role",
        ] {
            for language in Language::ALL {
                let asks = Asker::OwnPage.asks(what, language);
                assert!(asks.contains("beidd") && asks.contains(' '), "{asks}");
            }
        }
        let asks = Asker::OwnPage.asks("dialog-asked", Language::En);
        assert_eq!(asks, "The page of beidd on this computer asks for your signature.");
    }
}
