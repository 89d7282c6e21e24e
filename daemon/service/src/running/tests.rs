//! Operations that are awaited by several calls, and limits on their number.

use super::table::PER_OWNER;
use super::{CardsMeant, IdempotencyKey, OpenedOperation, OperationId, RunningOperations};
use crate::caller::CallerId;
use crate::events::Events;
use beid_api::{AnswerForm, ApiError, ErrorCode};
use serde_json::json;
use std::sync::Arc;

fn operations() -> RunningOperations {
    RunningOperations::new(Events::new(), Arc::new(|_, _| {}))
}

fn owner() -> CallerId {
    CallerId::Token("digest".to_owned())
}

fn key() -> IdempotencyKey {
    IdempotencyKey::parse(b"k", "POST", "/v1/signatures", b"{}").unwrap()
}

/// Opens an operation with the key, or joins it.
fn keyed(operations: &RunningOperations) -> Result<OpenedOperation, ApiError> {
    operations.open("sign", &owner(), Some((&key(), CardsMeant::default())))
}

/// Opens and ends an operation whose result `owner` collects later, and returns its id.
fn ended(operations: &RunningOperations, owner: &CallerId) -> Result<OperationId, ApiError> {
    let OpenedOperation { wait, ticket } = operations.open("sign", owner, None)?;
    let id = wait.let_run_on();
    ticket.unwrap().close(Ok(AnswerForm::Members(json!({}))));
    Ok(id)
}

#[tokio::test]
async fn a_key_outlives_its_result_and_then_nobody_is_asked() {
    let operations = operations();
    let OpenedOperation { wait, ticket } = keyed(&operations).unwrap();
    ticket
        .unwrap()
        .close(Ok(AnswerForm::Members(json!({ "signed": true }))));
    drop(wait);
    let again = keyed(&operations).unwrap();
    assert!(again.ticket.is_none());
    let outcome = again.wait.outcome().await.unwrap();
    assert!(matches!(outcome, AnswerForm::Members(members) if members["signed"] == true));
    drop(again.wait);
    // As many as it may have take the place of what it was told.
    for _ in 0..PER_OWNER {
        let id = ended(&operations, &owner()).unwrap();
        assert!(operations.collect(&id, &owner()).is_some());
    }
    assert_eq!(keyed(&operations).err().unwrap().code, ErrorCode::NotFound);
}

#[test]
fn the_last_that_leaves_cancels_unless_the_id_was_told() {
    let operations = operations();
    // Waits that there are, and those that let the operation run on; whether it does.
    for (waits, told, runs_on) in [(1, 0, false), (3, 0, false), (3, 1, true)] {
        let OpenedOperation { wait, ticket } = keyed(&operations).unwrap();
        let joined = (1..waits).map(|_| keyed(&operations).unwrap().wait);
        let mut all: Vec<_> = [wait].into_iter().chain(joined).collect();
        let last = all.pop().unwrap();
        for wait in all.drain(..).take(told) {
            drop(wait.let_run_on());
        }
        let ticket = ticket.unwrap();
        assert!(operations.view(&ticket.id(), &owner()).is_some());
        drop(last);
        assert_eq!(ticket.progress().commit(), runs_on, "{waits} {told}");
        // Ends without a PIN, so the key is free for the next row.
        ticket.close(Err(ErrorCode::UserDeclined.into()));
    }
}

#[test]
fn a_cancelled_operation_sends_no_pin_and_a_key_is_free_only_without_one() {
    // Order of both; whether the PIN may be sent, and whether the key then begins a new operation.
    for (cancelled_first, sent, begins_anew) in [(true, false, true), (false, true, false)] {
        let operations = operations();
        let OpenedOperation { wait, ticket } = keyed(&operations).unwrap();
        let (id, ticket) = (wait.let_run_on(), ticket.unwrap());
        let progress = ticket.progress();
        let cancel = || drop(operations.cancel(&id, &owner()).unwrap());
        if cancelled_first {
            cancel();
        }
        assert_eq!(progress.send_pin(), sent);
        cancel();
        assert!(!progress.send_pin());
        assert_eq!(keyed(&operations).unwrap().ticket.is_some(), begins_anew);
    }
}

#[test]
fn an_owner_has_so_many_operations_and_a_website_no_more_than_a_program() {
    let operations = operations();
    let page = |origin: &str, pairing: usize| CallerId::Page {
        origin: origin.to_owned(),
        pairing: pairing.to_string(),
    };
    for number in 0..PER_OWNER {
        ended(&operations, &page("https://a.example", number)).unwrap();
    }
    let refused = ended(&operations, &page("https://a.example", 0)).unwrap_err();
    assert_eq!(
        refused.code,
        ErrorCode::TooManyRequests,
        "nobody has been told their results"
    );
    assert!(ended(&operations, &page("https://b.example", 0)).is_ok());
    assert!(ended(&operations, &owner()).is_ok());
}
