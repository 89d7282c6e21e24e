//! A small server behind which OpenSSL acts as time-stamping authority, and as issuers that answer for certificates.

use crate::signatures::path;
use beid_testkit::{Scratch, openssl};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Path and query at which stamps are given.
const STAMPS: &str = "/stamp?policy=1";

/// Manner in which the authority answers requests for stamps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Manner {
    /// Gives a stamp, as it should.
    Stamps,
    /// Gives that many stamps, and then fails.
    StampsOnly(usize),
    /// Gives a stamp for another request over the same octets.
    OtherNonce,
    /// Gives a stamp for other octets.
    OtherOctets,
    /// Answers that it rejects the request.
    Refuses,
    /// Answers with a web page.
    Babbles,
    /// Answers with HTTP status 500 and a stamp as its body.
    Fails,
    /// Redirects to the path at which stamps are given.
    SendsAway,
    /// Gives a stamp followed by more octets than any stamp has.
    TooMuch,
    /// Closes the connection in the middle of the answer.
    CutOff,
    /// Never answers.
    Silent,
}

/// Request that the server received.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Authority {
    pub(crate) dir: PathBuf,
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    ends: Arc<AtomicBool>,
    _scratch: Scratch,
}

fn must(dir: &Path, arguments: &[&str]) {
    openssl(dir, arguments).ok();
}

const KEY: [&str; 6] = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-x509",
];
const STAMPING: &str = "[tsa]\ndefault_tsa=one\n[one]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\n\
    certs=tsa.pem\nsigner_digest=sha384\ndefault_policy=1.2.3.4.1\ndigests=sha256,sha384,sha512\nordering=yes\n";
const LISTS: &str = "[ca]\ndefault_ca=one\n[one]\ndatabase=ec-root.index.txt\ndefault_md=sha384\n\
    certificate=ec-root.crt.pem\nprivate_key=ec-root.key.pem\ncrlnumber=number\n[lists]\nauthorityKeyIdentifier=keyid\n";

impl Authority {
    pub(crate) fn start(manner: Manner) -> Self {
        let scratch = Scratch::new("authority");
        let dir = scratch.path().to_owned();
        let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
        let root = [
            "-keyout",
            "tsa-root.key",
            "-out",
            "tsa-root.pem",
            "-subj",
            "/CN=Proef TSA Root",
        ];
        let issues = ["-addext", "keyUsage=critical,keyCertSign"];
        must(&dir, &[&["req"][..], &KEY, &root, &issues].concat());
        let name = ["-keyout", "tsa.key", "-out", "tsa.pem", "-subj", "/CN=Proef TSA"];
        let issued = ["-CA", "tsa-root.pem", "-CAkey", "tsa-root.key"];
        let stamps = [
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-addext",
            "keyUsage=critical,digitalSignature",
            "-addext",
            "extendedKeyUsage=critical,timeStamping",
        ];
        must(&dir, &[&["req"][..], &KEY, &name, &issued, &stamps].concat());
        write("tsa.cnf", STAMPING);
        write("lists.cnf", LISTS);
        write("serial", "01");
        write("number", "01");

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = Self {
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
            ends: Arc::default(),
            dir,
            _scratch: scratch,
        };
        let (dir, asked, ends) = (authority.dir.clone(), authority.asked.clone(), authority.ends.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                let request = read(&stream);
                asked.lock().unwrap().push(request.clone());
                let stamps = asked
                    .lock()
                    .unwrap()
                    .iter()
                    .filter(|one| one.line.contains("/stamp"))
                    .count();
                // The client may be gone by now, which is no fault of the server.
                drop(answer(&stream, &dir, &request, manner, stamps));
            }
        });
        authority
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.join("tsa-root.pem")
    }

    /// Settings of a daemon that asks it for stamps.
    pub(crate) fn settings(&self) -> String {
        self.settings_with(&self.root())
    }

    pub(crate) fn settings_with(&self, roots: &Path) -> String {
        let (base, roots) = (self.base(), path(roots));
        format!("[trust]\ntimestamp_url = '{base}{STAMPS}'\ntimestamp_roots = ['{roots}']\n")
    }

    /// Everything that was sent to it.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns true if OpenSSL finds that `token` answers the request `asked`.
    pub(crate) fn is_stamp_for(&self, asked: &Asked, token: &[u8]) -> bool {
        std::fs::write(self.dir.join("token.der"), token).unwrap();
        std::fs::write(self.dir.join("asked.tsq"), &asked.body).unwrap();
        let token = ["ts", "-verify", "-in", "token.der", "-token_in"];
        let about = ["-queryfile", "asked.tsq", "-CAfile", "tsa-root.pem"];
        let verified = openssl(&self.dir, &[&token[..], &about].concat());
        verified.succeeded() && verified.said().contains("Verification: OK")
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn read(stream: &TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut asked = Asked {
        line: lines.remove(0),
        headers: lines.iter().map(|line| line.to_ascii_lowercase()).collect(),
        body: Vec::new(),
    };
    let length = asked
        .headers
        .iter()
        .find_map(|line| line.strip_prefix("content-length: "));
    asked.body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut asked.body).unwrap();
    asked
}

fn answer(stream: &TcpStream, dir: &Path, asked: &Asked, manner: Manner, stamps: usize) -> std::io::Result<()> {
    let target = asked.line.split(' ').nth(1).unwrap();
    let name = target.trim_start_matches('/');
    if target.starts_with("/stamp") {
        return stamp(stream, dir, asked, manner, stamps);
    }
    match name {
        "ec-root.crl" => send(stream, "200 OK", &list(dir)),
        // The root has a list and no responder.
        "ec-root" => send(stream, "404 Not Found", b""),
        issuer => send(stream, "200 OK", &say(dir, issuer, &asked.body)),
    }
}

fn send(mut stream: &TcpStream, status: &str, body: &[u8]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(body)
}

fn stamp(mut stream: &TcpStream, dir: &Path, asked: &Asked, manner: Manner, stamps: usize) -> std::io::Result<()> {
    let stamped = |body: &[u8]| {
        std::fs::write(dir.join("request.tsq"), body).unwrap();
        let asked = ["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request.tsq"];
        must(dir, &[&asked[..], &["-out", "reply.tsr"]].concat());
        std::fs::read(dir.join("reply.tsr")).unwrap()
    };
    let mut other = asked.body.clone();
    match manner {
        Manner::Stamps => send(stream, "200 OK", &stamped(&asked.body)),
        Manner::StampsOnly(most) if stamps <= most => send(stream, "200 OK", &stamped(&asked.body)),
        Manner::OtherNonce => {
            // A request ends with the nonce and a BOOLEAN of three octets.
            let last = other.len() - 4;
            other[last] ^= 1;
            send(stream, "200 OK", &stamped(&other))
        }
        Manner::OtherOctets => {
            let digest = other.windows(2).position(|head| head == [4, 32]).unwrap();
            other[digest + 2] ^= 1;
            send(stream, "200 OK", &stamped(&other))
        }
        Manner::Refuses => send(stream, "200 OK", &[0x30, 5, 0x30, 3, 2, 1, 2]),
        Manner::Babbles => send(stream, "200 OK", b"<html>Time is money.</html>"),
        Manner::Fails | Manner::StampsOnly(_) => send(stream, "500 Internal Server Error", &stamped(&asked.body)),
        Manner::SendsAway => write!(
            stream,
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: /stamp\r\nContent-Length: 0\r\n\r\n"
        ),
        Manner::TooMuch => send(stream, "200 OK", &[stamped(&asked.body), vec![0; 1 << 17]].concat()),
        Manner::CutOff => write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0"),
        Manner::Silent => stream.read_to_end(&mut Vec::new()).map(|_| ()),
    }
}

/// Answer of the responder of the issuer `name`.
fn say(dir: &Path, name: &str, request: &[u8]) -> Vec<u8> {
    std::fs::write(dir.join("request.der"), request).unwrap();
    let [index, certificate, key] = ["index.txt", "crt.pem", "key.pem"].map(|end| format!("{name}.{end}"));
    let about = ["ocsp", "-index", &index, "-CA", &certificate, "-nmin", "60"];
    let by = ["-rsigner", &certificate, "-rkey", &key];
    let files = ["-reqin", "request.der", "-respout", "answer.der"];
    must(dir, &[&about[..], &by, &files].concat());
    std::fs::read(dir.join("answer.der")).unwrap()
}

/// Revocation list of the root.
fn list(dir: &Path) -> Vec<u8> {
    let made = [
        "ca",
        "-config",
        "lists.cnf",
        "-gencrl",
        "-crlhours",
        "1",
        "-crlexts",
        "lists",
    ];
    must(dir, &[&made[..], &["-out", "list.pem"]].concat());
    must(dir, &["crl", "-in", "list.pem", "-outform", "DER", "-out", "list.crl"]);
    std::fs::read(dir.join("list.crl")).unwrap()
}
