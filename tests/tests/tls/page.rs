//! The page on trust, as its readers follow it.

use crate::machine::Machine;
use beid_e2e::{DaemonOptions, SessionBus, built, run, workspace};
use std::fs;
use std::process::Command;

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
        let (for_root, line) = match line.strip_prefix("sudo ") {
            Some(line) => (true, line),
            None => (false, line),
        };
        let script = format!("PATH={programs}:$PATH\n{}", line.replace(STATE, &state));
        if for_root || machine.is_root() {
            machine.run(&daemon, "sh", &["-ec", &script]).ok();
        } else {
            // An ordinary user can harm no computer, and is not let onto the bus as root of one.
            let mut shell = Command::new("sh");
            shell.args(["-ec", &script]).env_clear().envs(daemon.environment());
            run(&mut shell).ok();
        }
        commands += 1;
    }
    assert!(commands > 5, "{commands}");
    // It ends with taking everything out.
    machine.must_be(&daemon, &before);
}
