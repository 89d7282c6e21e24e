//! A computer of its own for root: namespaces in which the directories of the system are copies.

use beid_e2e::{Daemon, FinishedCommand, LIMIT, RunningProgram, Scratch, run, tool};
use std::collections::BTreeSet;
use std::process::Command;

/// Copies what `beidctl` changes, and puts the copies in the places of the originals; then waits for the end. Hooks of other
/// packages, such as Java's, are left out: they take long.
const SETUP: &str = r#"
set -eu
cp -a /etc "$1/etc" 2> /dev/null || true
rm -rf "$1/etc/ca-certificates/update.d" "$1/etc/firefox" "$1/etc/firefox-esr/policies"
mkdir -p "$1/etc/ca-certificates/update.d" "$1/local" "$1/var"
mount --bind "$1/etc" /etc
mount --bind "$1/local" /usr/local/share/ca-certificates
mount --bind "$1/var" /var/lib
update-ca-certificates --fresh > /dev/null 2>&1
echo ready
cat > /dev/null
"#;

/// Prints every path that `beidctl` could change, with the content of files.
const LOOK: &str = r#"
find /etc/ssl/certs /etc/firefox /etc/firefox-esr /usr/local/share/ca-certificates /var/lib 2> /dev/null | sort |
while read -r path; do
    if [ -L "$path" ]; then echo "$path -> $(readlink "$path")"
    elif [ -f "$path" ]; then sha256sum "$path"
    else echo "$path"; fi
done
"#;

/// Namespaces with a system of their own.
pub(crate) struct Machine {
    holder: RunningProgram,
    is_root: bool,
    _scratch: Scratch,
}

impl Machine {
    pub(crate) fn start() -> Self {
        let scratch = Scratch::new("machine");
        let is_root = run(Command::new(tool("id")).arg("-u")).ok().trim() == "0";
        assert!(
            std::path::Path::new("/usr/local/share/ca-certificates").is_dir(),
            "ca-certificates is not installed: run `packaging/setup test`"
        );
        let mut command = Command::new(tool("unshare"));
        command.arg("--mount");
        if !is_root {
            command.arg("--map-root-user");
        }
        command.args(["sh", "-c", SETUP, "machine"]).arg(scratch.path());
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        let holder = RunningProgram::start("a machine", command);
        assert_eq!(holder.line(LIMIT).as_deref(), Some("ready"));
        Self {
            holder,
            is_root,
            _scratch: scratch,
        }
    }

    /// Returns true if whoever runs the test is root elsewhere too.
    pub(crate) fn is_root(&self) -> bool {
        self.is_root
    }

    /// Runs a program as root of this computer, beside `daemon`.
    pub(crate) fn run(&self, daemon: &Daemon, program: &str, arguments: &[&str]) -> FinishedCommand {
        let mut command = Command::new(tool("nsenter"));
        command
            .arg("--target")
            .arg(self.holder.pid().to_string())
            .arg("--mount");
        if !self.is_root {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program).args(arguments);
        command.env_clear().envs(daemon.environment());
        run(command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"))
    }

    /// Everything that `beidctl` could change: a line for each path.
    pub(crate) fn look(&self, daemon: &Daemon) -> BTreeSet<String> {
        let lines = self.run(daemon, "sh", &["-c", LOOK]).ok();
        lines.lines().map(str::to_owned).collect()
    }

    /// Fails with the lines that differ if anything is another than `before`.
    #[track_caller]
    pub(crate) fn must_be(&self, daemon: &Daemon, before: &BTreeSet<String>) {
        let now = self.look(daemon);
        let differing: Vec<_> = now.symmetric_difference(before).collect();
        assert!(differing.is_empty(), "{differing:#?}");
    }

    /// Writes a file of this computer.
    pub(crate) fn write(&self, daemon: &Daemon, path: &str, text: &str) {
        let script = "mkdir -p \"$(dirname \"$0\")\" && printf %s \"$1\" > \"$0\"";
        self.run(daemon, "sh", &["-c", script, path, text]).ok();
    }

    /// Reads a file of this computer.
    pub(crate) fn read(&self, daemon: &Daemon, path: &str) -> String {
        self.run(daemon, "cat", &[path]).ok()
    }
}
