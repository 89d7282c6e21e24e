//! The pages and completions, before the programs that read them.

use crate::daemon::HELP;
use crate::{programs, settings, write_all};
use beid_testkit::{Scratch, run, tool};
use clap::Command as ClapCommand;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Names of the files in a directory.
fn files(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

/// Names of a command and of those below it, as their pages have them.
fn commands(command: &ClapCommand, above: &str, names: &mut BTreeSet<String>) {
    let name = format!("{above}{}", command.get_name());
    for below in command.get_subcommands() {
        commands(below, &format!("{name}-"), names);
    }
    names.insert(format!("{name}.1"));
}

#[test]
fn every_command_has_a_page_and_every_program_three_completions() {
    let scratch = Scratch::new("man");
    let written = write_all(scratch.path()).unwrap();
    let mut expected = BTreeSet::new();
    for program in programs::all() {
        commands(&program.command, "", &mut expected);
    }
    expected.insert("beidd.toml.5".to_owned());
    assert_eq!(files(&scratch.path().join("man")), expected);
    assert!(expected.contains("beidctl-therlink-put-bulk.1"), "{expected:?}");
    let completions = scratch.path().join("completions");
    for (shell, name) in [("bash", "beidd"), ("zsh", "_beidctl"), ("fish", "beid-sim.fish")] {
        let found = files(&completions.join(shell));
        assert!(found.contains(name) && found.len() == 4, "{shell}: {found:?}");
    }
    assert_eq!(written, expected.len() + 12);
}

#[test]
fn pages_of_commands_that_are_no_more_are_removed() {
    let scratch = Scratch::new("man-again");
    let first = write_all(scratch.path()).unwrap();
    fs::write(scratch.path().join("man/beidctl-gone.1"), "").unwrap();
    assert_eq!(write_all(scratch.path()).unwrap(), first);
    assert!(!files(&scratch.path().join("man")).contains("beidctl-gone.1"));
}

#[test]
fn man_has_nothing_to_say_about_any_page() {
    let scratch = Scratch::new("man-warnings");
    write_all(scratch.path()).unwrap();
    for name in files(&scratch.path().join("man")) {
        let mut man = Command::new(tool("man"));
        man.args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"]);
        let done = run(man
            .arg(scratch.path().join("man").join(&name))
            .env("LC_ALL", "C.UTF-8")
            .env("MANWIDTH", "80"));
        assert!(done.succeeded() && done.stderr.is_empty(), "{name}: {}", done.stderr);
    }
}

#[test]
fn pages_say_what_the_command_line_says() {
    let scratch = Scratch::new("man-text");
    write_all(scratch.path()).unwrap();
    for (name, words) in [
        (
            "beidd.toml",
            &["[pcsc]", "ignore_readers", "Default: 32032", "narrow"][..],
        ),
        (
            "beidd",
            &[
                "beidd 0.",
                "--simulate <PERSON[,…]>",
                "EXIT STATUS",
                "78",
                "SIGHUP",
                "beidctl(1)",
            ][..],
        ),
        (
            "beidctl",
            &["COMMANDS", "beidctl-therlink(1)", "NOT CHECKED", "BEIDCTL_TOKEN_FILE"],
        ),
        (
            "beidctl-therlink-put",
            &[
                "gpconsultation",
                "--proof <PROOF>",
                "GLOBAL OPTIONS",
                "beidctl-therlink(1)",
            ],
        ),
        ("beid-sim", &["[CITIZEN]", "--vpcd <HOST:PORT>"]),
        ("beid-scripted-pinentry", &["ANSWERS", "pause-until FILE ANSWER"]),
    ] {
        let mut man = Command::new(tool("man"));
        man.args(["-E", "UTF-8", "-P", "cat", "-l"]);
        man.arg(
            scratch
                .path()
                .join("man")
                .join(format!("{name}.{}", if name.ends_with("toml") { 5 } else { 1 })),
        );
        // Without overstriking, and on one line each.
        let done = run(man
            .env("LC_ALL", "C.UTF-8")
            .env("MANWIDTH", "1000")
            .env("MAN_KEEP_FORMATTING", ""));
        let text = done.ok().split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(text.contains(word), "{name} {word}: {text}");
        }
    }
}

#[test]
fn page_of_settings_has_every_setting_and_no_marks_of_markdown() {
    let page = String::from_utf8(settings::page().unwrap()).unwrap();
    for row in beid_settings::ROWS {
        assert!(page.contains(&format!("\\fB{}\\fR", row.key)), "{}", row.key);
    }
    assert!(!page.contains('`') && !page.contains("]("), "{page}");
    for (marked, plain) in [
        ("see [trust](trust.md#a), then `x`", "see trust, then x"),
        ("rows `[[pcsc.reader]]` with [a](b)", "rows [[pcsc.reader]] with a"),
        ("[evidence] store", "[evidence] store"),
    ] {
        assert_eq!(settings::plain(marked), plain);
    }
}

#[test]
fn every_option_of_the_daemons_help_is_in_its_definition() {
    let command = crate::daemon::command();
    let rows = HELP.lines().filter(|line| line.trim().starts_with('-'));
    let helped: BTreeSet<_> = rows
        .filter_map(|row| row.split("--").nth(1)?.split_whitespace().next())
        .collect();
    let defined: BTreeSet<_> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    assert_eq!(defined, helped);
    assert!(helped.len() > 9, "{helped:?}");
    let help = command.get_arguments().filter_map(clap::Arg::get_help);
    for text in help.map(ToString::to_string) {
        assert!(
            text.len() > 10 && !text.contains("  ") && !text.contains(" --help "),
            "{text}"
        );
    }
}

#[test]
fn shells_complete_commands_and_values() {
    let scratch = Scratch::new("completions");
    write_all(scratch.path()).unwrap();
    for (program, typed, expected) in [
        ("beidctl", &["therl"][..], "therlink"),
        ("beidctl", &["therlink", "put", "--type", "gpc"], "gpconsultation"),
        ("beidctl", &["sim", "insert", "ann"], "anna"), // not in fish: its completions have no values of arguments
        ("beidctl", &["verify", "--cons"], "--consent"),
        ("beidd", &["--simul"], "--simulate"),
        ("beidd", &["--simulate", "ja"], "jan"),
        ("beid-sim", &["--timing", "re"], "real"),
    ] {
        let line: Vec<_> = std::iter::once(program).chain(typed.iter().copied()).collect();
        let words = line
            .iter()
            .map(|word| format!("'{word}'"))
            .collect::<Vec<_>>()
            .join(" ");
        let [.., before, last] = line.as_slice() else {
            panic!("{line:?} has one word")
        };
        let file = scratch.path().join("completions");
        // As bash itself calls it: the function that `complete` named, with program, word, and the word before.
        let bash = format!(
            "source '{}'; f=$(complete -p '{program}'); f=${{f#*-F }}; f=${{f%% *}}; COMP_WORDS=({words}); COMP_CWORD={}; \
             COMP_LINE=; COMP_POINT=0; $f '{program}' '{last}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            file.join("bash").join(program).display(),
            typed.len()
        );
        let fish = format!(
            "source '{}'; complete --do-complete '{}'",
            file.join("fish").join(format!("{program}.fish")).display(),
            line.join(" ")
        );
        let with_fish = !typed.contains(&"insert");
        for (shell, script) in [("bash", &bash), ("fish", &fish)]
            .into_iter()
            .take(1 + usize::from(with_fish))
        {
            let mut command = Command::new(tool(shell));
            command.args(if shell == "bash" {
                &["--norc", "-c"][..]
            } else {
                &["--no-config", "-c"]
            });
            let done = run(command.arg(script).env("HOME", scratch.path()));
            let offered = done.ok();
            // fish explains after a tab.
            let mut offers = offered.lines().filter_map(|offer| offer.split('\t').next());
            assert!(offers.any(|offer| offer.trim() == expected), "{shell} {line:?}: {done}");
        }
    }
}

#[test]
fn zsh_reads_its_completions() {
    let scratch = Scratch::new("zsh");
    write_all(scratch.path()).unwrap();
    let folder = scratch.path().join("completions/zsh");
    for name in files(&folder) {
        let text = fs::read_to_string(folder.join(&name)).unwrap();
        let program = name.trim_start_matches('_');
        assert!(text.starts_with(&format!("#compdef {program}\n")), "{name}");
        let done = run(Command::new(tool("zsh")).args(["-f", "-n"]).arg(folder.join(&name)));
        assert!(done.succeeded() && done.said().is_empty(), "{name}: {done}");
    }
}
