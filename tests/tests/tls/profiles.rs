//! The stores of an ordinary user: Chromium's databases, and every profile of Firefox wherever it is.

use crate::databases::{OWN, authority, certutil, content, home, make_database, state, tls, tree};
use beid_e2e::{DaemonOptions, Scratch, built, run, tool};
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

#[test]
fn without_certutil_the_missing_package_is_named() {
    let (daemon, scratch) = (DaemonOptions::new().start(), Scratch::new("bare"));
    make_database(&home(&daemon).join(".mozilla/firefox/a"));
    let mut command = Command::new(built("beidctl"));
    command.args(["tls", "install", "--store", OWN, "--json"]);
    command
        .env_clear()
        .envs(daemon.environment())
        .env("PATH", scratch.path());
    let done = run(&mut command);
    assert_eq!(done.code, Some(1), "{done}");
    let stores = done.json()["stores"].clone();
    for store in stores.as_array().expect("stores") {
        assert_eq!(store["reason"], "tool-missing", "{store}");
        let detail = store["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("libnss3-tools"), "{detail}");
    }
}

/// As an ordinary user, with a certificate that is another's: what only root can do is said, and not tried.
/// (Root takes another user's number.)
#[test]
fn an_ordinary_user_is_told_what_needs_root_and_does_the_rest() {
    let (daemon, scratch) = (DaemonOptions::new().start(), Scratch::new("ordinary"));
    let own = fs::metadata(scratch.path()).expect("a directory").uid();
    let user = if own == 0 { 65534 } else { own };
    let home = scratch.dir("home");
    let profile = home.join(".mozilla/firefox/a b");
    make_database(&profile);
    let beidctl = scratch.path().join("beidctl");
    fs::copy(built("beidctl"), &beidctl).expect("a program");
    let ca = scratch.path().join("ca.pem");
    let of_daemon = daemon.discovery()["caCertificate"].as_str().expect("a path").to_owned();
    fs::copy(of_daemon, &ca).expect("a certificate");
    for path in tree(scratch.path())
        .iter()
        .map(PathBuf::as_path)
        .chain([scratch.path()])
    {
        chown(path, Some(user), Some(user)).expect("given away");
    }
    let beidctl = |arguments: &[&str]| {
        let mut command = Command::new(tool(if own == 0 { "setpriv" } else { "env" }));
        if own == 0 {
            let numbers = [format!("--reuid={user}"), format!("--regid={user}")];
            command.args(numbers).args(["--clear-groups", "--"]);
        }
        command
            .arg(&beidctl)
            .args(["tls", "install", "--json", "--ca"])
            .arg(&ca)
            .args(arguments);
        command
            .env_clear()
            .env("HOME", &home)
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        run(&mut command)
    };
    let done = beidctl(&[]);
    assert_eq!(done.code, Some(0), "{done}");
    let report = done.json();
    assert_eq!(state(&report, &profile).0, "trusted");
    for place in [
        "/usr/local/share/ca-certificates",
        "/etc/firefox/policies/policies.json",
    ] {
        let expected = ("not-trusted".to_owned(), "needs-root".to_owned());
        assert_eq!(state(&report, Path::new(place)), expected);
    }
    // Whoever names such a store wants it done.
    let done = beidctl(&["--store", "system"]);
    assert_eq!(done.code, Some(1), "{done}");
    if own == 0 {
        // Root, on the other hand, would leave files that this user's browser cannot write.
        let done = run(Command::new(built("beidctl"))
            .args(["tls", "install", "--store", OWN, "--json", "--ca"])
            .arg(&ca)
            .env_clear()
            .env("HOME", &home)
            .env("PATH", "/usr/bin:/bin"));
        assert_eq!(
            state(&done.json(), &profile),
            ("unknown".to_owned(), "other-user".to_owned())
        );
    }
}
