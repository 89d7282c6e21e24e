//! The client for web pages: its generated parts, its types, and its own tests, run on the package as npm packs it.

use crate::{file, listed, page, timed};
use beid_e2e::{Daemon, DaemonOptions, Scratch, ScriptedAnswer, ScriptedPinentry, SessionBus, built, openssl, run};
use beid_e2e::{test_tools, tool};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "packaging/js-client";
/// Origins of the pages in the client's tests. A page that is refused waits before it may ask again; others do not.
const PAGES: [&str; 4] = ["emr", "second", "third", "fourth"];
const SCOPES: &str = "readers,identity.full,identity.photo,certificates,proof.therlink,proof.consent,sign";

/// The client as a page gets it: packed, unpacked, and found by its name.
pub(crate) struct ClientPackage(Scratch);

impl ClientPackage {
    pub(crate) fn packed() -> Self {
        let scratch = Scratch::new("js");
        let mut npm = timed("npm");
        npm.args(["pack", "--silent", "--pack-destination"]).arg(scratch.path());
        npm.env("npm_config_cache", scratch.dir("cache"))
            .current_dir(file(PACKAGE));
        let archive = run(&mut npm).ok();
        let mut tar = Command::new(tool("tar"));
        tar.arg("-xzf")
            .arg(archive.trim())
            .args(["-C", "."])
            .current_dir(scratch.path());
        drop(run(&mut tar).ok());
        let home = scratch.dir("node_modules/@beidd");
        symlink(scratch.path().join("package"), home.join("client")).expect("the package is found by its name");
        Self(scratch)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Takes a file or a directory of the repository along.
    pub(crate) fn take(&self, from: &str, to: &str) {
        let mut copy = Command::new(tool("cp"));
        copy.arg("-r").arg(file(from)).arg(self.path(to));
        drop(run(&mut copy).ok());
    }

    /// Node.js, which trusts the authority in `ca`.
    pub(crate) fn node(&self, ca: &Path) -> Command {
        let mut node = timed(tool("node"));
        node.current_dir(self.0.path()).env("NODE_EXTRA_CA_CERTS", ca);
        node
    }

    /// Runs one file of the client's tests.
    fn test(&self, name: &str, ca: &Path, variables: &BTreeMap<String, String>) {
        self.take(&format!("{PACKAGE}/tests"), "package/tests");
        let mut node = self.node(ca);
        node.args(["--test", "--test-reporter=spec"])
            .arg(self.path("package/tests").join(name));
        let done = run(node.envs(variables));
        assert!(done.succeeded(), "{done}");
        let text = done.text();
        assert!(text.contains("fail 0") && !text.contains("pass 0"), "{done}");
    }
}

/// Daemon with a simulated card that lets pages in, the person at its desk, and its bus.
pub(crate) struct PageDesk {
    pub(crate) daemon: Daemon,
    pub(crate) pinentry: ScriptedPinentry,
    _bus: SessionBus,
}

impl PageDesk {
    pub(crate) fn open() -> Self {
        let (pinentry, bus) = (ScriptedPinentry::new(), SessionBus::start());
        let origins = PAGES.map(|name| listed(&format!("https://{name}.example"), SCOPES));
        let options = DaemonOptions::new()
            .simulate("jan")
            .practice()
            .append(&origins.concat());
        let daemon = options.bus(&bus).pinentry(&pinentry).start();
        Self {
            daemon,
            pinentry,
            _bus: bus,
        }
    }

    pub(crate) fn authority(&self) -> PathBuf {
        let discovery = self.daemon.discovery();
        PathBuf::from(discovery["caCertificate"].as_str().expect("an authority"))
    }
}

/// Every file below `folder`, by its path in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let entry = entry.expect("an entry").path();
        let name = entry.strip_prefix(folder).expect("a path below").to_owned();
        if entry.is_dir() {
            found.extend(files(&entry).into_iter().map(|(below, text)| (name.join(below), text)));
        } else {
            found.insert(name, fs::read_to_string(&entry).expect("text"));
        }
    }
    found
}

#[test]
fn shipped_js_client_is_made_from_the_openapi_document() {
    let scratch = Scratch::new("js-client");
    let mut copy = Command::new(tool("cp"));
    let parts = ["src", "tsconfig.json"].map(|name| file(PACKAGE).join(name));
    drop(run(copy.arg("-r").args(parts).arg(scratch.path())).ok());
    drop(scratch.dir("types"));
    let mut generator = timed(tool("node"));
    generator.arg(file(PACKAGE).join("generate.mjs")).arg(scratch.path());
    generator.arg(file("docs/openapi.json"));
    drop(run(generator.arg(test_tools().join("npm/node_modules"))).ok());
    for part in ["src", "types"] {
        let (made, shipped) = (scratch.path().join(part), file(PACKAGE).join(part));
        if std::env::var_os("BEIDD_WRITE_DOCS").is_some() {
            drop(fs::remove_dir_all(&shipped));
            drop(run(Command::new(tool("cp")).arg("-r").arg(&made).arg(file(PACKAGE))).ok());
        }
        let (made, shipped) = (files(&made), files(&shipped));
        let old = made.iter().find(|(name, text)| shipped.get(*name) != Some(text));
        let old = old.map(|(name, _)| name);
        assert!(
            old.is_none() && made.len() == shipped.len(),
            "{PACKAGE}/{part} is old ({old:?}): run `make api-docs`"
        );
    }
}

#[test]
fn package_has_everything_and_depends_on_nothing() {
    let package = ClientPackage::packed();
    let packed = files(&package.path("package"));
    let names: Vec<String> = packed.keys().map(|name| name.display().to_string()).collect();
    for wanted in [
        "package.json",
        "README.md",
        "src/index.js",
        "types/index.d.ts",
        "types/openapi.d.ts",
    ] {
        assert!(names.iter().any(|name| name == wanted), "{wanted}: {names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("test")), "{names:?}");
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(packed[Path::new(licence)] == page(licence), "{licence} is another one");
    }
    let about: Value = serde_json::from_str(&packed[Path::new("package.json")]).expect("JSON");
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(about["license"], env!("CARGO_PKG_LICENSE"));
    for dependencies in ["dependencies", "peerDependencies", "optionalDependencies", "scripts"] {
        assert!(about.get(dependencies).is_none(), "{dependencies}");
    }
}

#[test]
fn typescript_knows_members_and_answers_of_every_operation() {
    let (package, modules) = (ClientPackage::packed(), test_tools().join("npm/node_modules"));
    package.take("tests/tools/npm/page.ts", "page.ts");
    package.take("tests/tools/npm/tsconfig.json", "tsconfig.json");
    package.take("examples/page/visit.js", "visit.js");
    let settings = page("tests/tools/npm/tsconfig.json").replace("client.ts\"", "page.ts\", \"visit.js\"");
    let settings = settings.replace(
        "\"strict\"",
        "\"allowJs\": true, \"checkJs\": true, \"noEmit\": true, \"strict\"",
    );
    fs::write(package.path("tsconfig.json"), settings).expect("settings");
    fs::write(package.path("package.json"), r#"{ "type": "module" }"#).expect("a package");
    let mut compiler = timed(tool("node"));
    compiler.arg(modules.join("typescript/bin/tsc")).arg("-p");
    let done = run(compiler.arg(package.path("tsconfig.json")));
    assert!(done.succeeded(), "{done}");
}

#[test]
fn parts_of_the_client_do_what_they_say() {
    let package = ClientPackage::packed();
    package.test("pieces.test.js", Path::new("/dev/null"), &BTreeMap::new());
}

#[test]
fn hostile_servers_are_told_apart_and_learn_nothing() {
    let package = ClientPackage::packed();
    let path = package.path("");
    let make = |name: &str, more: &[&str]| {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        let common = [
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ];
        let files = ["-subj", "/CN=test", "-keyout", &key, "-out", &certificate, "-days", "2"];
        drop(openssl(&path, &[&common[..], &files[..], more].concat()).ok());
    };
    let server = ["-addext", "subjectAltName=DNS:localhost"];
    make("ca", &["-addext", "keyUsage=keyCertSign"]);
    make("strange", &server);
    let signed = [
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-addext",
        "basicConstraints=CA:FALSE",
    ];
    make("trusted", &[&server[..], &signed[..]].concat());
    let variables = [("BEIDD_TRUSTED", "trusted"), ("BEIDD_STRANGE", "strange")];
    let variables = variables.map(|(name, file)| (name.to_owned(), package.path(file).display().to_string()));
    package.test("hostile.test.js", &package.path("ca.pem"), &variables.into());
}

#[test]
fn client_reads_signs_and_listens_with_a_real_daemon() {
    let (package, desk) = (ClientPackage::packed(), PageDesk::open());
    let mut variables = desk.daemon.environment().clone();
    let script = desk.pinentry.program().parent().expect("a folder");
    variables.extend([
        ("BEIDD_PORT".to_owned(), desk.daemon.port().to_string()),
        ("BEIDD_SCRIPT".to_owned(), script.display().to_string()),
        ("BEIDCTL".to_owned(), built("beidctl").display().to_string()),
    ]);
    package.test("daemon.test.js", &desk.authority(), &variables);
}

#[test]
fn page_on_integrating_goes_from_nothing_to_a_signed_proof() {
    let text = page("docs/integrating.md");
    let (_, code) = text.split_once("```js\n").expect("code");
    let (code, _) = code.split_once("```").expect("an end");
    let lines = code.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines < 20, "{lines} lines");
    let (package, desk) = (ClientPackage::packed(), PageDesk::open());
    fs::write(package.path("shown.mjs"), code).expect("the page is written");
    package.take("packaging/js-client/tests/page.js", "page.mjs");
    package.take("tests/tools/npm/in_page.mjs", "in_page.mjs");
    desk.pinentry.will(ScriptedAnswer::pin("1234"));
    let mut node = package.node(&desk.authority());
    node.arg("in_page.mjs")
        .arg("shown.mjs")
        .arg(desk.daemon.port().to_string());
    let said = run(&mut node).ok();
    assert_eq!(said.lines().last(), Some("Proefman: the link is signed."), "{said}");
    assert!(
        said.starts_with("Looking for the eID program") && said.contains("sent: <?xml"),
        "{said}"
    );
}
