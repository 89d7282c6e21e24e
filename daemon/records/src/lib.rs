//! A holder's data in the formats of others: written as FHIR resources and as files of the government's viewer, and read
//! from such files.
//!
//! Everything here is made from the members that are answered as JSON, so that a form cannot say more than its caller may
//! see. Nothing here reads a card, asks a clock or proves anything.

pub mod fhir;
pub mod viewer;

use beid_api::{ApiError, ErrorCode};
use beid_texts::Message;

/// Returns `text` if a document can carry it as it is: something is in it, and nothing but characters that are seen or are
/// blanks. Otherwise the document leaves it out, because a changed text would be another one.
fn carried(text: &str) -> Option<&str> {
    let fits = |c: char| !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}');
    (!text.trim().is_empty() && text.chars().all(fits)).then_some(text)
}

/// Error for data that a form cannot hold. The text names the `member`, never its value.
fn cannot_carry(member: &str) -> ApiError {
    ApiError::new(
        ErrorCode::NotAcceptable,
        Message::new("detail-form-cannot-carry").arg("member", member),
    )
}
