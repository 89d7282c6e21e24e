//! Programs on the bus that a person has to confirm.

use beid_api::{AnswerForm, ErrorCode, OperationRow};
use beid_service::Call;
use beid_service::caller::{Caller, CallerId};
use beid_testkit::daemon::{Desk, DeskSetup, Person};
use std::path::PathBuf;

/// Calls `operation` as a program on the bus, by its connection.
async fn call(desk: &Desk, connection: &str, operation: &str) -> Result<(), ErrorCode> {
    let caller = Caller {
        executable: Some(PathBuf::from(format!("/usr/bin/program{connection}"))),
        ..Caller::on_bus(connection, "desk")
    };
    let row = OperationRow::named(operation).unwrap();
    match desk.service.call(row, caller, Call::default()).await {
        Ok(AnswerForm::Members(_)) => Ok(()),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.code),
    }
}

async fn desk(answers: &'static [&'static str]) -> Desk {
    Desk::furnish(DeskSetup {
        settings: "[policy]\nconfirm_bus = 'once'",
        ..DeskSetup::new(Person::Follows(answers))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_connection_is_confirmed_once_and_before_anything_but_the_status() {
    let desk = desk(&["cancel", "ok", "ok"]).await;
    assert_eq!(call(&desk, ":1.1", "status").await, Ok(()));
    assert!(desk.dialogs().is_empty());
    assert_eq!(call(&desk, ":1.1", "list-readers").await, Err(ErrorCode::UserDeclined));
    for operation in ["list-readers", "list-tokens", "list-cards"] {
        assert_eq!(call(&desk, ":1.2", operation).await, Ok(()), "{operation}");
    }
    assert_eq!(desk.dialogs().len(), 2);
    assert!(desk.dialogs()[1].1.contains("“desk”"), "{:?}", desk.dialogs());
    desk.service.caller_left(&CallerId::Bus(":1.2".to_owned()));
    assert_eq!(call(&desk, ":1.2", "list-readers").await, Ok(()));
    assert_eq!(
        desk.dialogs().len(),
        3,
        "a connection that has left is none that was confirmed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_leaves_closes_the_question_about_it() {
    let desk = desk(&["wait", "ok"]).await;
    let asks = call(&desk, ":1.1", "list-readers");
    let outcome = tokio::select! {
        outcome = asks => Some(outcome),
        () = desk.asked() => None,
    };
    assert_eq!(outcome, None, "dropped, as a front does when its caller leaves");
    assert_eq!(call(&desk, ":1.2", "list-readers").await, Ok(()));
}
