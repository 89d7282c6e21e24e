//! Any order of requests for access, answers, uses and ends, compared with a plain list.
//!
//! `expected` is the list: who has which token, and why. `real` is a service with its files, and a person who answers in
//! a pinentry program. Limits on the number of dialogs and pauses after a no need a clock of their own and have their
//! own tests: the list never asks where one of them might hold.

mod expected;
mod real;

use expected::{AccessStep, ExpectedAccess};
use proptest::test_runner::Config;
use proptest_state_machine::{StateMachineTest, prop_state_machine};
use real::RealAccess;

/// Service under the steps of the list.
struct AccessModel;

impl StateMachineTest for AccessModel {
    type SystemUnderTest = RealAccess;
    type Reference = ExpectedAccess;

    fn init_test(_: &ExpectedAccess) -> RealAccess {
        RealAccess::new()
    }

    fn apply(mut real: RealAccess, expected: &ExpectedAccess, step: AccessStep) -> RealAccess {
        let outcome = real.take(&step, expected);
        assert_eq!(outcome, expected.outcome, "{step:?}");
        real
    }

    fn check_invariants(real: &RealAccess, expected: &ExpectedAccess) {
        real.must_have(expected);
    }

    fn teardown(real: RealAccess, _: ExpectedAccess) {
        real.no_token_is_in_a_file();
    }
}

/// Number of cases, which `PROPTEST_CASES` raises.
fn config() -> Config {
    let usual = Config::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() {
        usual.cases
    } else {
        20
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
    fn access_is_what_persons_and_settings_gave_in_any_order_of_events(sequential 1..30 => AccessModel);
}
