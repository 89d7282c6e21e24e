//! HTTP proxies, which on the networks of many hospitals are the only way out.
//!
//! Addresses are plain `http`, so a proxy is asked for the whole address (RFC 9112, 3.2.2) and makes no tunnel. It is not
//! trusted: answers are signed by their issuers. Which addresses may be asked is decided before, by the allow-list.

use super::address::HttpAddress;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;
use std::sync::Arc;

/// Proxy for requests to issuers and time-stamping authorities, with the hosts that are asked without it. By default there is none.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Option<Arc<Matcher>>);

impl Proxies {
    /// Asks through `proxy`, except hosts of `without`: names, with all below them, addresses, networks.
    #[must_use]
    pub fn new(proxy: &ProxyUrl, without: &[String]) -> Self {
        let matcher = Matcher::builder().http(proxy.0.clone()).no(without.join(","));
        Self(Some(Arc::new(matcher.build())))
    }

    /// Takes the proxy that the variables of curl and others name: `http_proxy`, else `all_proxy`, except for hosts of
    /// `no_proxy`; each in small or capital letters. No address is `https`, so `https_proxy` is for none.
    #[must_use]
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| {
            let set = variable(name).or_else(|| variable(&name.to_ascii_uppercase()));
            set.unwrap_or_default()
        };
        let matcher = Matcher::builder().http(get("http_proxy")).all(get("all_proxy"));
        Self(Some(Arc::new(matcher.no(get("no_proxy")).build())))
    }

    /// Finds the way to `address`; `None` if its proxy can only be reached by another protocol than HTTP.
    pub(super) fn route(&self, address: &HttpAddress) -> Option<Route> {
        let (host, port) = address.socket();
        let direct = || Route {
            host: host.to_owned(),
            port,
            target: address.target(),
            authorization: None,
            is_proxied: false,
        };
        let whole: Uri = address.whole().parse().ok()?;
        let Some(proxy) = self.0.as_ref().and_then(|matcher| matcher.intercept(&whole)) else {
            return Some(direct());
        };
        let authority = proxy
            .uri()
            .authority()
            .filter(|_| proxy.uri().scheme_str() == Some("http"))?;
        Some(Route {
            host: authority
                .host()
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            port: authority.port_u16().unwrap_or(80),
            target: whole.to_string(),
            authorization: proxy.basic_auth().cloned(),
            is_proxied: true,
        })
    }
}

/// Way on which a request is sent.
pub(super) struct Route {
    /// Host to connect to.
    pub(super) host: String,
    /// Port to connect to.
    pub(super) port: u16,
    /// Target of the request: the path, or the whole address for a proxy.
    pub(super) target: String,
    /// Credentials for the proxy.
    pub(super) authorization: Option<HeaderValue>,
    /// True if the host is a proxy.
    pub(super) is_proxied: bool,
}

/// Address of a proxy in the settings: `http://host[:port]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProxyUrl(String);

impl TryFrom<String> for ProxyUrl {
    type Error = &'static str;

    fn try_from(url: String) -> Result<Self, Self::Error> {
        if url.contains('@') {
            return Err(
                "should be http://host[:port] without name and password: settings are shown; set the variable http_proxy for those",
            );
        }
        let address = HttpAddress::parse(&url).filter(|address| address.target() == "/");
        let is_proxy = address.is_some() && !url.contains('?');
        if is_proxy {
            Ok(Self(url))
        } else {
            Err("should be http://host[:port]")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(proxies: &Proxies, url: &str) -> Option<(String, u16, String, bool)> {
        let route = proxies.route(&HttpAddress::parse(url).unwrap())?;
        Some((route.host, route.port, route.target, route.authorization.is_some()))
    }

    fn way(host: &str, port: u16, target: &str, authorized: bool) -> Option<(String, u16, String, bool)> {
        Some((host.to_owned(), port, target.to_owned(), authorized))
    }

    #[test]
    fn a_proxy_is_asked_for_the_whole_address_and_others_for_the_path() {
        let url = "http://ocsp.example.be:8080/eid?a=b";
        let direct = way("ocsp.example.be", 8080, "/eid?a=b", false);
        let through = |port| way("proxy.example", port, url, false);
        let proxy = |url: &str| ProxyUrl::try_from(url.to_owned()).unwrap();
        assert_eq!(route(&Proxies::default(), url), direct);
        let plain = proxy("http://proxy.example:3128");
        assert_eq!(route(&Proxies::new(&plain, &[]), url), through(3128));
        assert_eq!(
            route(&Proxies::new(&proxy("http://proxy.example"), &[]), url),
            through(80)
        );
        for (without, expected) in [
            ("example.be", direct.clone()),
            (".example.be", direct.clone()),
            ("example.com", through(3128)),
            ("*", direct.clone()),
        ] {
            assert_eq!(
                route(&Proxies::new(&plain, &[without.to_owned()]), url),
                expected,
                "{without}"
            );
        }
        let network = Proxies::new(&plain, &["10.0.0.0/8".to_owned()]);
        assert_eq!(
            route(&network, "http://10.1.2.3/list"),
            way("10.1.2.3", 80, "/list", false)
        );
        let v6 = Proxies::new(&proxy("http://[::1]:3128"), &[]);
        assert_eq!(route(&v6, url), way("::1", 3128, url, false));
    }

    #[test]
    fn variables_are_those_of_other_programs() {
        let url = "http://ocsp.example.be/eid";
        let from = |set: &[(&str, &str)]| {
            let set: Vec<_> = set
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            let find = |name: &str| {
                set.iter()
                    .find(|(known, _)| known == name)
                    .map(|(_, value)| value.clone())
            };
            route(&Proxies::from_variables(find), url)
        };
        let direct = way("ocsp.example.be", 80, "/eid", false);
        assert_eq!(from(&[]), direct);
        assert_eq!(from(&[("https_proxy", "http://a.example")]), direct);
        assert_eq!(
            from(&[("http_proxy", "http://a.example"), ("HTTP_PROXY", "http://b.example")]),
            way("a.example", 80, url, false)
        );
        assert_eq!(
            from(&[("HTTP_PROXY", "http://me:secret@a.example:3128")]),
            way("a.example", 3128, url, true)
        );
        assert_eq!(
            from(&[("all_proxy", "http://a.example"), ("NO_PROXY", "example.be")]),
            direct
        );
        // Sent to nobody, rather than past the proxy.
        assert_eq!(from(&[("ALL_PROXY", "socks5://a.example")]), None);
        let proxies =
            Proxies::from_variables(|name| (name == "http_proxy").then(|| "http://me:secret@a.example".to_owned()));
        assert!(!format!("{proxies:?}").contains("secret"));
    }

    #[test]
    fn settings_take_plain_proxies_only() {
        for (url, why) in [
            ("https://a.example", "http://host"),
            ("a.example:3128", "http://host"),
            ("http://a.example/path", "http://host"),
            ("http://a.example/?x", "http://host"),
            ("http://me:secret@a.example", "http_proxy"),
        ] {
            let refusal = ProxyUrl::try_from(url.to_owned()).unwrap_err();
            assert!(refusal.contains(why) && !refusal.contains("secret"), "{url}: {refusal}");
        }
    }
}
