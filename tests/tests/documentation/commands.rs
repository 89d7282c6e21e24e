//! Commands of pages, in their order, at a desk with simulated cards and a person who agrees to everything.

use crate::desks::{DESKS, PageDesk};
use crate::fences::{Fence, fences, is_tried_elsewhere};
use crate::{MarkdownPage, pages};
use beid_e2e::{FinishedCommand, Scratch, SessionBus, built, run, test_tools, tool, willing_pinentry, workspace};
use beid_testkit::PostgresServer;
use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

/// Ends the script at the first command that fails, and with it everything that it has started.
const HEAD: &str = "set -eu\ntrap 'kill $(jobs -p) 2> /dev/null' EXIT\n";
/// Waits for a daemon as a person does, who reads its first line before typing on.
const UNTIL_READY: &str = "until [ -e \"$XDG_RUNTIME_DIR/beidd/https.json\" ]; do sleep 0.1; done\n";
/// Gives a page a network of its own, so that the ports it names are free.
const ALONE: &str = "ip link set lo up && exec bash \"$1\"";

/// Address of the institution's database on the pages.
const DATABASE: &str = "postgres://owner@db.example/beidd";

/// A server with an empty database, whose owner may make roles and is no superuser.
fn institution() -> PostgresServer {
    let server = PostgresServer::start();
    // Root in the network of a page is no root over the server's user.
    fs::set_permissions(server.socket(), Permissions::from_mode(0o711)).expect("the directory is ours");
    drop(server.sql("postgres", "CREATE ROLE owner LOGIN CREATEROLE"));
    drop(server.sql("postgres", "CREATE DATABASE beidd OWNER owner"));
    server
}

/// A page with the desk at which its commands run.
struct PageScript {
    page: MarkdownPage,
    desk: &'static PageDesk,
    blocks: Vec<Fence>,
}

impl PageScript {
    /// Takes the blocks that run, and the outputs beside them; none if the page has no commands.
    fn from_page(page: MarkdownPage) -> Option<Self> {
        let mut blocks = fences(&page);
        let runs = |fence: &Fence| {
            fence.is_commands() && fence.not_run().is_none() && !is_tried_elsewhere(&page, &fence.language)
        };
        blocks.retain(|fence| runs(fence) || fence.language == "text" && fence.note == "output");
        if !blocks.iter().any(runs) {
            return None;
        }
        let desk = DESKS.iter().find(|desk| desk.page == page.path);
        let desk = desk.unwrap_or_else(|| panic!("{} has commands, and no desk in `desks.rs`", page.path));
        Some(Self { page, desk, blocks })
    }

    /// Number of commands: lines that are neither comments, nor continue one, nor are the text of a file.
    fn commands(&self) -> usize {
        let (mut commands, mut in_file) = (0, false);
        let blocks = self.blocks.iter().filter(|fence| fence.is_commands());
        for line in blocks.flat_map(|fence| fence.text.lines()) {
            let begins = !line.is_empty() && !line.starts_with([' ', '#', '"']);
            commands += usize::from(begins && !in_file);
            in_file = line.contains("<<END") || in_file && line != "END";
        }
        commands
    }

    /// The commands as a script, with a mark before the output of each block.
    fn script(&self) -> String {
        let mut script = HEAD.to_owned();
        if !self.desk.cards.is_empty() {
            writeln!(
                script,
                "beidd --simulate {} > daemon.log &\n{UNTIL_READY}",
                self.desk.cards
            )
            .expect("a string");
        }
        writeln!(
            script,
            "{{\n{}\n}} > /dev/null",
            if self.desk.files.is_empty() {
                ":"
            } else {
                self.desk.files
            }
        )
        .expect("a string");
        let blocks = self.blocks.iter().enumerate();
        for (number, fence) in blocks.filter(|(_, fence)| fence.is_commands()) {
            writeln!(script, "echo '--- {number}'").expect("a string");
            if fence.language == "sql" {
                writeln!(script, "psql --set ON_ERROR_STOP=1 beidd <<'SQL'\n{}SQL", fence.text).expect("a string");
                continue;
            }
            for line in fence.text.lines() {
                writeln!(script, "{line}").expect("a string");
                if line.starts_with("beidd ") && line.contains(" &") && !line.contains('>') {
                    script.push_str(UNTIL_READY);
                }
            }
        }
        script + "echo '--- end'\n"
    }

    /// Runs everything, and compares what it prints with what the page says.
    fn try_out(&self) {
        let (scratch, bus) = (Scratch::new("page"), SessionBus::start());
        let done = self.run(&scratch, &bus);
        assert_eq!(done.code, Some(0), "{}: {done}", self.page.path);
        let said = done.text();
        for (number, fence) in self
            .blocks
            .iter()
            .enumerate()
            .filter(|(_, fence)| fence.language == "text")
        {
            let from = format!("--- {}\n", number.checked_sub(1).expect("a block before its output"));
            let said = said.rsplit_once(&from).map(|(_, rest)| rest).unwrap_or_default();
            let said = said.split("\n--- ").next().unwrap_or_default();
            assert_eq!(said.trim(), fence.text.trim(), "{}: {done}", fence.place);
        }
    }

    fn run(&self, scratch: &Scratch, bus: &SessionBus) -> FinishedCommand {
        let server = self.desk.database.then(institution);
        let mut script = self.script();
        if let Some(server) = &server {
            script = script.replace(DATABASE, &server.url("owner", "beidd"));
        }
        fs::write(scratch.path().join("script"), script).expect("the script is written");
        let programs = built("beidd").parent().expect("a folder").display().to_string();
        let mut shell = Command::new(tool("timeout"));
        shell.arg("120").arg(tool("unshare"));
        shell.args([
            "--map-current-user",
            "--keep-caps",
            "--net",
            "sh",
            "-ec",
            ALONE,
            "sh",
            "../script",
        ]);
        shell.current_dir(scratch.dir("work")).env_clear();
        let tools = test_tools().join("bin");
        shell.env("SOURCES", workspace()).env(
            "PATH",
            format!(
                "{programs}:{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                tools.display()
            ),
        );
        shell
            .env("LANG", "C.UTF-8")
            .env("DBUS_SESSION_BUS_ADDRESS", bus.address());
        shell.env("HOME", scratch.dir("home"));
        shell.env("TMPDIR", scratch.dir("tmp"));
        shell.env("XDG_RUNTIME_DIR", scratch.dir("run"));
        shell.env("XDG_STATE_HOME", scratch.dir("home/.local/state"));
        if let Some(server) = &server {
            shell.env("PGHOST", server.socket()).env("PGUSER", "owner");
        }
        let settings = scratch.dir("home/.config/beidd").join("beidd.toml");
        fs::write(settings, self.settings()).expect("the settings are written");
        // A page that starts its own daemon with settings of its own says who answers, too.
        if !self.page.text.contains("pinentry = \"$PWD") {
            shell.env("BEIDD_PROMPT_PINENTRY", willing_pinentry(scratch));
        }
        run(&mut shell)
    }

    /// The user's settings: those that the page shows as such, or a practice.
    fn settings(&self) -> String {
        let shown = fences(&self.page);
        let shown = shown
            .into_iter()
            .filter(|fence| fence.language == "toml" && fence.note == "~/.config/beidd/beidd.toml");
        let shown: String = shown.map(|fence| fence.text).collect();
        if shown.contains("provider.parties") {
            shown
        } else {
            shown + self.desk.settings
        }
    }
}

#[test]
fn every_command_of_the_pages_runs_and_prints_what_stands_below_it() {
    let pages = pages();
    let all: Vec<_> = pages.iter().flat_map(fences).collect();
    let not_run: Vec<_> = all.iter().filter(|fence| fence.not_run().is_some()).collect();
    let scripts: Vec<_> = pages.into_iter().filter_map(PageScript::from_page).collect();
    let commands: usize = scripts.iter().map(PageScript::commands).sum();
    let (pages, queue) = (scripts.len(), Mutex::new(scripts));
    thread::scope(|scope| {
        // They wait for daemons and dialogs most of the time.
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(script) = { queue.lock().expect("no page has failed").pop() } {
                    script.try_out();
                }
            });
        }
    });
    println!(
        "{commands} commands on {pages} pages ran; {} blocks were not run:",
        not_run.len()
    );
    for fence in &not_run {
        println!("  {}: {}", fence.place, fence.not_run().unwrap_or_default());
    }
    assert!(
        commands > 60 && pages == DESKS.len(),
        "{commands} commands on {pages} pages"
    );
}
