//! Signatures by `openssl cms`, with its own keys under an authority of its own.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use beid_pki::{Certificate, TrustStore};
use beid_protocol::verify::{Context, Verification, verify_with};
use jiff::Timestamp;
use x509_cert::der::{DecodePem, Encode};

use beid_testkit::{Scratch, run};

/// The signed content.
pub(crate) const CONTENT: &[u8] = b"What was shown,\nwith line ends that must not change.\n";

/// Signers with certificates of one authority.
pub(crate) struct Others {
    pub(crate) folder: Scratch,
    pub(crate) roots: TrustStore,
    next: AtomicU32,
}

impl Others {
    /// Signers by name, each with a key that is described to `openssl req`.
    pub(crate) fn new(kinds: &[(&str, &[&str])]) -> Self {
        let folder = Scratch::new("protocol");
        folder.write("content", CONTENT);
        let openssl = |arguments: &str, more: &[&str]| {
            run(Command::new("openssl")
                .current_dir(folder.path())
                .args(arguments.split_whitespace())
                .args(more))
            .ok();
        };
        openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 3650 -subj \
             /CN=Anderen -addext keyUsage=critical,keyCertSign",
            &[],
        );
        for (name, kind) in kinds {
            let leaf = format!(
                "req -x509 -nodes -keyout {name}.key -out {name}.pem -days 3650 -CA ca.pem -CAkey ca.key -subj \
                 /CN=Ander/serialNumber=80000000031 -addext keyUsage=critical,nonRepudiation -addext \
                 basicConstraints=CA:FALSE"
            );
            openssl(&leaf, kind);
        }
        let mut others = Self {
            folder,
            roots: TrustStore::belgian(),
            next: AtomicU32::new(0),
        };
        others.roots = TrustStore::belgian().with_test_root(others.certificate("ca"));
        others
    }

    /// The certificate of a signer.
    pub(crate) fn certificate(&self, name: &str) -> Certificate {
        let pem = std::fs::read(self.folder.path().join(format!("{name}.pem"))).unwrap();
        let certificate = x509_cert::Certificate::from_pem(&pem).unwrap();
        Certificate::parse(&certificate.to_der().unwrap()).unwrap()
    }

    /// Runs `openssl` in the folder of keys and content.
    #[track_caller]
    pub(crate) fn openssl(&self, arguments: &str) {
        run(Command::new("openssl")
            .current_dir(self.folder.path())
            .args(arguments.split_whitespace()))
        .ok();
    }

    /// Signs with `openssl cms -sign`, as DER if `how` says nothing else.
    #[track_caller]
    pub(crate) fn sign(&self, signers: &[&str], how: &str) -> Vec<u8> {
        let form = if how.contains("-outform") { "" } else { "-outform DER" };
        // Tests run beside each other.
        let out = format!("signature-{}", self.next.fetch_add(1, Ordering::Relaxed));
        let mut arguments =
            format!("cms -sign -binary -nosmimecap -certfile ca.pem -in content -out {out} {form} {how}");
        for name in signers {
            // Options of a key stand behind it.
            let (name, options) = name.split_once(' ').unwrap_or((name, ""));
            arguments.push_str(&format!(" -signer {name}.pem -inkey {name}.key {options}"));
        }
        self.openssl(&arguments);
        std::fs::read(self.folder.path().join(&out)).unwrap()
    }

    /// The judgement, where the content is given.
    pub(crate) fn judge(&self, signature: &[u8]) -> Verification {
        self.judge_over(signature, Some(CONTENT))
    }

    /// The judgement over other content, or over what is inside.
    pub(crate) fn judge_over(&self, signature: &[u8], content: Option<&[u8]>) -> Verification {
        let context = Context {
            content,
            ..Context::new(&self.roots, Timestamp::now())
        };
        verify_with(signature, &context)
    }
}
