//! Texts for people before their language is known: an id, and the values for its gaps. The texts themselves are elsewhere.

use beid_pki::Reason;

/// A text to be rendered in a language that is not yet known.
#[derive(Clone, Debug)]
pub struct Message {
    source: MessageSource,
    gaps: Vec<(&'static str, Gap)>,
}

/// Origin of a text.
#[derive(Clone, Debug)]
pub enum MessageSource {
    /// Id of the text in `locales/`.
    Id(String),
    /// A reason in English. Reasons stand in the code in English, as in the crates below; callers read them in their own
    /// language where `locales/` has a text with that English.
    English(String),
}

/// Value for a gap of a text: the same in every language, or a text itself.
#[derive(Clone, Debug)]
pub enum Gap {
    /// As it is.
    Plain(String),
    /// In the language of the text around it.
    Text(Box<Message>),
    /// Other texts in that language, one behind the other.
    Texts(Vec<Message>),
}

impl From<Reason> for Message {
    /// Takes the sentence about a reason why a check did not pass.
    fn from(reason: Reason) -> Self {
        Self::new(format!("check-{}", reason.word()))
    }
}

impl Message {
    /// The text called `id`.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self::from_source(MessageSource::Id(id.into()))
    }

    fn from_source(source: MessageSource) -> Self {
        Self {
            source,
            gaps: Vec::new(),
        }
    }

    /// Fills the gap `$name`.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl Into<Gap>) -> Self {
        self.gaps.push((name, value.into()));
        self
    }

    /// Fills the gap `$name` with other texts, in the same language, one behind the other.
    #[must_use]
    pub fn list(mut self, name: &'static str, items: Vec<Message>) -> Self {
        self.gaps.push((name, Gap::Texts(items)));
        self
    }

    /// Puts `parent.` before the value for the gap `$member`, if there is one.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        for (name, gap) in &mut self.gaps {
            if let ("member", Gap::Plain(value)) = (*name, gap) {
                value.insert_str(0, &format!("{parent}."));
            }
        }
        self
    }

    /// Its origin.
    #[must_use]
    pub fn source(&self) -> &MessageSource {
        &self.source
    }

    /// Values for its gaps, by name.
    #[must_use]
    pub fn gaps(&self) -> &[(&'static str, Gap)] {
        &self.gaps
    }
}

impl From<&str> for Message {
    /// Takes a reason in English; see [`MessageSource::English`].
    fn from(english: &str) -> Self {
        english.to_owned().into()
    }
}

impl From<String> for Message {
    /// Takes a reason in English; see [`MessageSource::English`].
    fn from(english: String) -> Self {
        Self::from_source(MessageSource::English(english))
    }
}

impl From<String> for Gap {
    fn from(plain: String) -> Self {
        Self::Plain(plain)
    }
}

impl From<&str> for Gap {
    fn from(plain: &str) -> Self {
        Self::Plain(plain.to_owned())
    }
}

impl From<Message> for Gap {
    fn from(text: Message) -> Self {
        Self::Text(Box::new(text))
    }
}
