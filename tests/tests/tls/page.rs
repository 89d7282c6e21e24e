//! The page on trust, as its readers follow it.

use crate::machine::Machine;
use beid_e2e::{DaemonOptions, SessionBus, built, workspace};
use std::fs;

/// Directory of the state of the user on the page.
const STATE: &str = "/home/anna/.local/state/beidd";

#[test]
fn every_command_of_the_page_on_trust_works_in_its_order() {
    let page = fs::read_to_string(workspace().join("docs/trust.md")).expect("the page");
    let blocks = page.split("```sh\n").skip(1);
    let lines = blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines());
    let (machine, bus) = (Machine::start(), SessionBus::start());
    let daemon = DaemonOptions::new().bus(&bus).start();
    let before = machine.look(&daemon);
    let programs = built("beidctl").parent().expect("a directory").display().to_string();
    let state = daemon.home().state().display().to_string();
    let mut commands = 0;
    for line in lines {
        // The test is root of its own computer already; elsewhere `sudo` would be needed. Directories above the home are
        // not looked at: in the namespaces of an ordinary user they seem to belong to nobody.
        let line = line.replace("sudo ", "").replace(STATE, &state);
        let script = format!("PATH={programs}:$PATH HOME=${{HOME%/*}}\n{line}");
        machine.run(&daemon, "sh", &["-ec", &script]).ok();
        commands += 1;
    }
    assert!(commands > 5, "{commands}");
    // It ends with taking everything out.
    machine.must_be(&daemon, &before);
}
