//! OpenSC at its part of the same work, through the same `pcscd`.
//!
//! It knows nothing of identity, address and photo but that they are files: it can fetch them, and does not check them.
//! Certificates it reads with their padding, and does not follow them to a root. It signs with RSA keys only.

use crate::SetupFailure;
use crate::place::{BenchPlace, Cost};
use beid_e2e::{Scratch, run, tool};
use beid_simulator::TEST_PIN;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Something one of its programs does.
pub(crate) struct Work {
    pub(crate) what: &'static str,
    program: &'static str,
    /// Arguments of each run.
    arguments: &'static [&'static [&'static str]],
    /// True if it can do so with RSA cards only.
    rsa: bool,
}

/// One row is one thing that can be compared with ours.
pub(crate) const WORKS: [Work; 5] = [
    Work {
        what: "recognition",
        program: "opensc-tool",
        arguments: &[&["-n"]],
        rsa: false,
    },
    Work {
        what: "five files of identity, address and photo, unverified",
        program: "opensc-explorer",
        arguments: &[&["files"]],
        rsa: false,
    },
    Work {
        what: "one certificate",
        program: "pkcs15-tool",
        arguments: &[&["--read-certificate", "03"]],
        rsa: false,
    },
    Work {
        // In one run it reads no more than one.
        what: "four certificates, four runs",
        program: "pkcs15-tool",
        arguments: &[
            &["--read-certificate", "02"],
            &["--read-certificate", "03"],
            &["--read-certificate", "04"],
            &["--read-certificate", "06"],
        ],
        rsa: false,
    },
    Work {
        what: "signature, with the authentication key",
        program: "pkcs11-tool",
        arguments: &[&[
            "--login",
            "--pin",
            TEST_PIN,
            "--sign",
            "--id",
            "02",
            "--mechanism",
            "SHA256-RSA-PKCS",
            "--input-file",
            "message",
            "--output-file",
            "signature",
        ]],
        rsa: true,
    },
];

/// Commands for `opensc-explorer`.
const SCRIPT: &str = "cd DF01\nget 4031 1\nget 4032 2\nget 4033 3\nget 4034 4\nget 4035 5\n";

impl Work {
    pub(crate) fn is_possible_on(&self, rsa: bool) -> bool {
        rsa || !self.rsa
    }

    pub(crate) fn program(&self) -> String {
        format!("OpenSC {}", self.program)
    }

    /// Does it once, in a fresh home: nothing is remembered from before.
    pub(crate) fn cost(&self, place: &BenchPlace) -> Result<Cost, SetupFailure> {
        let home = Scratch::new("opensc");
        fs::write(home.path().join("message"), "an invented challenge")?;
        fs::write(home.path().join("files"), SCRIPT)?;
        let (cost, ()) = place.cost(|| {
            self.arguments
                .iter()
                .try_for_each(|arguments| self.run(arguments, home.path()))
        })?;
        if self.program == "opensc-explorer" && !(1..=5).all(|name| home.path().join(name.to_string()).exists()) {
            return Err("opensc-explorer did not fetch the files".into());
        }
        Ok(cost)
    }

    fn run(&self, arguments: &[&str], home: &Path) -> Result<(), SetupFailure> {
        let mut command = Command::new(tool("timeout"));
        command.arg("60").arg(tool(self.program)).args(arguments);
        command.env("HOME", home).env_remove("OPENSC_CONF").current_dir(home);
        let done = run(&mut command);
        let certificate = self.program != "pkcs15-tool" || done.text().contains("BEGIN CERTIFICATE");
        if done.code == Some(0) && certificate {
            Ok(())
        } else {
            Err(format!("{}: {done}", self.what).into())
        }
    }
}
