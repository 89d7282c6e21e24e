//! The port of HTTPS, and the program that has it where beidd does not.

use crate::Machine;
use beid_api::{DoctorFinding, FindingCode};
use std::fs;
use std::path::Path;

/// Sockets of TCP, for IPv4 and IPv6 (proc(5), `/proc/net/tcp`).
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];
/// State of a socket that waits for connections.
const LISTENS: &str = "0A";

/// Use of the port of HTTPS.
#[derive(Clone, Copy, Debug)]
pub struct PortUse {
    /// Port of the settings; 0 is any.
    pub wanted: u16,
    /// True if no other port is tried.
    pub fixed: bool,
    /// Port of the daemon, if it runs.
    pub taken: Option<u16>,
}

/// Says who has the port.
#[must_use]
pub fn about_port(machine: &Machine, ports: PortUse) -> DoctorFinding {
    let PortUse { wanted, fixed, taken } = ports;
    let with = |code, port: u16| DoctorFinding::new(code).word("port", port);
    match taken {
        Some(port) if port == wanted || wanted == 0 => with(FindingCode::PortUsual, port),
        Some(port) => with(FindingCode::PortOther, port)
            .word("usual", wanted)
            .name("program", squatter(machine, wanted).unwrap_or_else(|| "–".to_owned())),
        None => match squatter(machine, wanted) {
            None => with(FindingCode::PortFree, wanted),
            Some(program) if fixed => with(FindingCode::PortDemanded, wanted).name("program", program),
            Some(program) => with(FindingCode::PortTaken, wanted).name("program", program),
        },
    }
}

/// Name of the program that listens on `port`: `?` for one of another user, `None` if nobody does.
fn squatter(machine: &Machine, port: u16) -> Option<String> {
    let inode = TABLES
        .iter()
        .find_map(|table| listening(&machine.kernel_text(table), port))?;
    let processes = machine.list("/proc").into_iter();
    let mut numbered = processes.filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let owner = numbered.find(|process| holds(process, &inode));
    Some(owner.map_or_else(|| "?".to_owned(), |process| machine.line(&process.join("comm"))))
}

/// Number of the socket that listens on `port`, by a table.
fn listening(table: &str, port: u16) -> Option<String> {
    let wanted = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace();
        let (local, state) = (fields.nth(1)?, fields.nth(1)?);
        let inode = fields.nth(5)?;
        (local.ends_with(&wanted) && state == LISTENS).then(|| inode.to_owned())
    })
}

/// Returns true if a process of this user has that socket open; those of others are not to be seen.
fn holds(process: &Path, inode: &str) -> bool {
    let socket = format!("socket:[{inode}]");
    let open = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    open.filter_map(|entry| fs::read_link(entry.path()).ok())
        .any(|target| target.to_str() == Some(&socket))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn the_port_of_this_very_process_is_found_with_its_name() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let own = fs::read_to_string("/proc/self/comm").unwrap();
        assert_eq!(squatter(&Machine::this(), port).as_deref(), Some(own.trim()));
        drop(listener);
        assert_eq!(squatter(&Machine::this(), port), None);
    }

    #[test]
    fn each_use_of_the_port_has_its_finding() {
        let listener = TcpListener::bind("[::1]:0").unwrap();
        let taken = listener.local_addr().unwrap().port();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        #[rustfmt::skip] // one row a line
        let rows = [
            (taken, false, Some(taken), FindingCode::PortUsual),
            (0, false, Some(taken), FindingCode::PortUsual),
            (taken, false, Some(free), FindingCode::PortOther),
            (taken, false, None, FindingCode::PortTaken),
            (taken, true, None, FindingCode::PortDemanded),
            (free, true, None, FindingCode::PortFree),
        ];
        for (wanted, fixed, daemon, expected) in rows {
            let ports = PortUse {
                wanted,
                fixed,
                taken: daemon,
            };
            assert_eq!(about_port(&Machine::this(), ports).code(), expected, "{ports:?}");
        }
    }

    #[test]
    fn a_table_of_the_kernel_is_read_by_port_and_state() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:7D20 0100007F:1234 01 00000000:00000000 00:00000000 00000000     0        0 11 1 0\n   \
            1: 0100007F:7D20 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0\n";
        assert_eq!(listening(table, 32032).as_deref(), Some("12"));
        assert_eq!(listening(table, 32033), None);
        assert_eq!(listening("", 32032), None);
    }
}
