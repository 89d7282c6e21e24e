//! Reach of the servers about revocation: whether they answer at all. Nothing about any certificate is asked.

use super::Checker;
use crate::fetch::{AllowedUrl, knock};
use beid_pki::Reason;
use futures_util::future::join_all;
use jiff::Timestamp;
use std::time::Duration;

/// Time for a server to begin an answer.
const LIMIT: Duration = Duration::from_secs(5);

/// A server about revocation, and whether it answers.
#[derive(Clone, Debug)]
pub struct ServerReach {
    /// Host, with the port if that is not 80.
    pub server: String,
    /// Date in its answer, if it has one; or the reason why there is no answer.
    pub date: Result<Option<Timestamp>, Reason>,
}

impl Checker {
    /// Asks each server that the settings name for any page, all at the same time.
    pub async fn reach_servers(&self) -> Vec<ServerReach> {
        let mut addresses: Vec<_> = Vec::new();
        let named = self.settings.ocsp_urls.iter().chain(&self.settings.crl_urls);
        for address in named.map(AllowedUrl::address) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        let knocks = addresses.into_iter().map(async |address| ServerReach {
            server: address.host(),
            date: knock(address, LIMIT, &self.settings.proxies)
                .await
                .map_err(|not| not.reason()),
        });
        join_all(knocks).await
    }
}
