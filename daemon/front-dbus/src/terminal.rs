//! The terminal or display that `beidctl` offers for a call of its own, to a daemon that has none.
//!
//! A dialog on somebody else's screen asks the wrong person, so an offer is believed only as far as the system bears it
//! out: the terminal must be a character device of our own user and the one that controls the calling process, and a
//! display must be of this computer. Any other offer is ignored, and the call then fails for want of a screen.

use beid_api::ApiError;
use beid_host::terminal::Terminal;
use serde_json::{Map, Value};
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// Longest text of an offer, in bytes.
const LONGEST: usize = 108;

/// Members that `terminal` may have.
const MEMBERS: [&str; 4] = ["tty", "type", "display", "waylandDisplay"];

/// Takes `terminal` out of the members of a call.
///
/// # Errors
/// `invalid-request` on members that an offer does not have, and on texts that name no terminal or display.
pub(super) fn offered(members: &mut Map<String, Value>) -> Result<Option<Terminal>, ApiError> {
    let Some(offer) = members.remove("terminal") else {
        return Ok(None);
    };
    let wrong = || {
        ApiError::invalid(
            "terminal",
            "must be the members tty, type, display and waylandDisplay, each a short text",
        )
    };
    let Value::Object(offer) = offer else {
        return Err(wrong());
    };
    let is_known = |(name, value): (&String, &Value)| {
        MEMBERS.contains(&name.as_str()) && value.as_str().is_some_and(is_short_and_plain)
    };
    if !offer.iter().all(is_known) {
        return Err(wrong());
    }
    let text = |name: &str| offer.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(Some(Terminal {
        ttyname: text("tty"),
        ttytype: text("type"),
        display: text("display"),
        wayland_display: text("waylandDisplay"),
        ..Terminal::default()
    }))
}

fn is_short_and_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":./_+-".contains(&byte);
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(plain)
}

/// Part of `offer` that belongs to the caller, which is `process` and runs as our `user`; `None` if no part does.
pub(super) fn borne_out(offer: Terminal, process: u32, user: u32) -> Option<Terminal> {
    let terminal = Terminal {
        ttyname: offer.ttyname.filter(|name| controls(Path::new(name), process, user)),
        display: offer.display.filter(|display| is_local(display)),
        ..offer
    };
    terminal.is_there().then_some(terminal)
}

/// Returns true if the device at `name` is our user's and controls `process`. (proc(5), `tty_nr` of /proc/PID/stat)
fn controls(name: &Path, process: u32, user: u32) -> bool {
    // Links are not followed: by the time pinentry opens the name, they could lead elsewhere.
    let device = fs::symlink_metadata(name).ok();
    let device = device.filter(|device| device.file_type().is_char_device() && device.uid() == user);
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name of the program stands in brackets, and may have any character in it.
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields);
    let controlling = fields.and_then(|fields| fields.split_whitespace().nth(4)?.parse::<i32>().ok());
    // `st_rdev` and `tty_nr` hold major and minor number in the same way.
    match (device, controlling) {
        (Some(device), Some(controlling)) if controlling != 0 => {
            device.rdev() == u64::from(controlling.cast_unsigned())
        }
        _ => false,
    }
}

/// Returns true for an X display of this computer, or one that SSH forwards here.
fn is_local(display: &str) -> bool {
    [":", "unix:", "localhost:"]
        .iter()
        .any(|start| display.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn offer(value: Value) -> Result<Option<Terminal>, ApiError> {
        let mut members = Map::from_iter([("terminal".to_owned(), value)]);
        let offer = offered(&mut members);
        assert!(members.is_empty());
        offer
    }

    #[test]
    fn an_offer_says_only_what_terminals_are_called() {
        let all = json!({"tty": "/dev/pts/3", "type": "xterm", "display": ":0", "waylandDisplay": "wayland-0"});
        let taken = offer(all).unwrap().unwrap();
        assert_eq!(
            (taken.ttyname.as_deref(), taken.display.as_deref()),
            (Some("/dev/pts/3"), Some(":0"))
        );
        for wrong in [
            json!("tty"),
            json!({"tty": 3}),
            json!({"tty": ""}),
            json!({"tty": "/dev/pts/3\nGETPIN"}),
            json!({"display": ":0 --x"}),
            json!({"locale": "C"}),
            json!({"tty": "x".repeat(109)}),
        ] {
            assert!(offer(wrong.clone()).is_err(), "{wrong}");
        }
        assert_eq!(offered(&mut Map::new()).unwrap(), None);
    }

    #[test]
    fn what_the_system_does_not_bear_out_is_left() {
        let user = beid_host::process::own_user();
        let with = |tty: Option<&str>, display: Option<&str>| Terminal {
            ttyname: tty.map(str::to_owned),
            display: display.map(str::to_owned),
            ..Terminal::default()
        };
        // No process is controlled by these: not a terminal, a file, a link, nothing at all.
        for tty in ["/dev/null", "/etc/passwd", "/dev/stdin", "/nonexistent"] {
            assert_eq!(
                borne_out(with(Some(tty), None), std::process::id(), user),
                None,
                "{tty}"
            );
        }
        for (display, taken) in [(":1", true), ("localhost:10.0", true), ("evil.example:0", false)] {
            let left = borne_out(with(Some("/dev/null"), Some(display)), std::process::id(), user);
            assert_eq!(left.is_some(), taken, "{display}");
            assert!(left.is_none_or(|left| left.ttyname.is_none()));
        }
    }
}
