//! Clients nobody here wrote take `beid-sim` for a Belgian card: OpenSC reads it and signs with it, OpenSSL checks.

use beid_e2e::{FinishedCommand, Readers, Scratch, run, tool};
use std::fs;
use std::process::Command;

/// Applet 1.7, RSA-2048.
const RSA_HOLDER: &str = "anna";
/// Applet 1.8, P-384.
const EC_HOLDER: &str = "jan";

const PIN: &str = "1234";
const PIN_BLOCK: &str = "241234FFFFFFFFFF";

/// Readers with the card of `citizen` in the first one, and a home for OpenSC's caches.
struct OpenSc {
    readers: Readers,
    scratch: Scratch,
}

impl OpenSc {
    fn with(citizen: &str) -> Self {
        let opensc = Self {
            readers: Readers::start(),
            scratch: Scratch::new("opensc"),
        };
        opensc.readers.first().insert(citizen);
        opensc
    }

    fn run(&self, program: &str, arguments: &[&str]) -> FinishedCommand {
        let home = self.scratch.path();
        let mut command = self.readers.client(program);
        run(command
            .args(arguments)
            .env("HOME", home)
            .env_remove("OPENSC_CONF")
            .current_dir(home))
    }

    fn openssl(&self, arguments: &[&str]) -> FinishedCommand {
        run(Command::new(tool("openssl"))
            .args(arguments)
            .current_dir(self.scratch.path()))
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        assert!(
            fs::write(self.scratch.path().join(name), content).is_ok(),
            "cannot write {name}"
        );
    }

    /// Extracts the public key of certificate `id` on the card into `key.pem`.
    fn public_key(&self, id: &str) {
        let certificate = self.run("pkcs15-tool", &["--read-certificate", id]).ok();
        self.write("certificate.pem", certificate);
        let key = ["x509", "-in", "certificate.pem", "-noout", "-pubkey"];
        self.write("key.pem", self.openssl(&key).ok());
    }
}

#[test]
fn opensc_knows_both_applets() {
    for citizen in [RSA_HOLDER, EC_HOLDER] {
        let named = OpenSc::with(citizen).run("opensc-tool", &["-n"]).ok();
        assert_eq!(named.trim(), "Belpic cards", "{citizen}");
    }
}

#[test]
fn opensc_lists_the_certificates_of_both_applets() {
    for citizen in [RSA_HOLDER, EC_HOLDER] {
        let listed = OpenSc::with(citizen).run("pkcs15-tool", &["--list-certificates"]).ok();
        for name in ["Authentication", "Signature", "CA", "Root"] {
            assert!(listed.contains(&format!("[{name}]")), "{citizen}: {listed}");
        }
    }
}

#[test]
fn pkcs11_signs_with_the_rsa_authentication_key() {
    let opensc = OpenSc::with(RSA_HOLDER);
    opensc.write("message", "an invented challenge");
    let sign = [
        "--login",
        "--pin",
        PIN,
        "--sign",
        "--id",
        "02",
        "--mechanism",
        "SHA256-RSA-PKCS",
    ];
    let files = ["--input-file", "message", "--output-file", "signature"];
    opensc.run("pkcs11-tool", &[&sign[..], &files[..]].concat()).ok();
    opensc.public_key("02");
    let check = [
        "dgst",
        "-sha256",
        "-verify",
        "key.pem",
        "-signature",
        "signature",
        "message",
    ];
    assert_eq!(opensc.openssl(&check).ok().trim(), "Verified OK");
}

/// OpenSC before 0.27 cannot use EC keys of this card, so the commands are spelled out. (Belpic 1.8 manual, 5.1 and 6.3)
#[test]
fn raw_commands_sign_with_the_ec_signature_key() {
    let opensc = OpenSc::with(EC_HOLDER);
    opensc.write("message", "an invented document");
    let digest = opensc.openssl(&["dgst", "-sha384", "-r", "message"]).ok();
    let digest = digest.split(' ').next().unwrap();
    let commands = [
        // SELECT, MSE: SET (ECDSA with SHA-384, key 83), VERIFY, PSO: CDS, GET RESPONSE, LOG OFF.
        "00A4080C043F00DF00".to_owned(),
        "002241B6050480028483".to_owned(),
        format!("0020000108{PIN_BLOCK}"),
        format!("002A9E9A30{digest}"),
        "00C0000060".to_owned(),
        "80E60000".to_owned(),
    ];
    let mut arguments = vec!["--card-driver", "default"];
    commands.iter().for_each(|command| arguments.extend(["-s", command]));
    let done = opensc.run("opensc-tool", &arguments);
    let signature = response_data(&done.ok(), "00 C0 00 00 60");
    let (r, s) = signature.split_at(96);
    opensc.write(
        "signature.conf",
        format!("asn1=SEQUENCE:sig\n[sig]\nr=INTEGER:0x{r}\ns=INTEGER:0x{s}\n"),
    );
    opensc
        .openssl(&["asn1parse", "-genconf", "signature.conf", "-noout", "-out", "signature"])
        .ok();
    opensc.public_key("03");
    let check = [
        "dgst",
        "-sha384",
        "-verify",
        "key.pem",
        "-signature",
        "signature",
        "message",
    ];
    assert_eq!(opensc.openssl(&check).ok().trim(), "Verified OK");
}

/// Answer to `command`, in hexadecimal. opensc-tool prints 16 bytes a line, and behind them as text.
fn response_data(printed: &str, command: &str) -> String {
    let mut lines = printed
        .lines()
        .skip_while(|line| !line.starts_with(&format!("Sending: {command}")));
    assert_eq!(lines.nth(1), Some("Received (SW1=0x90, SW2=0x00):"), "{printed}");
    let data = lines.take_while(|line| !line.starts_with("Sending:"));
    data.filter_map(|line| line.get(..48))
        .flat_map(|line| line.split_whitespace())
        .collect()
}
