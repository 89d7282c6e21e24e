//! Open dialogs about single calls, so that whoever takes a website's access, or silences it, closes them.

use beid_api::{ApiError, ErrorCode};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// Dialogs about single calls, by origin and by a number of their own.
#[derive(Clone, Default)]
pub(crate) struct OneCallDialogs(Arc<Mutex<DialogsState>>);

#[derive(Default)]
struct DialogsState {
    open: HashMap<u64, (String, CancellationToken)>,
    next: u64,
}

/// One such dialog, from before it opens until the call is admitted or refused.
pub(super) struct OneCallDialog {
    dialogs: OneCallDialogs,
    number: u64,
    revoked: CancellationToken,
}

impl OneCallDialogs {
    /// Notes that a person is about to be asked about a call of `origin`.
    pub(super) fn open(&self, origin: &str) -> OneCallDialog {
        let mut state = self.lock();
        let (number, revoked) = (state.next, CancellationToken::new());
        state.next += 1;
        state.open.insert(number, (origin.to_owned(), revoked.clone()));
        drop(state);
        OneCallDialog {
            dialogs: self.clone(),
            number,
            revoked,
        }
    }

    /// Closes the dialogs about calls of `origin`; returns true if there are any.
    pub(crate) fn revoke(&self, origin: &str) -> bool {
        let state = self.lock();
        let theirs = state.open.values().filter(|(known, _)| known == origin);
        theirs.inspect(|(_, revoked)| revoked.cancel()).count() > 0
    }

    fn lock(&self) -> MutexGuard<'_, DialogsState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OneCallDialog {
    /// Waits for the person's answer.
    ///
    /// # Errors
    /// `user-declined` as soon as the website's access is taken; those of `asked`.
    pub(super) async fn unless_revoked<R>(
        &self,
        asked: impl Future<Output = Result<R, ApiError>>,
    ) -> Result<R, ApiError> {
        tokio::select! {
            biased;
            // First: a yes in the moment in which the access is taken lets nothing in.
            () = self.revoked.cancelled() => Err(ErrorCode::UserDeclined.into()),
            asked = asked => asked,
        }
    }

    /// Refuses if the website's access was taken meanwhile.
    ///
    /// # Errors
    /// `user-declined`.
    pub(super) fn must_not_be_revoked(&self) -> Result<(), ApiError> {
        if self.revoked.is_cancelled() {
            return Err(ErrorCode::UserDeclined.into());
        }
        Ok(())
    }
}

impl Drop for OneCallDialog {
    fn drop(&mut self) {
        self.dialogs.lock().open.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revoking_a_website_reaches_its_open_dialogs_and_no_others() {
        let dialogs = OneCallDialogs::default();
        let (a, again, b) = ("https://a.example", "https://a.example", "https://b.example");
        let open = [a, again, b].map(|origin| dialogs.open(origin));
        assert!(dialogs.revoke(a));
        assert_eq!(
            open.each_ref().map(|dialog| dialog.must_not_be_revoked().is_err()),
            [true, true, false]
        );
        drop(open);
        assert!(!dialogs.revoke(b) && dialogs.lock().open.is_empty());
        assert!(
            dialogs.open(a).must_not_be_revoked().is_ok(),
            "what comes later is asked anew"
        );
    }
}
