//! The Belgian eID daemon for care.

/// How a person is asked.
pub mod prompt {
    pub mod assuan;
}
