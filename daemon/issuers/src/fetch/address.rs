//! Which addresses may be asked.
//!
//! A certificate names whom to ask, and anybody can put any certificate on a card. So only addresses on a list are
//! asked, compared part by part: that an address begins with the same letters means nothing.

use hyper::Uri;

/// An address that can be asked: `http`, a host, no user, no way out of its path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Address {
    host: String,
    port: u16,
    path: String,
    query: Option<String>,
}

impl Address {
    /// `None` for what is not plain `http`, or says more than where to find something.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority()?;
        let is_plain = uri.scheme_str() == Some("http")
            && !url.contains('#')
            && !authority.as_str().contains('@')
            && !authority.host().is_empty()
            && !leads_elsewhere(uri.path());
        is_plain.then(|| Self {
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16().unwrap_or(80),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
        })
    }

    /// Host and port to connect to.
    pub(super) fn socket(&self) -> (&str, u16) {
        (self.host.trim_start_matches('[').trim_end_matches(']'), self.port)
    }

    /// The `Host` header.
    pub(super) fn host(&self) -> String {
        match self.port {
            80 => self.host.clone(),
            port => format!("{}:{port}", self.host),
        }
    }

    /// What to ask the host for.
    pub(super) fn target(&self) -> String {
        match &self.query {
            None => self.path.clone(),
            Some(query) => format!("{}?{query}", self.path),
        }
    }
}

/// Whether a server might read the path as another one than is written.
fn leads_elsewhere(path: &str) -> bool {
    let dotted = path.split('/').any(|part| part == "." || part == "..");
    dotted
        || path.contains('\\')
        || path.to_ascii_lowercase().contains("%2e")
        || path.to_ascii_lowercase().contains("%2f")
}

/// An address of the settings: itself, and what lies below it on the same host and port.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct AllowedUrl(Address);

impl AllowedUrl {
    /// Reads `http://host[:port][/path]`.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let mut address = Address::parse(url).filter(|address| address.query.is_none())?;
        address.path.truncate(address.path.trim_end_matches('/').len());
        Some(Self(address))
    }

    /// Whether `other` allows nothing that this does not.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.allows(&other.0)
    }

    pub(crate) fn allows(&self, address: &Address) -> bool {
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

/// An address of the settings that is asked as it stands, and no other.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct ExactUrl(Address);

impl ExactUrl {
    pub(crate) fn address(&self) -> &Address {
        &self.0
    }
}

impl TryFrom<String> for ExactUrl {
    type Error = String;

    fn try_from(url: String) -> Result<Self, Self::Error> {
        let address = Address::parse(&url).map(Self);
        address.ok_or_else(|| format!("{url:?} should be http://host[:port][/path][?query]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `allowed` lets `url` be asked.
    fn check(allowed: &str, url: &str) -> bool {
        let allowed = AllowedUrl::parse(allowed).unwrap();
        Address::parse(url).is_some_and(|address| allowed.allows(&address))
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
        let address = Address::parse("http://[::1]:8080/a/b?c=d").unwrap();
        assert_eq!(address.socket(), ("::1", 8080));
        assert_eq!(
            (address.host().as_str(), address.target().as_str()),
            ("[::1]:8080", "/a/b?c=d")
        );
        let plain = Address::parse("http://a.example").unwrap();
        assert_eq!((plain.host().as_str(), plain.target().as_str()), ("a.example", "/"));
    }
}
