//! A private message bus.

use crate::patience::LIMIT;
use crate::process::{RunningProgram, guarded};
use crate::programs::tool;
use crate::scratch::Scratch;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A message bus of its own, which ends when dropped.
#[derive(Debug)]
pub struct PrivateBus {
    address: String,
    _daemon: RunningProgram,
    _scratch: Scratch,
}

impl PrivateBus {
    /// Starts a session bus.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_as("--session", Scratch::new("bus"))
    }

    /// Starts a bus like the machine's: every user may call, and receives broadcasts.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_as_system_bus() -> Self {
        let scratch = Scratch::new("bus");
        // Other users must be able to reach the socket.
        fs::set_permissions(scratch.path(), Permissions::from_mode(0o755)).expect("the directory is ours");
        let config = format!(
            r#"<busconfig><type>system</type><listen>{}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
<allow send_type="method_call"/><allow send_type="signal"/></policy></busconfig>"#,
            address_in(scratch.path())
        );
        let file = scratch.path().join("bus.conf");
        fs::write(&file, config).expect("the configuration can be written");
        Self::start_as(&format!("--config-file={}", file.display()), scratch)
    }

    /// Starts a bus of that type with `policies` of its own, then those in `file` of the packaging.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_with_policy(bus_type: &str, policies: &str, file: &str) -> Self {
        let scratch = Scratch::new("bus");
        fs::set_permissions(scratch.path(), Permissions::from_mode(0o755)).expect("the directory is ours");
        let (listen, own) = (address_in(scratch.path()), scratch.path().join("own.conf"));
        fs::write(&own, file).expect("the policy can be written");
        let config = format!(
            "<busconfig><type>{bus_type}</type><listen>{listen}</listen><auth>EXTERNAL</auth>{policies}\
             <include>{}</include></busconfig>",
            own.display()
        );
        let file = scratch.path().join("bus.conf");
        fs::write(&file, config).expect("the configuration can be written");
        Self::start_as(&format!("--config-file={}", file.display()), scratch)
    }

    fn start_as(configuration: &str, scratch: Scratch) -> Self {
        let mut command = guarded(tool("dbus-daemon"));
        command.args([configuration, "--nofork", "--nopidfile", "--print-address"]);
        command.arg(format!("--address={}", address_in(scratch.path())));
        // It complains of limits that it may not raise here, which is of no interest to those who read test results.
        command.stderr(File::create(scratch.path().join("log")).expect("the log can be written"));
        let daemon = RunningProgram::start("dbus-daemon", command);
        let address = daemon.line(LIMIT).expect("dbus-daemon prints its address");
        Self {
            address,
            _daemon: daemon,
            _scratch: scratch,
        }
    }

    /// Value of `DBUS_SESSION_BUS_ADDRESS` by which a program finds it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

fn address_in(directory: &Path) -> String {
    format!("unix:path={}", directory.join("bus").display())
}
