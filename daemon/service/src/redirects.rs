//! Single calls of websites: a tab brings a call along, and a person is asked about this one call.
//!
//! The website needs no pairing for it, and gets none: it is let in for the call alone.

pub(crate) mod dialogs;

use crate::caller::{Asker, Caller, CallerId};
use crate::pairings::dialog;
use crate::running::Progress;
use crate::tokens::{AdmissionGround, PageAdmission};
use crate::{Call, Context, Service};
use beid_api::{AnswerForm, ApiError, ErrorCode, OperationKey, OperationRow, Scope, Scopes};
use beid_host::random::random_id;
use beid_prompt::layout::paragraph;
use beid_settings::fault_of_origin;
use beid_texts::{Message, Render};
use jiff::SignedDuration;
use std::sync::Arc;

/// Longest time that one call may take, its dialogs included.
const LIFE: SignedDuration = SignedDuration::from_mins(30);

impl Service {
    /// Asks a person whether a page of `origin`, in a browser of `user`, may make this call, and makes it. Dropping the
    /// future closes the dialog and cancels the call, as with [`call`](Self::call).
    ///
    /// # Errors
    /// `not-found` for calls that need no scope, `origin-not-paired` for those of the own page alone,
    /// `scope-missing` and `origin-not-paired` if the settings forbid it: all before anybody is asked. Then those
    /// of the dialog, `user-declined` also if the website's access is taken while it is open; and those of the
    /// call.
    pub async fn call_once(
        self: &Arc<Self>,
        (origin, user): (&str, u32),
        operation: &'static OperationRow,
        mut call: Call,
    ) -> Result<AnswerForm, ApiError> {
        let scope = scope(operation).ok_or(ErrorCode::NotFound)?;
        if operation.is_own_pages() {
            return Err(ErrorCode::OriginNotPaired.into());
        }
        self.may_be_asked(origin, scope)?;
        let asker = Asker::Origin(origin.to_owned());
        let context = Context {
            service: Arc::clone(self),
            caller: Caller {
                asker: asker.clone(),
                user: Some(user),
                ..Caller::anonymous()
            },
            progress: Progress::detached(),
            language: call.language,
            form: None,
            began: self.now(),
        };
        let dialog = self.one_call_dialogs.open(origin);
        let arrived = self.arrival(operation, &mut call.members)?;
        dialog.unless_revoked(ask(&context, scope)).await?;
        arrived.must_be_unchanged(self)?;
        tracing::info!(
            origin,
            operation = operation.name,
            "a person agrees to one call of a website"
        );
        let admitted = self.admit(origin, scope)?;
        // Only now: from here on, whoever takes the access finds the admission, and until here it found the dialog.
        dialog.must_not_be_revoked()?;
        drop(dialog);
        let caller = Caller {
            id: admitted.caller.clone(),
            scopes: scopes_of(scope)?,
            asker,
            user: Some(user),
            ..Caller::anonymous()
        };
        self.call(operation, caller, call).await
    }

    fn may_be_asked(&self, origin: &str, scope: Scope) -> Result<(), ApiError> {
        match self.listed(origin) {
            Some(listed) if listed.allow(scope) => Ok(()),
            Some(_) => Err(ApiError::scope_missing(scope)),
            None if self.asks_about_pages() && fault_of_origin(origin).is_none() => Ok(()),
            None => Err(ErrorCode::OriginNotPaired.into()),
        }
    }

    /// Lets a page in for one call, with a token that nobody is given.
    fn admit(self: &Arc<Self>, origin: &str, scope: Scope) -> Result<AdmittedCall, ApiError> {
        let id = random_id();
        let admission = PageAdmission {
            id: id.clone(),
            origin: origin.to_owned(),
            name: String::new(),
            scopes: scopes_of(scope)?,
            ground: AdmissionGround::OneCall,
            life: LIFE,
        };
        let granted = self.tokens.admit_page(admission, self.now())?;
        self.access_ended(granted.ended.as_slice());
        Ok(AdmittedCall {
            service: Arc::clone(self),
            caller: CallerId::Page {
                origin: origin.to_owned(),
                pairing: id.clone(),
            },
            id,
        })
    }
}

/// Access for one call; it ends with this.
struct AdmittedCall {
    service: Arc<Service>,
    caller: CallerId,
    id: String,
}

impl Drop for AdmittedCall {
    fn drop(&mut self) {
        match self.service.tokens.end_pairing(&self.id, None) {
            Ok(ended) => self.service.access_ended(ended.as_slice()),
            // It is in memory only, and ends by itself.
            Err(error) => tracing::warn!(error = ?error.detail, "access for one call has not ended yet"),
        }
    }
}

/// Scope for which a call is let in; none for calls that need none.
fn scope(operation: &OperationRow) -> Option<Scope> {
    // Files that can be shown, and no digests: one dialog more would not make those less dangerous.
    let files = (operation.key == OperationKey::Sign).then_some(Scope::Sign);
    operation.scope.or(files)
}

fn scopes_of(scope: Scope) -> Result<Scopes, ApiError> {
    Scopes::parse([scope.word()], "scopes")
}

/// Shows who asks and for what, and asks for a yes.
async fn ask(context: &Context, scope: Scope) -> Result<(), ApiError> {
    let turn = context.turn()?;
    let language = context.service.prompter.language();
    let text = [
        context.asks("dialog-asked-once"),
        dialog::scopes(&Message::new("dialog-once-may"), std::iter::once(scope), language),
        paragraph(&Message::new("dialog-once-why").render(language)),
    ];
    let title = Message::new("dialog-once-title");
    turn.confirm_or_silence(&title, &text.join("\n\n"), "dialog-pair-allow")
        .await
}
