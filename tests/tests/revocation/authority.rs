//! An authority of OpenSSL's making: its certificates, its lists and its OCSP responder.

use beid_e2e::{OcspResponder, RunningProgram, Scratch, openssl};
use beid_pki::Certificate;
use std::fs;
use std::path::PathBuf;

/// Kind of its keys.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys {
    /// P-384, as on cards of applet 1.8.
    Ec,
    /// RSA, as on those before.
    Rsa,
}

impl Keys {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Ec => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            Self::Rsa => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        }
    }
}

/// An authority in a directory of its own.
pub(crate) struct OpensslAuthority {
    scratch: Scratch,
    keys: Keys,
}

const SETTINGS: &str = "
[ca]
default_ca = authority
[authority]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = new
certificate = ca.pem
private_key = ca.key
default_md = sha384
default_days = 365
policy = names
unique_subject = no
crl_extensions = list
[names]
countryName = optional
commonName = supplied
[list]
authorityKeyIdentifier = keyid
[req]
distinguished_name = names
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[responder]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
";

impl OpensslAuthority {
    /// A new one; all of them bear the same name.
    pub(crate) fn new(keys: Keys) -> Self {
        let scratch = Scratch::new("authority");
        drop(scratch.dir("new"));
        let authority = Self { scratch, keys };
        for (name, text) in [
            ("ca.cnf", SETTINGS),
            ("index.txt", ""),
            ("serial", "1000"),
            ("crlnumber", "01"),
        ] {
            fs::write(authority.file(name), text).expect("a file");
        }
        authority.key("ca");
        let root = [
            "req",
            "-x509",
            "-new",
            "-sha384",
            "-days",
            "365",
            "-subj",
            "/C=BE/CN=Proef CA",
            "-extensions",
            "root",
            "-config",
            "ca.cnf",
            "-key",
            "ca.key",
            "-out",
            "ca.pem",
        ];
        authority.openssl(&root);
        authority.issue("responder", "");
        authority
    }

    /// Its own certificate.
    pub(crate) fn certificate(&self) -> Certificate {
        self.read("ca")
    }

    /// Issues a certificate that says where to ask.
    pub(crate) fn issue_naming(&self, name: &str, responders: &[&str], lists: &[&str]) -> Certificate {
        let urls = |prefix: &str, urls: &[&str]| {
            let urls: Vec<_> = urls.iter().map(|url| format!("{prefix}URI:{url}")).collect();
            urls.join(",")
        };
        let mut extensions = "basicConstraints = CA:FALSE\nkeyUsage = critical, digitalSignature\n".to_owned();
        if !responders.is_empty() {
            extensions += &format!("authorityInfoAccess = {}\n", urls("OCSP;", responders));
        }
        if !lists.is_empty() {
            extensions += &format!("crlDistributionPoints = {}\n", urls("", lists));
        }
        self.issue(name, &extensions);
        self.read(name)
    }

    fn issue(&self, name: &str, extensions: &str) {
        self.key(name);
        let [key, request, certificate] = ["key", "csr", "pem"].map(|ending| format!("{name}.{ending}"));
        let subject = format!("/C=BE/CN=Proef {name}");
        self.openssl(&[
            "req", "-new", "-config", "ca.cnf", "-key", &key, "-subj", &subject, "-out", &request,
        ]);
        // From before now, so that a clock may be put back a little.
        let mut arguments = vec![
            "ca",
            "-batch",
            "-notext",
            "-startdate",
            "20260101000000Z",
            "-config",
            "ca.cnf",
            "-in",
            &request,
            "-out",
            &certificate,
        ];
        if extensions.is_empty() {
            arguments.extend(["-extensions", "responder"]);
        } else {
            fs::write(self.file("ext"), extensions).expect("a file");
            arguments.extend(["-extfile", "ext"]);
        }
        self.openssl(&arguments);
    }

    /// Revokes what it issued.
    pub(crate) fn revoke(&self, name: &str, reason: &str) {
        let certificate = format!("{name}.pem");
        self.openssl(&[
            "ca",
            "-config",
            "ca.cnf",
            "-revoke",
            &certificate,
            "-crl_reason",
            reason,
        ]);
    }

    /// Forgets that it issued what it issued last.
    pub(crate) fn forget_last(&self) {
        let index = fs::read_to_string(self.file("index.txt")).expect("the index");
        let lines: Vec<_> = index.lines().collect();
        let left = lines.iter().take(lines.len() - 1).map(|line| format!("{line}\n"));
        fs::write(self.file("index.txt"), left.collect::<String>()).expect("the index");
    }

    /// Its list of now, DER, good for an hour.
    pub(crate) fn list(&self) -> Vec<u8> {
        self.openssl(&[
            "ca",
            "-config",
            "ca.cnf",
            "-gencrl",
            "-crlhours",
            "1",
            "-out",
            "list.pem",
        ]);
        self.openssl(&["crl", "-in", "list.pem", "-outform", "DER", "-out", "list.crl"]);
        fs::read(self.file("list.crl")).expect("a list")
    }

    /// Starts its responder on `port`; the answers are signed by the responder of `signer`.
    pub(crate) fn respond(&self, port: u16, signer: &Self) -> RunningProgram {
        let responder = OcspResponder {
            directory: self.scratch.path(),
            index: "index.txt",
            issuer: "ca.pem",
            signer: &signer.file("responder.pem"),
            key: &signer.file("responder.key"),
        };
        responder.start(port)
    }

    fn key(&self, name: &str) {
        let file = format!("{name}.key");
        let arguments = [&["genpkey", "-out", file.as_str()], self.keys.arguments()].concat();
        self.openssl(&arguments);
    }

    fn read(&self, name: &str) -> Certificate {
        let (pem, der) = (format!("{name}.pem"), format!("{name}.der"));
        self.openssl(&["x509", "-in", &pem, "-outform", "DER", "-out", &der]);
        Certificate::parse(&fs::read(self.file(&der)).expect("a certificate")).expect("a certificate")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) {
        openssl(self.scratch.path(), arguments).ok();
    }
}
