//! Review of several files before one PIN: all in one list, or one by one.
//!
//! A person who looks at them one by one can leave some out, if the caller takes signatures for a part of its list.
//! Otherwise a no to one of them is a no to all, as the caller expects.

use super::dialog::FilesDialog;
use super::{FilesRead, FilesToSign};
use crate::pin::Asking;
use beid_api::types::LeftOutDocument;
use beid_api::{ApiError, ErrorCode};
use beid_card::Identity;
use beid_prompt::{Choice, Chosen};
use beid_settings::BatchReview;
use beid_texts::Message;

const TITLE: &str = "dialog-title";

/// Buttons below the list of all files.
const TOGETHER: Choice = Choice {
    first: "dialog-sign-all",
    second: "dialog-one-by-one",
    after_no: "dialog-one-by-one-instead",
};

/// Buttons below one file that can be left out.
const THIS_ONE: Choice = Choice {
    first: "dialog-sign-this",
    second: "dialog-leave-out",
    after_no: "dialog-leave-out-instead",
};

/// One review: several files, and the turn to ask about them.
pub(super) struct FilesReview<'r> {
    pub(super) files: &'r FilesToSign,
    pub(super) asking: &'r Asking<'r>,
    pub(super) holder: &'r Identity,
    /// Number of signatures over all files.
    pub(super) signatures: usize,
}

impl FilesReview<'_> {
    /// Shows every file, and returns those that the person does not leave out.
    ///
    /// # Errors
    /// As [`Asking::choose`]; `user-declined` if all are left out.
    pub(super) async fn run(&self) -> Result<FilesToSign, ApiError> {
        let files = self.files;
        if files.review == BatchReview::All {
            let text = files
                .in_dialog(&files.documents, self.signatures, self.asking)
                .text(self.asking, self.holder);
            let chosen = self.asking.choose(&Message::new(TITLE), &text, &TOGETHER).await?;
            if chosen == Chosen::First {
                return Ok(files.part(&files.documents.numbers(), FilesRead::Together));
            }
        }
        let (mut stay, mut left_out) = (Vec::new(), Vec::new());
        for (number, name) in files.documents.names().into_iter().enumerate() {
            if self.stays(number, &name).await? {
                stay.push(number);
            } else {
                left_out.push(LeftOutDocument { index: number, name });
            }
        }
        if stay.is_empty() {
            self.asking.refused();
            let text = Message::new("detail-all-left-out");
            return Err(ApiError::new(ErrorCode::UserDeclined, text));
        }
        let read = FilesRead::OneByOne {
            numbers: stay.clone(),
            left_out,
        };
        Ok(files.part(&stay, read))
    }

    /// Shows one file; returns false if the person leaves it out.
    async fn stays(&self, number: usize, name: &str) -> Result<bool, ApiError> {
        let files = self.files;
        let only = files.documents.part(&[number]);
        let dialog = FilesDialog {
            place: Some((number + 1, files.documents.len())),
            all_or_none: !files.may_leave_out,
            ..files.in_dialog(&only, 1, self.asking)
        };
        let (title, text) = (Message::new(TITLE), dialog.text(self.asking, self.holder));
        let answered = if files.may_leave_out {
            let chosen = self.asking.choose(&title, &text, &THIS_ONE).await;
            chosen.map(|chosen| chosen == Chosen::First)
        } else {
            let agreed = self.asking.agree(&title, &text, THIS_ONE.first).await;
            agreed.map(|()| true)
        };
        answered.map_err(|error| {
            if error.code != ErrorCode::UserDeclined {
                return error;
            }
            let text = Message::new("detail-cancelled-at-file").arg("name", name);
            let document = LeftOutDocument {
                index: number,
                name: name.to_owned(),
            };
            ApiError::new(ErrorCode::UserDeclined, text).at_document(document)
        })
    }
}
