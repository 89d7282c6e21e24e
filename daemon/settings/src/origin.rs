//! Checks that origins of web pages are written exactly as browsers send them: any other form would silently never
//! match.
//!
//! Source: RFC 6454, 6.1 and 6.2; URL Standard, "host serializer".

use std::net::{Ipv4Addr, Ipv6Addr};

/// Returns the fault in `origin`, with the form that is meant; `None` if a browser sends it in this form.
#[must_use]
pub fn fault(origin: &str) -> Option<String> {
    let usual = || Some("should be https://host[:port], nothing behind it".to_owned());
    let Some((scheme, authority)) = origin.split_once("://") else {
        return usual();
    };
    let (host, port) = parts(authority);
    if host.is_empty() || host.contains(['/', '*', ' ', '@', '?', '#', '\\', '%']) {
        return usual();
    }
    if !host.is_ascii() {
        return Some("should have the host's name in punycode, as browsers send it: https://xn--…".to_owned());
    }
    if origin.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some(format!(
            "should be written in small letters: {}",
            origin.to_ascii_lowercase()
        ));
    }
    if !host.starts_with('[') && !is_name(host) {
        return usual();
    }
    let default = match scheme {
        "https" => 443,
        "http" if is_loopback(host) => 80,
        "http" => return Some("should be https; http is for pages of this computer only".to_owned()),
        _ => return usual(),
    };
    if let Some(meant) = other_spelling(host) {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        return Some(format!("is sent by browsers as {scheme}://{meant}{port}"));
    }
    match port.map(|port| (port, port.parse::<u16>())) {
        None => None,
        Some((_, Ok(number))) if number == default => {
            Some(format!("is sent by browsers without the usual port: {scheme}://{host}"))
        }
        // Written out again, because `parse` accepts a plus sign and zeros in front, which browsers never send.
        Some((port, Ok(number))) if number != 0 && number.to_string() == port => None,
        Some(_) => Some("should have a port from 1 to 65535, or none and no colon".to_owned()),
    }
}

/// Splits an authority into the host, with its brackets, and the text behind its colon.
fn parts(authority: &str) -> (&str, Option<&str>) {
    // The colons of an IPv6 address stand in brackets.
    let after = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let (address, rest) = authority.split_at_checked(after).unwrap_or((authority, ""));
    match rest.split_once(':') {
        Some((name, port)) if address.is_empty() => (name, Some(port)),
        Some(("", port)) => (address, Some(port)),
        _ => (authority, None),
    }
}

/// Returns true if `host` is a name, or an IPv4 address as browsers write it. They read a last label of digits, or of
/// `0x` and hex digits, as a number of an address, so that a name never ends in one. (URL Standard, "ends in a number
/// checker")
fn is_name(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let labels = || name.split('.');
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let last = labels().next_back().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    labels().all(is_label) && (!is_number || host.parse::<Ipv4Addr>().is_ok())
}

fn is_loopback(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].contains(&host)
}

/// Returns the form in which browsers write an IP address, if it differs; `None` for names.
fn other_spelling(host: &str) -> Option<String> {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let browsers = match inner {
        Some(address) => format!("[{}]", address.parse::<Ipv6Addr>().ok()?),
        None => host.parse::<Ipv4Addr>().ok()?.to_string(),
    };
    (browsers != host).then_some(browsers)
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn origins_are_taken_as_browsers_send_them() {
        for origin in [
            "https://a.example",
            "https://a.example:8443",
            "https://xn--bcher-kva.be",
            "https://192.0.2.7",
            "https://[2001:db8::1]:8443",
            "http://localhost:8080",
            "http://[::1]",
            "http://localhost:443",
        ] {
            assert_eq!(fault(origin), None, "{origin}");
        }
    }

    #[test]
    fn others_are_refused_with_what_would_be_meant() {
        for (origin, meant) in [
            ("https://example.be:443", "https://example.be"),
            ("http://localhost:80", "http://localhost"),
            ("https://b\u{fc}cher.be", "punycode"),
            ("https://Example.be", "https://example.be"),
            ("http://example.be", "should be https"),
            ("https://example.be:", "1 to 65535"),
            ("https://example.be:0", "1 to 65535"),
            ("https://example.be:08443", "1 to 65535"),
            ("https://example.be:84431", "1 to 65535"),
            ("https://[2001:db8:0::1]", "https://[2001:db8::1]"),
            ("https://example.be/", "nothing behind it"),
            ("https://*.example.be", "nothing behind it"),
            ("https://", "nothing behind it"),
            ("example.be", "nothing behind it"),
            ("ftp://example.be", "nothing behind it"),
        ] {
            let fault = fault(origin).unwrap_or_default();
            assert!(fault.contains(meant), "{origin}: {fault}");
        }
    }

    #[test]
    fn hosts_that_no_browser_sends_are_refused() {
        for origin in [
            "https://1.2.3",
            "https://0x7f.1",
            "https://a.0x1f",
            "https://.be",
            "https://a..be",
            "https://a\"b.be",
            "https://a;b",
        ] {
            assert!(fault(origin).is_some(), "{origin}");
        }
        for origin in [
            "https://1.2.3.4",
            "https://a.be.",
            "https://a_b-c.example",
            "https://10a.example",
        ] {
            assert_eq!(fault(origin), None, "{origin}");
        }
    }
}
