//! Who asks.

use crate::api::{ApiError, Scope, Scopes};
use crate::host::terminal::Terminal;
use crate::prompt::layout::{beginning, origin, quoted};
use crate::prompt::turns::AskingParty;
use crate::texts::{Language, Message, Render};
use std::path::PathBuf;

/// A caller a front has identified.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What makes it the same caller again: operations belong to it.
    pub id: CallerId,
    /// What it may do.
    pub scopes: Scopes,
    /// What dialogs call it.
    pub asker: Asker,
    /// The terminal or display it offers for the dialogs of this call.
    pub terminal: Option<Terminal>,
    /// Executable file of a program on the bus, where the system tells it.
    pub executable: Option<PathBuf>,
}

/// The same caller has the same id.
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
    /// Nobody we know.
    Anonymous,
}

/// What a dialog calls whoever asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Asker {
    /// A web page: its origin, as the browser told us.
    Origin(String),
    /// A program: what it calls itself, or what its token is called.
    Program(String),
}

impl Asker {
    /// The text `what` with who asks in it: `{what}-by-page` or `{what}-by-program`. A browser vouches for an origin; what
    /// a program calls itself is only its word.
    pub(crate) fn asks(&self, what: &str, language: Language) -> String {
        let text = match self {
            Self::Origin(asks) => Message::new(format!("{what}-by-page")).arg("origin", origin(asks)),
            Self::Program(name) => {
                Message::new(format!("{what}-by-program")).arg("program", quoted(&beginning(name), language))
            }
        };
        text.render(language)
    }
}

impl Caller {
    /// Somebody without a token.
    #[must_use]
    pub fn anonymous() -> Self {
        Self {
            id: CallerId::Anonymous,
            scopes: Scopes::default(),
            asker: Asker::Program(String::new()),
            terminal: None,
            executable: None,
        }
    }

    /// A program on the user's own bus: it may do everything.
    #[must_use]
    pub fn on_bus(unique_name: &str, program: &str) -> Self {
        Self {
            id: CallerId::Bus(unique_name.to_owned()),
            scopes: Scopes::all(),
            asker: Asker::Program(program.to_owned()),
            terminal: None,
            executable: None,
        }
    }

    /// Refuses what it may not do; `None` needs no permission.
    ///
    /// # Errors
    /// `scope-missing`, which names it.
    pub fn may(&self, scope: Option<Scope>) -> Result<(), ApiError> {
        match scope {
            Some(scope) if !self.scopes.allow(scope) => Err(ApiError::scope_missing(scope)),
            Some(_) | None => Ok(()),
        }
    }

    /// The one a person's no is held against.
    #[must_use]
    pub fn party(&self) -> AskingParty {
        match (&self.id, &self.asker) {
            (CallerId::Page { origin, .. }, _) | (CallerId::Anonymous, Asker::Origin(origin)) => {
                AskingParty::Origin(origin.clone())
            }
            (CallerId::Token(digest), _) => AskingParty::Token(digest.clone()),
            (CallerId::Bus(_) | CallerId::Anonymous, _) => AskingParty::Program(self.executable.clone()),
        }
    }

    /// Whether we know who it is.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.id != CallerId::Anonymous
    }
}
