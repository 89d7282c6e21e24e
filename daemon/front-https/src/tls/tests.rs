use super::directory::{EARLIEST, FileStep};
use super::issue::{VALIDITY, authority, leaf, make};
use super::set::{FILES, KEY, NAMES};
use super::*;
use beid_host::private;
use beid_testkit::{Scratch, tool};
use rcgen::{CertificateParams, Issuer, KeyPair, SanType};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;

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

/// Names of the authorities after a stage: in use, next, previous.
fn rotate(tls: &Tls, stage: TlsRotationStage) -> [Option<String>; 3] {
    let answer = tls.rotate(stage).unwrap();
    let name = |authority: Option<TlsAuthorityAnswer>| authority.map(|authority| authority.name);
    [Some(answer.authority.name), name(answer.next), name(answer.previous)]
}

#[test]
fn a_rotation_prepares_switches_and_finishes_and_each_stage_can_be_repeated() {
    use TlsRotationStage::{Finish, Prepare, Switch};
    let scratch = Scratch::new("tls");
    let tls = Tls::open(scratch.path()).unwrap();
    assert_eq!(tls.rotate(Switch).unwrap_err(), RotationRefusal::NotPrepared);
    let before = read(scratch.path());
    let prepared = rotate(&tls, Prepare);
    let [old, new, nothing] = prepared.clone();
    assert!(new.is_some() && new != old && nothing.is_none());
    assert_eq!(rotate(&tls, Prepare), prepared);
    assert_eq!(read(scratch.path()), before, "nothing changes for clients yet");
    let switched = rotate(&tls, Switch);
    assert_eq!(switched, [new.clone(), None, old]);
    assert_eq!(tls.rotate(Switch).unwrap_err(), RotationRefusal::NotPrepared);
    // The previous one has yet to go: stores may still trust it.
    assert_eq!(rotate(&tls, Prepare), switched);
    for _ in 0..2 {
        assert_eq!(rotate(&tls, Finish), [new.clone(), None, None]);
    }
    let names = std::fs::read_dir(scratch.path()).unwrap();
    assert_eq!(names.count(), FILES.len(), "no key of the previous set is left");
}

#[test]
fn a_crash_at_any_step_of_a_switch_leaves_an_authority_that_stores_trust_and_a_rotation_that_can_go_on() {
    use TlsRotationStage::{Finish, Prepare, Switch};
    let steps = {
        let scratch = Scratch::new("tls");
        SetDirectory::open(scratch.path(), &provider())
            .unwrap()
            .switch_steps()
            .len()
    };
    for done in 0..=steps {
        let scratch = Scratch::new("tls");
        let tls = Tls::open(scratch.path()).unwrap();
        let [old, new, _] = rotate(&tls, Prepare);
        drop(tls);
        let sets = SetDirectory::open(scratch.path(), &provider()).unwrap();
        std::fs::create_dir(sets.previous()).unwrap();
        sets.switch_steps()
            .iter()
            .take(done)
            .for_each(|step| step.take().unwrap());
        let tls = Tls::open(scratch.path()).unwrap();
        let [mut current, next, previous] = rotate(&tls, Prepare);
        assert!([&old, &new].contains(&&current), "after {done} steps");
        if next.is_some() {
            assert_eq!((&current, &next, previous), (&old, &new, None), "after {done} steps");
            [current, ..] = rotate(&tls, Switch);
        } else {
            assert_eq!(previous, old, "after {done} steps");
        }
        assert_eq!(
            (current, rotate(&tls, Finish)),
            (new.clone(), [new, None, None]),
            "after {done} steps"
        );
        assert!(!scratch.path().join("earlier-1").exists(), "after {done} steps");
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), FILES.len());
    }
}

#[test]
fn a_step_that_broke_off_in_a_file_is_taken_anew() {
    let scratch = Scratch::new("tls");
    let tls = Tls::open(scratch.path()).unwrap();
    rotate(&tls, TlsRotationStage::Prepare);
    // As `private::write` leaves it when the power fails.
    let unfinished = scratch.path().join("next/key.new");
    std::fs::write(&unfinished, "half a key").unwrap();
    rotate(&tls, TlsRotationStage::Switch);
    assert!(!unfinished.exists() && !scratch.path().join("next").exists());
    let missing = FileStep::Copy {
        from: scratch.path().join("nothing"),
        to: scratch.path().join(KEY),
    };
    assert!(missing.take().unwrap_err().to_string().contains("nothing is missing"));
}

/// Names outside the constraints, and one inside: the test must be able to see a difference.
const OUTSIDE: [&str; 4] = ["localhost", "example.org", "sub.localhost.example", "127.0.0.2"];

/// Writes an authority with our parameters, and certificates that it signs for [`OUTSIDE`]. The shipped program cannot
/// do this: it never has the authority's key after the first signature.
fn authority_that_breaks_its_promise(directory: &Path) {
    let (ca_key, now) = (KeyPair::generate().unwrap(), SystemTime::now());
    let params = authority(now);
    let ca = params.self_signed(&ca_key).unwrap();
    std::fs::write(directory.join("ca.pem"), ca.pem()).unwrap();
    for name in OUTSIDE {
        let key = KeyPair::generate().unwrap();
        let subject = match name.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(name.try_into().unwrap()),
        };
        let mut wanted = leaf(now);
        wanted.subject_alt_names = vec![subject];
        let leaf = wanted.signed_by(&key, &Issuer::from_params(&params, &ca_key)).unwrap();
        std::fs::write(directory.join(format!("{name}.pem")), leaf.pem() + &ca.pem()).unwrap();
        std::fs::write(directory.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
}

/// Serves TLS with the certificate of `name`, one connection after another; returns the port.
fn serve(directory: &Path, name: &str) -> u16 {
    let chain = CertificateDer::pem_file_iter(directory.join(format!("{name}.pem")))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_file(directory.join(format!("{name}.key"))).unwrap();
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = stream.unwrap();
            let mut tls = rustls::Stream::new(&mut connection, &mut stream);
            // Fails where the client refuses the certificate, as most do here.
            drop(std::io::Write::write_all(
                &mut tls,
                b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine",
            ));
            tls.conn.send_close_notify();
            drop(std::io::Write::flush(&mut tls));
        }
    });
    port
}

const PYTHON: &str = "
import socket, ssl, sys
ca, name, port = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
with socket.create_connection(('127.0.0.1', int(port)), 10) as tcp:
    with context.wrap_socket(tcp, server_hostname=name) as tls:
        print(tls.recv(100).decode())
";

const NODE: &str = "
const [ca, name, port] = process.argv.slice(1);
const options = { host: '127.0.0.1', port, ca: require('fs').readFileSync(ca), rejectUnauthorized: true };
options.checkServerIdentity = (_, certificate) => require('tls').checkServerIdentity(name, certificate);
if (!require('net').isIP(name)) options.servername = name;
const socket = require('tls').connect(options);
socket.on('data', (data) => { console.log(String(data)); process.exit(0); });
socket.on('error', (error) => { console.error(error.message); process.exit(1); });
";

#[test]
fn a_certificate_outside_the_constraints_is_refused_by_curl_openssl_python_and_node() {
    let scratch = Scratch::new("constraints");
    authority_that_breaks_its_promise(scratch.path());
    let ca = scratch.path().join("ca.pem").display().to_string();
    for name in OUTSIDE {
        let port = serve(scratch.path(), name);
        let (number, there) = (port.to_string(), format!("{name}:{port}:127.0.0.1:{port}"));
        let (url, leaf) = (
            format!("https://{name}:{port}/"),
            scratch.path().join(format!("{name}.pem")).display().to_string(),
        );
        let is_address = name.starts_with("127.");
        let verify = if is_address { "-verify_ip" } else { "-verify_hostname" };
        let clients: [(&str, Vec<&str>, &str); 4] = [
            (
                "curl",
                vec!["-sS", "--noproxy", "*", "--cacert", &ca, "--connect-to", &there, &url],
                "permitted subtree violation",
            ),
            (
                "openssl",
                vec!["verify", "-x509_strict", "-CAfile", &ca, verify, name, &leaf],
                "permitted subtree violation",
            ),
            (
                "python3",
                vec!["-c", PYTHON, &ca, name, &number],
                "permitted subtree violation",
            ),
            // It says no more than that it refuses.
            (
                "node",
                vec!["-e", NODE, &ca, name, &number],
                "permitted subtree violation",
            ),
        ];
        for (client, arguments, reason) in clients {
            let output = Command::new(tool(client)).args(&arguments).output().unwrap();
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            let inside = name == OUTSIDE[0];
            assert_eq!(output.status.success(), inside, "{client} {name}: {said}");
            assert!(inside || said.contains(reason), "{client} {name}: {said}");
        }
    }
}

/// Writes a hospital's authority, and a certificate for `names` that is valid until `end`, in `directory`.
fn hospital(directory: &Path, names: &[&str], end: SystemTime) -> HttpsCertificate {
    let mut ca_params = CertificateParams::default();
    ca_params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    ca_params.distinguished_name.push(rcgen::DnType::CommonName, "Hospital");
    let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let ca = ca_params.self_signed(&ca_key).unwrap();
    let mut params = CertificateParams::default();
    params.not_before = (SystemTime::now() - 2 * YEAR).into();
    params.not_after = end.into();
    params.subject_alt_names = names
        .iter()
        .map(|name| match name.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName((*name).try_into().unwrap()),
        })
        .collect();
    let leaf = params
        .signed_by(&key, &Issuer::from_params(&ca_params, &ca_key))
        .unwrap();
    let files = HttpsCertificate {
        certificate: directory.join("hospital.pem"),
        key: directory.join("hospital.key"),
        authority: Some(directory.join("hospital-root.pem")),
    };
    std::fs::write(&files.certificate, leaf.pem()).unwrap();
    std::fs::write(directory.join("hospital-root.pem"), ca.pem()).unwrap();
    private::write(&files.key, key.serialize_pem().as_bytes()).unwrap();
    files
}

#[test]
fn the_administrators_certificate_is_used_and_never_replaced() {
    let scratch = Scratch::new("hospital");
    let files = hospital(scratch.path(), &NAMES, SystemTime::now() + YEAR);
    let tls = Tls::of_administrator(&files).unwrap();
    assert_eq!(tls.ca_certificate(), scratch.path().join("hospital-root.pem"));
    for stage in [
        TlsRotationStage::Prepare,
        TlsRotationStage::Switch,
        TlsRotationStage::Finish,
    ] {
        assert_eq!(tls.rotate(stage).unwrap_err(), RotationRefusal::Administrator);
    }
    // A chain with its root, and no other file.
    let [leaf, root] = [&files.certificate, &scratch.path().join("hospital-root.pem")]
        .map(|path| std::fs::read_to_string(path).unwrap());
    let whole = HttpsCertificate {
        certificate: scratch.write("whole.pem", (leaf + &root).as_bytes()),
        authority: None,
        ..files
    };
    let tls = Tls::of_administrator(&whole).unwrap();
    assert_eq!(tls.ca_certificate(), whole.certificate);
}

#[test]
fn an_administrators_certificate_that_cannot_serve_is_refused_with_the_file_and_the_reason() {
    let (scratch, other) = (Scratch::new("hospital"), Scratch::new("hospital"));
    let later = SystemTime::now() + YEAR;
    let names = |names: &[&str]| hospital(scratch.path(), names, later);
    let good = || names(&NAMES);
    let elsewhere = hospital(other.path(), &NAMES, later);
    let cases: [(&dyn Fn() -> HttpsCertificate, &str, &str); 9] = [
        (
            &|| names(&["pc12.hospital.example"]),
            "hospital.pem",
            "is not for localhost",
        ),
        (&|| names(&["127.0.0.1"]), "hospital.pem", "is not for localhost"),
        (
            &|| hospital(scratch.path(), &NAMES, SystemTime::now() - Duration::from_secs(60)),
            "hospital.pem",
            "has expired",
        ),
        (
            &|| HttpsCertificate {
                key: elsewhere.key.clone(),
                ..good()
            },
            "hospital.key",
            "is not the key of the certificate in",
        ),
        (
            &|| HttpsCertificate {
                authority: elsewhere.authority.clone(),
                ..good()
            },
            "hospital.pem",
            "does not lead to",
        ),
        (
            &|| HttpsCertificate {
                key: good().certificate,
                ..good()
            },
            "hospital.pem",
            "can be read by everybody",
        ),
        (
            &|| HttpsCertificate {
                certificate: good().key,
                ..good()
            },
            "hospital.key",
            "holds no certificate",
        ),
        (
            &|| HttpsCertificate {
                certificate: "/nonexistent/c.pem".into(),
                ..good()
            },
            "/nonexistent/c.pem",
            "No such file",
        ),
        (
            &|| {
                let files = good();
                std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o644)).unwrap();
                files
            },
            "hospital.key",
            "can be read by everybody",
        ),
    ];
    for (files, file, reason) in cases {
        let error = Tls::of_administrator(&files()).err().map(|error| error.to_string());
        let error = error.unwrap_or_default();
        assert!(
            error.starts_with("https.tls: ") && error.contains(file) && error.contains(reason),
            "{reason}: {error}"
        );
    }
}
