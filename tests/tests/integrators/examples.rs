//! The programs in `examples/`, each with a person who signs, one who mistypes, and one who refuses.

use crate::js_client::{ClientPackage, PageDesk};
use crate::{file, timed};
use beid_e2e::{Scratch, ScriptedAnswer, built, run, test_tools, tool};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const SCOPES: &str = "identity.full,proof.therlink,proof.consent";
const PATIENT: &str = "patient: Proefman 1990-02-28 passed\n";
const DONE: &str = "link: eidsigning\nconsent: made\nrevoked: both\n";
/// Ends the page's script as the programs end.
const PAGE: &str = r#"
import { visit } from "./visit.js";
const outcome = await visit((line) => console.log(line), () => {});
process.exitCode = { done: 0, refused: 3, "wrong PIN": 5 }[outcome] ?? 1;
"#;

/// A desk where one example after the other is tried.
struct ExampleDesk {
    desk: PageDesk,
    scratch: Scratch,
}

impl ExampleDesk {
    /// Token of a program of its own: a person's no counts against a token, and the next program must not wait.
    fn token(&self, name: &str) -> PathBuf {
        let token = self
            .desk
            .daemon
            .beidctl(&["token", "create", name, "--scope", SCOPES])
            .ok();
        self.scratch.write(name, token.as_bytes())
    }

    /// Runs an example while the person does each of what such a person may do. A refusal comes last: whoever is refused
    /// has to wait.
    fn try_out(&self, name: &str, program: impl Fn() -> Command) {
        let signed = format!("{PATIENT}{DONE}");
        let mistyped = format!("{PATIENT}wrong PIN, tries left: 2\n");
        let refused = format!("{PATIENT}refused, nothing is signed\n");
        for (answer, code, expected) in [
            (ScriptedAnswer::pin("1234"), 0, &signed),
            (ScriptedAnswer::pin("9999"), 5, &mistyped),
            (ScriptedAnswer::pin("1234"), 0, &signed),
            (ScriptedAnswer::Cancel, 3, &refused),
        ] {
            self.desk.pinentry.will(answer);
            let mut command = program();
            let done = run(command.envs(self.desk.daemon.environment()));
            assert_eq!(
                (done.text(), done.code),
                (expected.clone(), Some(code)),
                "{name}: {done}"
            );
        }
        assert_eq!(self.desk.pinentry.answers_left(), 0, "{name}");
    }
}

#[test]
fn every_example_signs_and_understands_a_wrong_pin_and_a_no() {
    let desk = ExampleDesk {
        desk: PageDesk::open(),
        scratch: Scratch::new("examples"),
    };
    let example = |name: &str| file("examples").join(name);
    let python = test_tools().join("bin/python3");
    let rust = built("beid-example");
    let rows: [(&str, bool, &dyn Fn() -> Command); 7] = [
        ("over_dbus.py", false, &|| {
            let mut command = timed(&python);
            command.arg(example("over_dbus.py"));
            command
        }),
        ("over_dbus.sh", false, &|| timed(example("over_dbus.sh"))),
        ("rust on the bus", false, &|| timed(&rust)),
        ("over_https.py", true, &|| {
            let mut command = timed(&python);
            command.arg(example("over_https.py"));
            command
        }),
        ("OverHttps.java", true, &|| {
            let mut command = timed(tool("java"));
            // Compiled when it is run. Java looks at the environment for little, and starts faster so.
            command.args(["-XX:TieredStopAtLevel=1", "-Xshare:auto"]);
            command.arg(example("OverHttps.java"));
            command
        }),
        ("over_https.sh", true, &|| timed(example("over_https.sh"))),
        ("rust over HTTPS", true, &|| timed(&rust)),
    ];
    for (name, over_https, program) in rows {
        let token = over_https.then(|| desk.token(&name.replace(' ', "-")));
        desk.try_out(name, || {
            let mut command = program();
            command.envs(token.iter().map(|token| ("BEIDD_TOKEN_FILE", token)));
            command
        });
    }
}

#[test]
fn example_page_signs_and_understands_a_wrong_pin_and_a_no() {
    let desk = ExampleDesk {
        desk: PageDesk::open(),
        scratch: Scratch::new("example-page"),
    };
    let package = ClientPackage::packed();
    package.take("examples/page/visit.js", "visit.js");
    package.take("packaging/js-client/tests/page.js", "page.mjs");
    package.take("tests/tools/npm/in_page.mjs", "in_page.mjs");
    fs::write(package.path("package.json"), r#"{ "type": "module" }"#).expect("a package");
    fs::write(package.path("shown.mjs"), PAGE).expect("the script is written");
    desk.try_out("page", || {
        let mut node = package.node(&desk.desk.authority());
        node.arg("in_page.mjs").arg("shown.mjs");
        node.arg(desk.desk.daemon.port().to_string());
        node
    });
}
