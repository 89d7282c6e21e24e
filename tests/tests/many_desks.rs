//! Desks of an institution that bring their evidence to one PostgreSQL server, over a network that fails, in processes that
//! are killed. `make bench` does the same with hundreds and thousands of them.

use beid_e2e::fleet::{FleetOrder, run_fleet};
use std::time::Duration;

#[test]
fn desks_that_are_killed_behind_a_failing_network_lose_and_double_nothing() {
    let order = FleetOrder {
        desks: 10,
        desks_in_process: 2,
        under_faults: 12,
        settles: Duration::ZERO,
        without_network: 8,
        pause: Duration::from_millis(200),
        kill_every: Duration::from_millis(300),
        patience: Duration::from_secs(60),
        seed: 11,
    };
    let report = run_fleet(&order);
    let judgement = &report.judgement;
    assert_eq!(
        (
            judgement.lost,
            judgement.doubled,
            judgement.broken,
            judgement.judged_by_python
        ),
        (0, 0, 0, 5),
        "{report:?}"
    );
    // Else there was nothing to survive.
    assert!(
        report.kills > 0 && report.link.failed > 0 && report.backlog >= 80,
        "{report:?}"
    );
}
