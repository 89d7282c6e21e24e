//! The virtual readers themselves: if these tests fail, the others mean nothing.

use beid_e2e::{Readers, run};
use std::path::Path;

#[test]
fn cards_come_and_go_and_nothing_is_left_behind() {
    let readers = Readers::start();
    readers.first().insert("jan");
    readers.second().insert("claire");
    readers.first().insert("claire");
    assert!(readers.first().status().starts_with("claire tries=3"));
    assert_eq!(readers.second().tries_left(), 3);
    readers.first().remove();
    assert!(readers.first().status().starts_with("empty"));

    let process = Path::new("/proc").join(readers.pid().to_string());
    assert!(process.exists());
    drop(readers);
    assert!(!process.exists());
}

#[test]
fn card_vanishes_when_told_to() {
    let readers = Readers::start();
    readers.first().insert("jan");
    readers.first().remove_after(1);
    let refused = run(readers
        .client("opensc-tool")
        .args(["--card-driver", "default", "-s", "80E400001C"]));
    assert!(!refused.text().contains("SW1=0x90"), "{refused}");
    readers.first().wait_removed();
}

#[test]
fn worlds_do_not_see_each_other() {
    let (one, other) = (Readers::start(), Readers::start());
    one.first().insert("jan");
    other.first().insert("claire");
    one.first().remove();
    assert!(other.first().status().starts_with("claire"));
    let listed = run(one.client("opensc-tool").arg("--list-readers")).ok();
    assert!(!listed.contains("Yes"), "{listed}");
}
