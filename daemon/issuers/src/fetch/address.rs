//! Addresses that may be asked.
//!
//! Addresses come from certificates, and anybody can put any certificate on a card. So only addresses on a list are
//! asked, compared part by part: two addresses that begin with the same letters may belong to different hosts.

use hyper::Uri;

/// Plain `http` address: a host, a port and a path, without user, fragment or `..`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct HttpAddress {
    host: String,
    port: u16,
    path: String,
    query: Option<String>,
}

impl HttpAddress {
    /// Reads an address; `None` if it is not `http`, names a user or a fragment, or its path could lead elsewhere.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority()?;
        let is_plain = uri.scheme_str() == Some("http")
            // The parser drops a fragment instead of refusing it.
            && !url.contains('#')
            && !authority.as_str().contains('@')
            && !authority.host().is_empty()
            && !leads_elsewhere(uri.path());
        is_plain.then(|| Self {
            // Capitals do not count in hosts (RFC 3986, 3.2.2), and the list is compared letter by letter.
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16().unwrap_or(80),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
        })
    }

    /// Returns host and port to connect to.
    pub(super) fn socket(&self) -> (&str, u16) {
        // Brackets around an IPv6 address belong to URLs only.
        (self.host.trim_start_matches('[').trim_end_matches(']'), self.port)
    }

    /// Returns the `Host` header.
    pub(crate) fn host(&self) -> String {
        match self.port {
            80 => self.host.clone(),
            port => format!("{}:{port}", self.host),
        }
    }

    /// Returns the whole address.
    pub(super) fn whole(&self) -> String {
        format!("http://{}{}", self.host(), self.target())
    }

    /// Returns the request target: path and query.
    pub(super) fn target(&self) -> String {
        // The address of a whole host has no path; a request has one always (RFC 9112, 3.2.1).
        let path = if self.path.is_empty() { "/" } else { &self.path };
        match &self.query {
            None => path.to_owned(),
            Some(query) => format!("{path}?{query}"),
        }
    }
}

/// Returns true if a server might resolve `path` to another one, outside the part that is allowed.
fn leads_elsewhere(path: &str) -> bool {
    let dotted = path.split('/').any(|part| part == "." || part == "..");
    dotted
        || path.contains('\\')
        || path.to_ascii_lowercase().contains("%2e")
        || path.to_ascii_lowercase().contains("%2f")
}

/// Address in the settings that allows itself and the paths below it, on the same host and port.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct AllowedUrl(HttpAddress);

impl AllowedUrl {
    /// Reads `http://host[:port][/path]`.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let mut address = HttpAddress::parse(url).filter(|address| address.query.is_none())?;
        // Without the last slash, so that `allows` can ask for one behind the path.
        address.path.truncate(address.path.trim_end_matches('/').len());
        Some(Self(address))
    }

    /// Returns true if this allows everything that `other` allows.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.allows(&other.0)
    }

    /// The address itself.
    pub(crate) fn address(&self) -> &HttpAddress {
        &self.0
    }

    pub(crate) fn allows(&self, address: &HttpAddress) -> bool {
        let below = address.path.strip_prefix(&self.0.path);
        let same_place = (&self.0.host, self.0.port) == (&address.host, address.port);
        same_place && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl TryFrom<String> for AllowedUrl {
    type Error = String;

    fn try_from(url: String) -> Result<Self, Self::Error> {
        Self::parse(&url).ok_or_else(|| format!("{url:?} should be http://host[:port][/path]"))
    }
}

/// Address in the settings that is asked exactly as it is written.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct ExactUrl(HttpAddress);

impl ExactUrl {
    pub(crate) fn address(&self) -> &HttpAddress {
        &self.0
    }
}

impl TryFrom<String> for ExactUrl {
    type Error = String;

    fn try_from(url: String) -> Result<Self, Self::Error> {
        let address = HttpAddress::parse(&url).map(Self);
        address.ok_or_else(|| format!("{url:?} should be http://host[:port][/path][?query]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns true if `allowed` lets `url` be asked.
    fn check(allowed: &str, url: &str) -> bool {
        let allowed = AllowedUrl::parse(allowed).unwrap();
        HttpAddress::parse(url).is_some_and(|address| allowed.allows(&address))
    }

    #[test]
    fn allowed_is_what_lies_below_on_the_same_host() {
        for allowed in ["http://ocsp.example.be", "http://ocsp.example.be/"] {
            for url in [
                "http://ocsp.example.be",
                "http://ocsp.example.be/",
                "http://OCSP.example.be:80/eid",
                "HTTP://ocsp.example.be/eid?a=b",
            ] {
                assert!(check(allowed, url), "{allowed} {url}");
            }
        }
        for allowed in ["http://ocsp.example.be/eid", "http://ocsp.example.be/eid/"] {
            assert!(check(allowed, "http://ocsp.example.be/eid"));
            assert!(check(allowed, "http://ocsp.example.be/eid/brca6"));
            assert!(!check(allowed, "http://ocsp.example.be/eidas"));
            assert!(!check(allowed, "http://ocsp.example.be/"));
        }
    }

    #[test]
    fn beginning_alike_is_not_enough() {
        for url in [
            "http://ocsp.example.be.evil.example/",
            "http://ocsp.example.be@evil.example/",
            "http://somebody@ocsp.example.be/",
            "http://ocsp.example.be:8080/",
            "https://ocsp.example.be/",
            "ftp://ocsp.example.be/",
            "http://ocsp.example.be/#fragment",
            "http://ocsp.example.b",
            "//ocsp.example.be/",
            "/eid",
            "",
        ] {
            assert!(!check("http://ocsp.example.be", url), "{url}");
        }
    }

    #[test]
    fn no_path_leads_out_of_what_is_allowed() {
        for path in [
            "eid/../admin",
            "eid/./x",
            "eid/%2E%2e/admin",
            "eid/..%2fadmin",
            "eid/..\\admin",
        ] {
            assert!(
                !check("http://ocsp.example.be/eid", &format!("http://ocsp.example.be/{path}")),
                "{path}"
            );
        }
    }

    #[test]
    fn port_that_is_listed_is_meant() {
        assert!(check("http://127.0.0.1:8080", "http://127.0.0.1:8080/list.crl"));
        assert!(!check("http://127.0.0.1:8080", "http://127.0.0.1/list.crl"));
    }

    #[test]
    fn settings_take_plain_addresses_only() {
        for url in [
            "https://a.example",
            "a.example",
            "http://a@b.example",
            "http://a.example/?x",
            "http://",
        ] {
            assert!(AllowedUrl::try_from(url.to_owned()).is_err(), "{url}");
        }
        let (wide, narrow) = ("http://a.example", "http://a.example/crl");
        let [wide, narrow] = [wide, narrow].map(|url| AllowedUrl::parse(url).unwrap());
        assert!(wide.covers(&narrow) && wide.covers(&wide) && !narrow.covers(&wide));
    }

    #[test]
    fn address_says_where_to_connect_and_what_to_ask_for() {
        let address = HttpAddress::parse("http://[::1]:8080/a/b?c=d").unwrap();
        assert_eq!(address.socket(), ("::1", 8080));
        assert_eq!(
            (address.host().as_str(), address.target().as_str()),
            ("[::1]:8080", "/a/b?c=d")
        );
        let plain = HttpAddress::parse("http://a.example").unwrap();
        assert_eq!((plain.host().as_str(), plain.target().as_str()), ("a.example", "/"));
    }
}
