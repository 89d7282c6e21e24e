//! Errors of the card as errors of the API.

use beid_api::{ApiError, ErrorCode};
use beid_card::CardError;
use beid_texts::Message;

/// Translates an error of the card into its code, and its text where the code alone does not tell enough.
pub(crate) fn card_error(error: &CardError) -> ApiError {
    let code = match error {
        CardError::Removed => ErrorCode::CardRemoved,
        CardError::Busy => ErrorCode::CardBusy,
        CardError::WrongPin { .. } => ErrorCode::PinIncorrect,
        CardError::PinBlocked => ErrorCode::PinBlocked,
        CardError::Abandoned | CardError::PadCancelled | CardError::PadNewPinsDiffer | CardError::PadPinLength => {
            ErrorCode::UserDeclined
        }
        CardError::PadTimedOut => ErrorCode::UserTimeout,
        // Callers for whom a file may be missing have caught that before.
        CardError::Malformed(_) | CardError::Endless { .. } | CardError::NoSuchFile { .. } => {
            ErrorCode::MalformedCardData
        }
        CardError::UnsupportedAlgorithm => ErrorCode::UnsupportedAlgorithm,
        CardError::Service(_) => ErrorCode::PcscUnavailable,
        CardError::Reset
        | CardError::Mute
        | CardError::Comm(_)
        | CardError::Refused { .. }
        | CardError::UnexpectedLength { .. }
        | CardError::PadRefused
        | CardError::NewPinRefused
        | CardError::WrongSignature => ErrorCode::CardError,
    };
    let detail = match error {
        CardError::Malformed(field) => Some(
            Message::new("detail-card-field")
                .arg("field", field.field.to_string())
                .arg("expected", field.expected.to_string()),
        ),
        CardError::NoSuchFile { file } => Some(Message::new("detail-file-absent").arg("name", *file)),
        CardError::Reset
        | CardError::Mute
        | CardError::Comm(_)
        | CardError::Refused { .. }
        | CardError::UnexpectedLength { .. }
        | CardError::Endless { .. }
        | CardError::WrongSignature
        | CardError::Service(_) => Some(Message::new("detail-card-failure").arg("cause", error.to_string())),
        CardError::WrongPin { tries_left: 1 } => Some(Message::new("detail-wrong-pin-one")),
        CardError::WrongPin { tries_left } => {
            Some(Message::new("detail-wrong-pin").arg("tries", tries_left.to_string()))
        }
        CardError::NewPinRefused => Some(Message::new("detail-new-pin-refused")),
        CardError::PadNewPinsDiffer => Some(Message::new("detail-pad-new-pins-differ")),
        CardError::PadPinLength => Some(Message::new("detail-pad-pin-length")),
        CardError::PadRefused => Some(Message::new("detail-pad-refused")),
        CardError::Removed
        | CardError::Busy
        | CardError::PinBlocked
        | CardError::Abandoned
        | CardError::PadTimedOut
        | CardError::PadCancelled
        | CardError::UnsupportedAlgorithm => None,
    };
    let tries_left = if let CardError::WrongPin { tries_left } = error {
        Some(*tries_left)
    } else {
        None
    };
    ApiError {
        code,
        detail,
        tries_left,
        retry_after: None,
        document: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_texts::{ErrorTexts, Language, Render};

    #[test]
    fn words_for_a_wrong_signature_are_those_of_the_card() {
        let of_document = ApiError::from(beid_protocol::ProtocolError::SignatureRejected);
        let of_card = card_error(&CardError::WrongSignature);
        assert_eq!(of_document.code, of_card.code);
        assert_eq!(of_document.detail(Language::En), of_card.detail(Language::En));
    }

    #[test]
    fn what_a_person_does_on_the_reader_is_no_failure_of_the_card() {
        for (error, code, text) in [
            (CardError::PadTimedOut, ErrorCode::UserTimeout, "user-timeout-detail"),
            (CardError::PadCancelled, ErrorCode::UserDeclined, "user-declined-detail"),
            (
                CardError::PadNewPinsDiffer,
                ErrorCode::UserDeclined,
                "detail-pad-new-pins-differ",
            ),
            (
                CardError::PadPinLength,
                ErrorCode::UserDeclined,
                "detail-pad-pin-length",
            ),
            (CardError::PadRefused, ErrorCode::CardError, "detail-pad-refused"),
        ] {
            let answer = card_error(&error);
            assert_eq!((answer.code, answer.tries_left), (code, None), "{error}");
            for language in Language::ALL {
                let said = answer.detail(language);
                assert_eq!(said, Message::new(text).render(language), "{error}");
                assert_ne!(said, text, "{error}: no text in {language:?}");
            }
        }
    }
}
