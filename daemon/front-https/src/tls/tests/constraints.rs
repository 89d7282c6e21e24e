//! Certificates outside the constraints of our authority, as clients of others see them.

use crate::tls::issue::{authority, leaf};
use crate::tls::provider;
use beid_testkit::{Scratch, tool};
use rcgen::{Issuer, KeyPair, SanType};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::SystemTime;

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
            // Closed with a request unread, the connection would be reset, and the answer lost with it.
            drop(stream.shutdown(std::net::Shutdown::Write));
            drop(std::io::copy(&mut stream, &mut std::io::sink()));
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
