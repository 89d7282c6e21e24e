//! Clients that generators made of `docs/openapi.json`, in two languages, against a real daemon with a simulated card.

use crate::{file, timed};
use beid_e2e::{Daemon, DaemonOptions, Scratch, SessionBus, run, test_tools, tool, willing_pinentry};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

const SCOPES: &str = "readers,identity.full,identity.photo,proof.therlink";

/// A daemon with jan's card, and somebody who signs whatever is asked.
struct Practice {
    daemon: Daemon,
    scratch: Scratch,
    _bus: SessionBus,
}

impl Practice {
    fn open() -> Self {
        let scratch = Scratch::new("client");
        let bus = SessionBus::start();
        let pinentry = willing_pinentry(&scratch).display().to_string();
        let options = DaemonOptions::new().simulate("jan").practice().bus(&bus);
        let daemon = options.set("prompt", "pinentry", &format!("{pinentry:?}")).start();
        let token = daemon.beidctl(&["token", "create", "client", "--scope", SCOPES]).ok();
        fs::write(scratch.path().join("token"), token.trim()).expect("the token is written");
        Self {
            daemon,
            scratch,
            _bus: bus,
        }
    }

    /// Runs `command` as the client; it asserts by itself.
    fn run(&self, command: &mut Command) {
        let token = fs::read_to_string(self.scratch.path().join("token")).expect("a token");
        let discovery = self.daemon.discovery();
        let ca = discovery["caCertificate"].as_str().expect("an authority");
        command
            .env("BEIDD_URL", format!("https://localhost:{}", self.daemon.port()))
            .env("BEIDD_TOKEN", token)
            .env("BEIDD_CA", ca)
            .env("NODE_EXTRA_CA_CERTS", ca);
        let done = run(command);
        assert_eq!(done.ok().trim(), "read, signed, refused");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }
}

#[test]
fn client_generated_for_python_reads_signs_and_understands_a_refusal() {
    let (practice, tools) = (Practice::open(), test_tools());
    let mut generator = timed(tools.join("bin/openapi-python-client"));
    generator.args(["generate", "--meta", "none", "--fail-on-warning", "--config"]);
    generator.arg(file("tests/tools/openapi-python-client.yaml"));
    generator.arg("--path").arg(file("docs/openapi.json"));
    generator.arg("--output-path").arg(practice.path("beidd_client"));
    drop(run(&mut generator).ok());
    let mut client = timed(tools.join("bin/python3"));
    client.arg(file("tests/tools/client.py"));
    practice.run(client.env("PYTHONPATH", practice.scratch.path()));
}

#[test]
fn client_generated_for_typescript_reads_signs_and_understands_a_refusal() {
    let (practice, tools) = (Practice::open(), test_tools().join("npm"));
    for name in ["client.ts", "tsconfig.json", "package.json"] {
        let from = file("tests/tools/npm").join(name);
        fs::copy(&from, practice.path(name)).expect("a file of the client");
    }
    let modules =
        fs::canonicalize(tools.join("node_modules")).expect("node_modules, which `packaging/setup test` installs");
    symlink(&modules, practice.path("node_modules")).expect("node_modules are linked");
    let mut generator = timed(tool("node"));
    generator.arg(modules.join("openapi-typescript/bin/cli.js"));
    generator.arg(file("docs/openapi.json"));
    drop(run(generator.arg("-o").arg(practice.path("api.ts"))).ok());
    let mut compiler = timed(tool("node"));
    compiler.arg(modules.join("typescript/bin/tsc")).arg("-p");
    drop(run(compiler.arg(practice.scratch.path())).ok());
    practice.run(timed(tool("node")).arg(practice.path("client.js")));
}
