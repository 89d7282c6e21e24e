//! Any order of records, cuts, crashes, deliveries and purges, compared with a plain list.
//!
//! `expected` is the list: what a desk and its server must have. `desk` is a real store, with a real server behind a link
//! that fails. `tampering` changes copies of the store, and the list says which link breaks first.

mod desk;
mod expected;
mod tampering;

use desk::ModelDesk;
use expected::{DeskStep, ExpectedDesk};
use proptest::test_runner::Config;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

/// Store of a desk under the steps of the list.
struct EvidenceModel;

impl StateMachineTest for EvidenceModel {
    type SystemUnderTest = ModelDesk;
    type Reference = ExpectedDesk;

    fn init_test(_: &ExpectedDesk) -> ModelDesk {
        ModelDesk::new()
    }

    fn apply(mut desk: ModelDesk, expected: &ExpectedDesk, step: DeskStep) -> ModelDesk {
        desk.take(&step, expected);
        desk
    }

    fn check_invariants(desk: &ModelDesk, expected: &ExpectedDesk) {
        desk.must_have(expected);
    }

    fn teardown(mut desk: ModelDesk, mut expected: ExpectedDesk) {
        // Whatever went wrong on the way: in the end the server has everything.
        let last = DeskStep::Deliver(expected::DeliveryWay::Straight);
        expected = ExpectedDesk::apply(expected, &last);
        desk.take(&last, &expected);
        desk.must_have(&expected);
    }
}

/// Number of cases, which `PROPTEST_CASES` raises.
fn config() -> Config {
    let usual = Config::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() {
        usual.cases
    } else {
        12
    };
    Config {
        cases,
        max_shrink_iters: 200,
        ..usual
    }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn nothing_is_lost_doubled_or_moved_in_any_order_of_events(sequential 1..24 => EvidenceModel);
}
