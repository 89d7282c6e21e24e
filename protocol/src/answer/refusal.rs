//! Why an answer is not read at all.

/// What is wrong with an answer that cannot be read. It names elements of the schema, never a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Longer than [`super::LONGEST`].
    #[error("longer than an answer can be")]
    TooLong,
    /// Not UTF-8, or it says itself that it is something else: UTF-16, ISO 8859-1.
    #[error("not UTF-8")]
    NotUtf8,
    /// A document type: whatever declares entities has no business in an answer.
    #[error("a document type declaration")]
    DocumentType,
    /// Not XML with namespaces.
    #[error("not well-formed XML")]
    NotWellFormed,
    /// Elements in elements in elements.
    #[error("nested too deeply")]
    TooDeep,
    /// More elements, texts and comments than the longest list has.
    #[error("too many elements")]
    TooManyNodes,
    /// More attributes on one element than anybody has use for.
    #[error("too many attributes on one element")]
    TooManyAttributes,
    /// More namespaces than all standards together, or one with an endless name.
    #[error("too many namespaces, or one with too long a name")]
    TooManyNamespaces,
    /// Two elements with the same identifier: a signature over one could be taken for one over the other.
    #[error("two elements with the same identifier")]
    RepeatedIdentifier,
    /// The root, or what is in the SOAP body, is none of the answers we know.
    #[error("none of the platform's answers")]
    NotAnAnswer,
    /// A SOAP envelope whose body does not hold exactly one element.
    #[error("a SOAP envelope without exactly one element in its body")]
    NotOneBody,
    /// An element has the name of one of the schema's, and another namespace.
    #[error("{element}: in a namespace that is not its own")]
    WrongNamespace {
        /// The name.
        element: &'static str,
    },
    /// What the schema demands is not there.
    #[error("{element}: missing")]
    Missing {
        /// Its name.
        element: &'static str,
    },
    /// What can be there once is there twice: to believe either would be a guess.
    #[error("{element}: more than once")]
    Repeated {
        /// Its name.
        element: &'static str,
    },
    /// A value that its type does not have.
    #[error("{element}: not a {kind}")]
    Malformed {
        /// The element.
        element: &'static str,
        /// What it should be: `date`, `boolean`...
        kind: &'static str,
    },
}
