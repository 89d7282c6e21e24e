//! The stores of an ordinary user: Chromium's databases, and every profile of Firefox wherever it is.

use crate::databases::{OWN, authority, certutil, content, home, make_database, state, tls, tree};
use beid_e2e::{Daemon, DaemonOptions, FinishedCommand, Scratch, built, run, tool};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Stands for the newer place, in the directory of settings.
const CONFIG: &str = "config/mozilla/firefox";

/// Directories of Firefox, each with the name of a profile in it.
const FIREFOX: [(&str, &str); 5] = [
    (".mozilla/firefox", "ab12.default-esr"),
    (CONFIG, "ef.newer place"),
    ("snap/firefox/common/.mozilla/firefox", "snap.default"),
    (".var/app/org.mozilla.firefox/.mozilla/firefox", "flatpak.default"),
    (".mozilla/firefox", "cd34.my old profile"),
];

/// Makes a home with every kind of place; returns the databases in it that are not there yet, and those that are.
fn furnish(home: &Path, elsewhere: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut profiles: Vec<PathBuf> = FIREFOX
        .iter()
        .map(|(directory, profile)| {
            let above = home.parent().filter(|_| *directory == CONFIG).unwrap_or(home);
            above.join(directory).join(profile)
        })
        .collect();
    profiles.push(elsewhere.join("profile with blanks"));
    profiles.iter().for_each(|profile| make_database(profile));
    let ini = format!(
        "[Profile0]\nName=default\nIsRelative=1\nPath=ab12.default-esr\n\n\
         [Profile1]\nName=somewhere else\nIsRelative=0\nPath={}\n\n\
         [Profile2]\nName=unused\nIsRelative=1\nPath=unused\n",
        profiles.last().expect("one").display()
    );
    let firefox = home.join(".mozilla/firefox");
    fs::write(firefox.join("profiles.ini"), ini).expect("a file");
    fs::create_dir(firefox.join("unused")).expect("a directory");
    fs::create_dir_all(home.join("snap/chromium/current")).expect("a directory");
    let new = [".local/share/pki/nssdb", "snap/chromium/current/.local/share/pki/nssdb"];
    (new.map(|place| home.join(place)).into(), profiles)
}

#[test]
fn one_command_makes_every_store_of_this_user_trust_the_daemon_and_another_leaves_nothing() {
    let (daemon, elsewhere) = (DaemonOptions::new().start(), Scratch::new("elsewhere"));
    let home = home(&daemon);
    let (new, profiles) = furnish(&home, elsewhere.path());
    // A certificate of somebody else must survive everything.
    let other = elsewhere.path().join("other.pem");
    let subject = ["-subj", "/CN=Hospital root", "-keyout", "/dev/null", "-out"];
    let request = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ];
    run(Command::new(tool("openssl")).args(request).args(subject).arg(&other)).ok();
    let file = other.display().to_string();
    certutil(
        &profiles[0],
        &["-A", "-n", "Hospital root", "-t", "CT,,", "-a", "-i", &file],
    )
    .ok();
    let before = tree(&home);

    let (code, report) = tls(&daemon, "status");
    assert_eq!(code, Some(1), "{report:#}");
    assert_eq!(report["endpoint"]["state"], "trusted");
    for place in new.iter().chain(&profiles) {
        assert_eq!(state(&report, place).0, "not-trusted", "{}", place.display());
    }
    for _ in 0..2 {
        let (code, report) = tls(&daemon, "install");
        assert_eq!(code, Some(0), "{report:#}");
        let ours = (authority(&report), "C,,".to_owned());
        for place in new.iter().chain(&profiles) {
            assert_eq!(state(&report, place).0, "trusted", "{}", place.display());
            let found = content(place);
            assert_eq!(found.iter().filter(|row| **row == ours).count(), 1, "{found:?}");
        }
        let unused = home.join(".mozilla/firefox/unused");
        assert_eq!(
            state(&report, &unused),
            ("never-started".to_owned(), "never-started".to_owned())
        );
    }
    assert!(content(&profiles[0]).contains(&("Hospital root".to_owned(), "CT,,".to_owned())));
    let page = daemon.beidctl(&["tls", "status", "--store", OWN, "--lang", "en"]).ok();
    for words in [
        "Firefox: default: trusted",
        "Firefox: somewhere else: trusted",
        "Firefox (Snap): snap.default",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains("Firefox: unused: never started"), "{page}");

    let (code, report) = tls(&daemon, "remove");
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!(tree(&home), before);
    for profile in &profiles[1..] {
        assert_eq!(content(profile), [], "{}", profile.display());
    }
    assert_eq!(content(&profiles[0]), [("Hospital root".to_owned(), "CT,,".to_owned())]);
    assert!(!daemon.home().state().join("stores.json").exists());
    assert_eq!(tls(&daemon, "status").0, Some(1));
    let nothing = daemon.beidctl(&["tls", "remove", "--store", OWN, "--lang", "en"]).ok();
    assert_eq!(nothing, "There is nothing to remove.\n");
}

#[test]
fn the_older_directory_of_chromium_is_used_as_soon_as_it_exists() {
    let daemon = DaemonOptions::new().start();
    let home = home(&daemon);
    let (old, new) = (home.join(".pki/nssdb"), home.join(".local/share/pki/nssdb"));
    fs::create_dir_all(&old).expect("a directory");
    let (code, report) = tls(&daemon, "install");
    assert_eq!((code, state(&report, &old).0.as_str()), (Some(0), "trusted"));
    assert!(!new.exists());
    assert_eq!(tls(&daemon, "remove").0, Some(0));
    assert!(old.is_dir() && tree(&old).is_empty(), "the directory was there before");
}

#[test]
fn a_database_that_its_browser_has_come_to_use_stays() {
    let daemon = DaemonOptions::new().start();
    let place = home(&daemon).join(".local/share/pki/nssdb");
    assert_eq!(tls(&daemon, "install").0, Some(0));
    let file = daemon.discovery()["caCertificate"].as_str().expect("a path").to_owned();
    certutil(&place, &["-A", "-n", "of the browser", "-t", ",,", "-a", "-i", &file]).ok();
    // NSS knows a certificate by its content: the name it had first counts, so another one is needed.
    let scratch = Scratch::new("other");
    let other = scratch.path().join("other.pem");
    let request = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ];
    let subject = ["-subj", "/CN=Browser", "-keyout", "/dev/null", "-out"];
    run(Command::new(tool("openssl")).args(request).args(subject).arg(&other)).ok();
    let other = other.display().to_string();
    certutil(&place, &["-A", "-n", "Browser", "-t", ",,", "-a", "-i", &other]).ok();
    assert_eq!(tls(&daemon, "remove").0, Some(0));
    assert_eq!(content(&place), [("Browser".to_owned(), ",,".to_owned())]);
}

#[test]
fn a_profile_with_a_password_is_named_and_left_as_it_was() {
    let (daemon, scratch) = (DaemonOptions::new().start(), Scratch::new("password"));
    let profile = home(&daemon).join(".mozilla/firefox/pw.default");
    fs::create_dir_all(&profile).expect("a directory");
    let password = scratch.write("password", b"of the clerk\n").display().to_string();
    certutil(&profile, &["-N", "-f", &password]).ok();
    let (code, report) = tls(&daemon, "install");
    assert_eq!(code, Some(1), "{report:#}");
    assert_eq!(
        state(&report, &profile),
        ("not-trusted".to_owned(), "password".to_owned())
    );
    assert_eq!(content(&profile), []);
    for (language, words) in [
        ("nl", "hoofdwachtwoord"),
        ("fr", "mot de passe principal"),
        ("de", "Hauptpasswort"),
        ("en", "primary password"),
    ] {
        let done = daemon.beidctl(&["tls", "install", "--store", OWN, "--lang", language]);
        assert!(done.code == Some(1) && done.text().contains(words), "{done}");
    }
}

#[test]
fn a_damaged_database_is_named_and_the_others_are_served() {
    let daemon = DaemonOptions::new().start();
    let firefox = home(&daemon).join(".mozilla/firefox");
    let (good, bad) = (firefox.join("good"), firefox.join("bad"));
    make_database(&good);
    fs::create_dir_all(&bad).expect("a directory");
    fs::write(bad.join("cert9.db"), "no database").expect("a file");
    let (code, report) = tls(&daemon, "install");
    assert_eq!(code, Some(1), "{report:#}");
    assert_eq!(state(&report, &good).0, "trusted");
    assert_eq!(state(&report, &bad), ("unknown".to_owned(), "unusable".to_owned()));
}

#[test]
fn an_authority_that_was_replaced_is_told_from_the_present_one() {
    let daemon = DaemonOptions::new().start();
    let profile = home(&daemon).join(".mozilla/firefox/a");
    make_database(&profile);
    assert_eq!(tls(&daemon, "install").0, Some(0));
    let old = content(&profile);
    let home = daemon.stop();
    fs::remove_dir_all(home.state().join("tls")).expect("certificates");
    let daemon = DaemonOptions::new().start_in(home);
    let (code, report) = tls(&daemon, "status");
    assert_eq!((code, state(&report, &profile).0.as_str()), (Some(1), "old-authority"));
    assert_eq!(tls(&daemon, "install").0, Some(0));
    assert_eq!(content(&profile).len(), 2);
    assert_ne!(content(&profile), old);
    assert_eq!(tls(&daemon, "remove").0, Some(0));
    assert_eq!(content(&profile), []);
}

/// An ordinary user with a profile of Firefox and a certificate that is another's. (Root takes another user's number.)
struct OrdinaryUser {
    number: u32,
    is_root: bool,
    profile: PathBuf,
    ca: PathBuf,
    scratch: Scratch,
}

impl OrdinaryUser {
    fn furnish(daemon: &Daemon) -> Self {
        let scratch = Scratch::new("ordinary");
        let own = fs::metadata(scratch.path()).expect("a directory").uid();
        let user = Self {
            number: if own == 0 { 65534 } else { own },
            is_root: own == 0,
            profile: scratch.dir("home").join(".mozilla/firefox/a b"),
            ca: scratch.path().join("ca.pem"),
            scratch,
        };
        make_database(&user.profile);
        fs::copy(built("beidctl"), user.scratch.path().join("beidctl")).expect("a program");
        let of_daemon = daemon.discovery()["caCertificate"].as_str().expect("a path").to_owned();
        fs::copy(of_daemon, &user.ca).expect("a certificate");
        let paths = tree(user.scratch.path());
        for path in paths.iter().map(PathBuf::as_path).chain([user.scratch.path()]) {
            chown(path, Some(user.number), Some(user.number)).expect("given away");
        }
        user
    }

    fn home(&self) -> PathBuf {
        self.scratch.path().join("home")
    }

    /// Runs `beidctl tls install` as this user.
    fn install(&self, path: &str, arguments: &[&str]) -> FinishedCommand {
        let mut command = Command::new(tool(if self.is_root { "setpriv" } else { "env" }));
        if self.is_root {
            let numbers = [format!("--reuid={}", self.number), format!("--regid={}", self.number)];
            command.args(numbers).args(["--clear-groups", "--"]);
        }
        command
            .arg(self.scratch.path().join("beidctl"))
            .args(["tls", "install", "--json", "--ca"])
            .arg(&self.ca)
            .args(arguments);
        command.env_clear().env("HOME", self.home()).env("PATH", path);
        run(&mut command)
    }

    /// Runs `beidctl tls install` as root, with this user's home.
    fn install_by_root(&self) -> Value {
        let done = run(Command::new(built("beidctl"))
            .args(["tls", "install", "--store", OWN, "--json", "--ca"])
            .arg(&self.ca)
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", "/usr/bin:/bin"));
        done.json()
    }
}

#[test]
fn without_certutil_the_missing_package_is_named() {
    let daemon = DaemonOptions::new().start();
    let user = OrdinaryUser::furnish(&daemon);
    let without = user.scratch.path().display().to_string();
    // Root does not look into `PATH` for it.
    let done = user.install(&without, &["--store", OWN]);
    assert_eq!(done.code, Some(1), "{done}");
    let stores = done.json()["stores"].clone();
    let stores = stores.as_array().expect("stores");
    assert!(!stores.is_empty(), "{done}");
    for store in stores {
        assert_eq!(store["reason"], "tool-missing", "{store}");
        let detail = store["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("libnss3-tools"), "{detail}");
    }
}

#[test]
fn an_ordinary_user_is_told_what_needs_root_and_does_the_rest() {
    let daemon = DaemonOptions::new().start();
    let user = OrdinaryUser::furnish(&daemon);
    let path = "/usr/bin:/bin:/usr/sbin:/sbin";
    let done = user.install(path, &[]);
    assert_eq!(done.code, Some(0), "{done}");
    let report = done.json();
    assert_eq!(state(&report, &user.profile).0, "trusted");
    for place in [
        "/usr/local/share/ca-certificates",
        "/etc/firefox/policies/policies.json",
    ] {
        let expected = ("not-trusted".to_owned(), "needs-root".to_owned());
        assert_eq!(state(&report, Path::new(place)), expected);
    }
    // Whoever names such a store wants it done.
    let done = user.install(path, &["--store", "system"]);
    assert_eq!(done.code, Some(1), "{done}");
}

#[test]
fn root_opens_no_database_in_somebody_elses_home() {
    let daemon = DaemonOptions::new().start();
    let user = OrdinaryUser::furnish(&daemon);
    if !user.is_root {
        return;
    }
    let expected = ("unknown".to_owned(), "other-user".to_owned());
    assert_eq!(state(&user.install_by_root(), &user.profile), expected);
    // `certutil` loads the library that this file names, so the owner of the home would choose what root runs.
    let planted = "library=/nonexistent/planted.so\nname=planted\n";
    fs::write(user.profile.join("pkcs11.txt"), planted).expect("a file");
    for path in tree(&user.home().join(".mozilla")) {
        chown(path, Some(0), Some(0)).expect("taken");
    }
    chown(user.home().join(".mozilla"), Some(0), Some(0)).expect("taken");
    assert_eq!(
        state(&user.install_by_root(), &user.profile),
        expected,
        "root's files in another's home"
    );
    // The same behind a link.
    let away = Scratch::new("away");
    let moved = away.path().join("mozilla");
    run(Command::new("cp")
        .arg("-a")
        .arg(user.home().join(".mozilla"))
        .arg(&moved))
    .ok();
    fs::remove_dir_all(user.home().join(".mozilla")).expect("removed");
    std::os::unix::fs::symlink(&moved, user.home().join(".mozilla")).expect("a link");
    assert_eq!(state(&user.install_by_root(), &user.profile), expected, "a link");
    let left = fs::read_to_string(moved.join("firefox/a b/pkcs11.txt")).expect("a file");
    assert_eq!(left, planted);
}
