//! A certificate of the administrator's own (`https.tls`).

use beid_e2e::{DaemonOptions, Scratch, openssl};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Makes a hospital's root, and a certificate of it for this computer.
fn hospital(directory: &Path, days: &str) {
    let root = [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem",
    ];
    openssl(
        directory,
        &[&root[..], &["-subj", "/CN=Hospital root", "-days", "90"]].concat(),
    )
    .ok();
    let request = [
        "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "desk.key", "-out", "desk.csr", "-subj", "/CN=desk",
    ];
    openssl(directory, &request).ok();
    let names = "subjectAltName=DNS:desk.hospital.example,DNS:localhost,IP:127.0.0.1,IP:::1\n";
    fs::write(directory.join("names"), names).expect("a file");
    let sign = [
        "x509",
        "-req",
        "-in",
        "desk.csr",
        "-CA",
        "root.pem",
        "-CAkey",
        "root.key",
        "-CAcreateserial",
    ];
    let rest = ["-days", days, "-extfile", "names", "-out", "desk.pem"];
    openssl(directory, &[&sign[..], &rest].concat()).ok();
    fs::set_permissions(directory.join("desk.key"), fs::Permissions::from_mode(0o600)).expect("a key");
}

fn options(directory: &Path) -> DaemonOptions {
    let path = |name: &str| format!("{:?}", directory.join(name).display().to_string());
    let files = [
        ("certificate", "desk.pem"),
        ("key", "desk.key"),
        ("authority", "root.pem"),
    ];
    let members = files.map(|(member, name)| format!("{member} = {}", path(name)));
    DaemonOptions::new().set("https", "tls", &format!("{{ {} }}", members.join(", ")))
}

#[test]
fn the_administrators_certificate_is_served_and_nothing_is_installed() {
    let scratch = Scratch::new("hospital");
    hospital(scratch.path(), "9");
    let daemon = options(scratch.path()).start();
    let root = scratch.path().join("root.pem").display().to_string();
    assert_eq!(daemon.discovery()["caCertificate"], root);
    // With the hospital's root alone, from curl and from our own client.
    assert_eq!(daemon.rest_without_token().get("/v1/status").ok()["service"], "beidd");
    let status = daemon.beidctl(&["tls", "status", "--json"]);
    let report = status.json();
    assert_eq!(status.code, Some(0), "{status}");
    assert_eq!(
        (&report["endpoint"]["state"], &report["administrator"]),
        (&"trusted".into(), &root.clone().into())
    );
    assert!(
        report["endpoint"]["daysLeft"].as_i64().is_some_and(|days| days < 9),
        "{report}"
    );
    assert!(daemon.log().contains("(https.tls) ends soon"), "{}", daemon.log());
    let home = daemon.environment()["HOME"].clone();
    let before = crate::databases::tree(Path::new(&home));
    let page = daemon.beidctl(&["tls", "install", "--lang", "en"]).ok();
    assert!(page.contains(&root) && page.contains("nothing to install"), "{page}");
    assert_eq!(crate::databases::tree(Path::new(&home)), before);
    assert!(
        !daemon.home().state().join("tls").exists(),
        "no authority of our own is made"
    );
}

#[test]
fn a_certificate_that_cannot_serve_stops_the_start_and_names_the_file() {
    let scratch = Scratch::new("hospital");
    hospital(scratch.path(), "9");
    let options = options(scratch.path()).set("prompt", "pinentry", "\"sh\"");
    let check = || options.clone().argument("--check-config").run();
    assert_eq!(check().code, Some(0), "{}", check());
    let key = scratch.path().join("desk.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("a key");
    for done in [check(), options.run()] {
        assert_eq!(done.code, Some(78), "{done}");
        let expected = format!("https.tls: {}: can be read by everybody", key.display());
        assert!(done.stderr.contains(&expected), "{done}");
    }
}
