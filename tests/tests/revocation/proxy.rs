//! Issuers that are asked through a proxy: tinyproxy.

use super::authority::{Keys, OpensslAuthority};
use super::{CheckerDesk, PASSED, place, says, unknown};
use beid_e2e::{LIMIT, RunningProgram, Scratch, eventually, free_port, tool};
use beid_issuers::revocation::{Proxies, ProxyUrl};
use std::fs;
use std::net::TcpStream;
use std::process::Command;

/// A proxy on this computer.
struct Proxy {
    port: u16,
    scratch: Scratch,
    _process: RunningProgram,
}

impl Proxy {
    /// Starts one with these lines of configuration besides the usual ones.
    fn start(more: &str) -> Self {
        let (port, scratch) = (free_port(), Scratch::new("proxy"));
        let log = scratch.path().join("log");
        let configuration = format!(
            "Port {port}\nListen 127.0.0.1\nTimeout 20\nAllow 127.0.0.1\nMaxClients 20\nLogLevel Connect\nLogFile \"{}\"\n{more}\n",
            log.display()
        );
        fs::write(scratch.path().join("tinyproxy.conf"), configuration).expect("the configuration can be written");
        let mut command = Command::new(tool("tinyproxy"));
        command.args(["-d", "-c"]).arg(scratch.path().join("tinyproxy.conf"));
        let process = RunningProgram::start("tinyproxy", command);
        eventually("the proxy listens", LIMIT, || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self {
            port,
            scratch,
            _process: process,
        }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The proxy, for all hosts but these.
    fn except(&self, without: &[&str]) -> Proxies {
        let url = ProxyUrl::try_from(self.url()).expect("an address of a proxy");
        Proxies::new(&url, &without.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>())
    }

    /// Number of requests for `url` that it has been sent.
    fn asked_for(&self, url: &str) -> usize {
        let log = fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default();
        log.matches(&format!("POST {url}")).count()
    }
}

#[tokio::test]
async fn issuers_are_asked_through_the_proxy_and_only_for_what_is_allowed() {
    let authority = OpensslAuthority::new(Keys::Ec);
    let ((port, url), (_, other)) = (place(), place());
    let good = authority.issue_naming("good", &[&url], &[]);
    let elsewhere = authority.issue_naming("elsewhere", &[&other], &[]);
    let _responder = authority.respond(port, &authority);
    let proxy = Proxy::start("");
    let mut desk = CheckerDesk::asking(&[&url]);
    desk.settings.cache = false;
    desk.settings.proxies = proxy.except(&[]);
    assert_eq!(says(&desk.check(&good, &authority).await), PASSED);
    assert_eq!(proxy.asked_for(&url), 1);
    assert_eq!(says(&desk.check(&elsewhere, &authority).await), unknown("not-allowed"));
    assert_eq!(proxy.asked_for(&other), 0);
    // Hosts that are excepted are asked without it.
    desk.settings.proxies = proxy.except(&["127.0.0.0/8"]);
    assert_eq!(says(&desk.check(&good, &authority).await), PASSED);
    assert_eq!(proxy.asked_for(&url), 1);
}

#[tokio::test]
async fn nobody_goes_past_a_proxy_that_is_away_or_refuses() {
    let authority = OpensslAuthority::new(Keys::Ec);
    let (port, url) = place();
    let good = authority.issue_naming("good", &[&url], &[]);
    let _responder = authority.respond(port, &authority);
    let mut desk = CheckerDesk::asking(&[&url]);
    desk.settings.cache = false;
    let away = ProxyUrl::try_from(format!("http://127.0.0.1:{}", free_port())).expect("an address of a proxy");
    desk.settings.proxies = Proxies::new(&away, &[]);
    assert_eq!(says(&desk.check(&good, &authority).await), unknown("offline"));

    let proxy = Proxy::start("BasicAuth desk secret");
    desk.settings.proxies = proxy.except(&[]);
    assert_eq!(says(&desk.check(&good, &authority).await), unknown("http-status"));
    for (password, expected) in [("wrong", unknown("http-status")), ("secret", PASSED)] {
        let named = proxy.url().replace("//", &format!("//desk:{password}@"));
        desk.settings.proxies = Proxies::from_variables(|name| (name == "HTTP_PROXY").then(|| named.clone()));
        assert_eq!(says(&desk.check(&good, &authority).await), expected, "{password}");
    }
}
