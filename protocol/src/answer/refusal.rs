//! Reasons why an answer is not read at all.

/// Reason why an answer cannot be read. It names elements of the schema, never a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AnswerRefusal {
    /// Longer than [`super::LONGEST`].
    #[error("longer than an answer can be")]
    TooLong,
    /// Not UTF-8, or declared as another encoding: UTF-16, ISO 8859-1.
    #[error("not UTF-8")]
    NotUtf8,
    /// A document type: it could declare entities, and no answer needs one.
    #[error("a document type declaration")]
    DocumentType,
    /// Not XML with namespaces.
    #[error("not well-formed XML")]
    NotWellFormed,
    /// More levels of elements than any answer needs.
    #[error("nested too deeply")]
    TooDeep,
    /// More elements, texts and comments than the longest list has.
    #[error("too many elements")]
    TooManyNodes,
    /// More attributes on one element than any answer needs.
    #[error("too many attributes on one element")]
    TooManyAttributes,
    /// More namespaces than any answer needs, or one with a very long name.
    #[error("too many namespaces, or one with too long a name")]
    TooManyNamespaces,
    /// Two elements with the same identifier: a signature over one could be taken for one over the other.
    #[error("two elements with the same identifier")]
    RepeatedIdentifier,
    /// The root, or the element in the SOAP body, is no answer of a known operation.
    #[error("none of the platform's answers")]
    NotAnAnswer,
    /// A SOAP envelope whose body does not hold exactly one element.
    #[error("a SOAP envelope without exactly one element in its body")]
    NotOneBody,
    /// An element has a name of the schema, in another namespace.
    #[error("{element}: in a namespace that is not its own")]
    WrongNamespace {
        /// The name.
        element: &'static str,
    },
    /// A required element is missing.
    #[error("{element}: missing")]
    Missing {
        /// Its name.
        element: &'static str,
    },
    /// An element that may occur once is repeated: to believe either would be a guess.
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
        /// The expected type: `date`, `boolean`...
        kind: &'static str,
    },
}
