//! The smart card service, drivers, readers and cards.

use crate::Machine;
use beid_api::types::ReaderAnswer;
use beid_api::words::CardStatus;
use beid_api::{DoctorFinding, ErrorCode, FindingCode, PublicFact};
use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// Directory of drivers for USB readers, as Debian, Fedora and their kin build pcscd.
const DRIVERS: [&str; 2] = ["/usr/lib/pcsc/drivers", "/usr/lib64/pcsc/drivers"];
/// Configuration of readers that are on no USB.
const OTHER_READERS: &str = "/etc/reader.conf.d";
/// Devices on USB, and a directory for each of their interfaces.
const USB: &str = "/sys/bus/usb/devices";
/// Class of interfaces of card readers (USB, "Device Class Specification for Smart Card CCID").
const SMART_CARD: &str = "0b";
/// Socket of pcscd, unless `PCSCLITE_CSOCK_NAME` names another.
const SOCKET: &str = "/run/pcscd/pcscd.comm";

/// Tries whether the smart card service accepts connections: all that can be known of it without its protocol.
#[must_use]
pub fn about_card_service(machine: &Machine) -> DoctorFinding {
    let set = std::env::var_os("PCSCLITE_CSOCK_NAME").map(PathBuf::from);
    let socket = set.unwrap_or_else(|| machine.path(SOCKET));
    DoctorFinding::new(connect(&socket))
}

fn connect(socket: &Path) -> FindingCode {
    match UnixStream::connect(socket) {
        Ok(_) => FindingCode::PcscListens,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => FindingCode::PcscNotAuthorised,
        Err(_) => FindingCode::PcscUnavailable,
    }
}

/// Looks for drivers of readers.
#[must_use]
pub fn about_drivers(machine: &Machine) -> DoctorFinding {
    let bundles = DRIVERS.iter().flat_map(|directory| machine.list(directory));
    let bundles = bundles.filter(|path| path.extension().is_some_and(|extension| extension == "bundle"));
    let others = machine.list(OTHER_READERS).into_iter().filter(|path| path.is_file());
    match bundles.count() + others.count() {
        0 => DoctorFinding::new(FindingCode::DriversMissing),
        count => DoctorFinding::new(FindingCode::DriversFound).word("count", count),
    }
}

/// Says what the daemon knows of readers and cards: `trouble` is the fault of the smart card service, if it has one.
#[must_use]
pub fn about_readers(
    machine: &Machine,
    trouble: Option<ErrorCode>,
    simulated: bool,
    readers: &[ReaderAnswer],
) -> Vec<DoctorFinding> {
    let service = match trouble {
        _ if simulated => FindingCode::ReadersSimulated,
        None => FindingCode::PcscAnswers,
        Some(ErrorCode::PcscNotAuthorised) => FindingCode::PcscNotAuthorised,
        Some(_) => FindingCode::PcscUnavailable,
    };
    let mut findings = vec![DoctorFinding::new(service)];
    if trouble.is_some() && !simulated {
        // Nobody knows anything of readers and cards then.
        return findings;
    }
    if readers.is_empty() {
        findings.push(no_reader(machine, simulated));
        return findings;
    }
    findings.extend(readers.iter().map(reader));
    let cards: Vec<_> = readers.iter().filter_map(card).collect();
    if cards.is_empty() {
        findings.push(DoctorFinding::new(FindingCode::CardNone));
    }
    findings.extend(cards);
    findings
}

fn no_reader(machine: &Machine, simulated: bool) -> DoctorFinding {
    match unserved(machine) {
        Some(usb) if !simulated => {
            DoctorFinding::new(FindingCode::ReaderUnserved).word("usb", PublicFact::identifier(&usb))
        }
        Some(_) | None => DoctorFinding::new(FindingCode::ReaderNone),
    }
}

/// Vendor and product of the first card reader on USB: `072f:90cc`.
fn unserved(machine: &Machine) -> Option<String> {
    machine.list(USB).into_iter().find_map(|interface| {
        if machine.line(&interface.join("bInterfaceClass")) != SMART_CARD {
            return None;
        }
        // An interface is called after its device: `1-2:1.0` is one of `1-2`.
        let name = interface.file_name()?.to_str()?.split(':').next()?;
        let device = interface.with_file_name(name);
        let id = |file: &str| machine.line(&device.join(file));
        Some(format!("{}:{}", id("idVendor"), id("idProduct")))
    })
}

fn reader(reader: &ReaderAnswer) -> DoctorFinding {
    DoctorFinding::new(FindingCode::ReaderFound)
        .name("reader", reader.name.as_str())
        .word("role", PublicFact::identifier(reader.role.word()))
}

fn card(reader: &ReaderAnswer) -> Option<DoctorFinding> {
    let code = match &reader.card.as_ref()?.status {
        CardStatus::Reading => FindingCode::CardReading,
        CardStatus::Ready => FindingCode::CardReady,
        CardStatus::Unsupported => FindingCode::CardUnsupported,
        CardStatus::Newer | CardStatus::Other(_) => FindingCode::CardNewer,
        CardStatus::Mute => FindingCode::CardMute,
        CardStatus::Busy => FindingCode::CardBusy,
    };
    Some(DoctorFinding::new(code).name("reader", reader.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_api::types::CardAnswer;
    use beid_api::words::{CardKind, ReaderRole};
    use std::fs;
    use std::os::unix::net::UnixListener;

    fn codes(findings: &[DoctorFinding]) -> Vec<&'static str> {
        findings.iter().map(|finding| finding.code().code()).collect()
    }

    fn reader_with(status: Option<CardStatus>) -> ReaderAnswer {
        ReaderAnswer {
            id: "0".to_owned(),
            name: "A reader 00 00".to_owned(),
            pin_pad: false,
            role: ReaderRole::Any,
            card: status.map(|status| CardAnswer {
                id: "ab".repeat(16),
                reader: "0".to_owned(),
                kind: CardKind::Beid,
                applet: None,
                status,
                simulated: None,
            }),
        }
    }

    #[test]
    fn each_state_of_service_readers_and_cards_has_its_finding() {
        let empty = tempfile::tempdir().unwrap();
        let machine = Machine::below(empty.path());
        let look =
            |trouble, simulated, readers: &[ReaderAnswer]| codes(&about_readers(&machine, trouble, simulated, readers));
        let ready = reader_with(Some(CardStatus::Ready));
        #[rustfmt::skip] // one row a line
        let rows = [
            (look(Some(ErrorCode::PcscUnavailable), false, &[]), vec!["pcsc-unavailable"]),
            (look(Some(ErrorCode::PcscNotAuthorised), false, &[]), vec!["pcsc-not-authorised"]),
            (look(None, false, &[]), vec!["pcsc-answers", "reader-none"]),
            (look(None, true, &[]), vec!["readers-simulated", "reader-none"]),
            (look(None, false, &[reader_with(None)]), vec!["pcsc-answers", "reader-found", "card-none"]),
            (look(None, false, &[reader_with(None), ready]), vec!["pcsc-answers", "reader-found", "reader-found", "card-ready"]),
        ];
        for (found, expected) in rows {
            assert_eq!(found, expected);
        }
        for word in CardStatus::WORDS {
            let found = look(None, false, &[reader_with(Some(CardStatus::from_word(word)))]);
            assert_eq!(found.last().copied(), Some(format!("card-{word}").as_str()));
        }
    }

    #[test]
    fn a_reader_on_usb_that_nobody_serves_is_named_by_its_model_alone() {
        let root = tempfile::tempdir().unwrap();
        let devices = root.path().join("sys/bus/usb/devices");
        for (file, content) in [
            ("1-1/idVendor", "1d6b\n"),
            ("1-1:1.0/bInterfaceClass", "03\n"),
            ("1-2/idVendor", "072f\n"),
            ("1-2/idProduct", "90cc\n"),
            ("1-2/serial", "85051402418\n"),
            ("1-2:1.0/bInterfaceClass", "0b\n"),
        ] {
            let file = devices.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        }
        let found = about_readers(&Machine::below(root.path()), None, false, &[]);
        assert_eq!(codes(&found), ["pcsc-answers", "reader-unserved"]);
        let answer = found[1].to_answer(|_| String::new());
        assert_eq!(answer.facts[0].value, "072f:90cc");
        assert!(!answer.facts[0].private);
    }

    #[test]
    fn drivers_are_counted() {
        let root = tempfile::tempdir().unwrap();
        let machine = Machine::below(root.path());
        assert_eq!(about_drivers(&machine).code(), FindingCode::DriversMissing);
        fs::create_dir_all(root.path().join("usr/lib/pcsc/drivers/serial")).unwrap();
        assert_eq!(about_drivers(&machine).code(), FindingCode::DriversMissing);
        fs::create_dir_all(root.path().join("usr/lib/pcsc/drivers/ifd-ccid.bundle")).unwrap();
        assert_eq!(about_drivers(&machine).code(), FindingCode::DriversFound);
    }

    #[test]
    fn a_socket_listens_or_does_not() {
        let root = tempfile::tempdir().unwrap();
        let socket = root.path().join("pcscd.comm");
        assert_eq!(connect(&socket), FindingCode::PcscUnavailable);
        let listening = UnixListener::bind(&socket).unwrap();
        assert_eq!(connect(&socket), FindingCode::PcscListens);
        drop(listening);
        // The file stays, and nobody listens.
        assert_eq!(connect(&socket), FindingCode::PcscUnavailable);
    }
}
