//! Certificates that the daemon makes: files, names, dates, clocks that are wrong.

mod administrator;
mod constraints;
mod rotation;

use super::directory::EARLIEST;
use super::issue::{VALIDITY, make};
use super::set::FILES;
use super::*;
use beid_testkit::Scratch;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

fn read(directory: &Path) -> Vec<Vec<u8>> {
    FILES.map(|name| std::fs::read(directory.join(name)).unwrap()).to_vec()
}

fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn files_are_for_us_alone_and_kept() {
    let scratch = Scratch::new("tls");
    let directory = scratch.path().join("tls");
    Tls::open(&directory).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    let mut names: Vec<_> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["ca.pem", "cert.pem", "key.pem"].map(|name| directory.join(name))
    );
    assert!(names.iter().all(|path| mode(path) == 0o600));
    let before = read(&directory);
    Tls::open(&directory).unwrap();
    assert_eq!(read(&directory), before);
}

#[test]
fn the_only_key_is_the_leafs() {
    let scratch = Scratch::new("tls");
    let directory = scratch.path();
    Tls::open(directory).unwrap();
    let at = |name: &str| directory.join(name).display().to_string();
    let all = String::from_utf8(read(directory).concat()).unwrap();
    assert_eq!(all.matches("PRIVATE KEY-----").count(), 2, "one begin, one end");
    let public = openssl(&["pkey", "-in", &at("key.pem"), "-pubout"]);
    assert_eq!(public, openssl(&["x509", "-in", &at("cert.pem"), "-noout", "-pubkey"]));
    assert_ne!(public, openssl(&["x509", "-in", &at("ca.pem"), "-noout", "-pubkey"]));
}

#[test]
fn authority_is_constrained_to_this_machine_for_825_days() {
    let scratch = Scratch::new("tls");
    let directory = scratch.path();
    Tls::open(directory).unwrap();
    let at = |name: &str| directory.join(name).display().to_string();
    let ca = openssl(&["x509", "-in", &at("ca.pem"), "-noout", "-text"]);
    for part in [
        "Name Constraints: critical",
        "DNS:localhost",
        "IP:127.0.0.1/255.255.255.255",
        "IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF",
        "CA:TRUE, pathlen:0",
        "prime256v1",
    ] {
        assert!(ca.contains(part), "{part} not in {ca}");
    }
    let leaf = openssl(&["x509", "-in", &at("cert.pem"), "-noout", "-text"]);
    let names = "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1";
    assert!(leaf.contains(names) && leaf.contains("CA:FALSE"), "{leaf}");
    for (name, ip) in [("localhost", false), ("127.0.0.1", true), ("::1", true)] {
        let option = if ip { "-verify_ip" } else { "-verify_hostname" };
        let (ca, leaf) = (at("ca.pem"), at("cert.pem"));
        openssl(&["verify", "-x509_strict", "-CAfile", &ca, option, name, &leaf]);
    }
    let days = |from: &str, text: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(from)).unwrap();
        let rest = line.trim_start_matches([' ', ':']).trim_end_matches(" GMT");
        jiff::civil::DateTime::strptime("%b %e %H:%M:%S %Y", rest).unwrap()
    };
    for text in [&ca, &leaf] {
        let span = days("Not After", text).duration_since(days("Not Before", text));
        assert_eq!(span.as_secs() + 1, 825 * 24 * 3600);
    }
}

#[test]
fn damaged_missing_mixed_and_expired_files_are_made_anew() {
    let (scratch, another) = (Scratch::new("tls"), Scratch::new("tls"));
    let (directory, other) = (scratch.path(), another.path());
    Tls::open(directory).unwrap();
    Tls::open(other).unwrap();
    let copy = |name: &str| assert!(std::fs::copy(other.join(name), directory.join(name)).unwrap() > 0);
    let spoil: [&dyn Fn(); 5] = [
        &|| std::fs::remove_file(directory.join("ca.pem")).unwrap(),
        &|| std::fs::write(directory.join("cert.pem"), "nothing").unwrap(),
        &|| copy("key.pem"),
        &|| copy("ca.pem"),
        &|| make(directory, SystemTime::now() - VALIDITY).unwrap(),
    ];
    for spoil in spoil {
        spoil();
        let spoilt = std::fs::read(directory.join("cert.pem")).unwrap();
        Tls::open(directory).unwrap();
        assert_ne!(std::fs::read(directory.join("cert.pem")).unwrap(), spoilt);
    }
}

/// Opens at this moment, and returns true if the set in use is valid then.
fn open_at(directory: &Path, now: SystemTime) -> bool {
    Tls::open_at(directory, now).unwrap();
    !CertificateSet::load(directory, &provider(), now).unwrap().early
}

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

#[test]
fn the_authority_outlives_starts_at_which_the_clock_is_wrong() {
    let (scratch, now) = (Scratch::new("tls"), SystemTime::now());
    let directory = scratch.path();
    Tls::open(directory).unwrap();
    let before = read(directory);
    for (wrong, valid) in [
        (now - Duration::from_secs(3600), true),
        (now - 6 * YEAR, false),
        (SystemTime::UNIX_EPOCH + Duration::from_secs(600), false),
    ] {
        assert_eq!(open_at(directory, wrong), valid, "{wrong:?}");
        assert_eq!(read(directory), before, "{wrong:?}");
    }
    // In the future it has expired, and another one is made; back in the present it is there again.
    for wrong in [now + 9 * YEAR, now + 18 * YEAR] {
        assert!(open_at(directory, wrong), "{wrong:?}");
        assert_ne!(read(directory), before, "{wrong:?}");
    }
    assert!(open_at(directory, now));
    assert_eq!(read(directory), before);
}

#[test]
fn a_first_start_in_1970_makes_an_authority_that_is_good_later() {
    let scratch = Scratch::new("tls");
    let directory = scratch.path();
    assert!(!open_at(directory, SystemTime::UNIX_EPOCH + Duration::from_secs(600)));
    let before = read(directory);
    assert!(open_at(directory, SystemTime::UNIX_EPOCH + EARLIEST + YEAR));
    assert_eq!(read(directory), before);
}

#[test]
fn the_end_of_a_certificate_is_announced_thirty_days_before() {
    let scratch = Scratch::new("tls");
    let tls = Tls::open(scratch.path()).unwrap();
    let at = |days: i64| tls.ends_soon(Timestamp::now() + jiff::SignedDuration::from_hours(24 * days));
    // It is valid for 825 days, and began yesterday.
    assert_eq!((at(0), at(792), at(800), at(830)), (None, None, Some(23), Some(-6)));
}
