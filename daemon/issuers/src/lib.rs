//! Clients of issuers over plain HTTP, with limits on size and time: OCSP answers, revocation lists and time stamps
//! (RFC 3161). Answers are fetched and kept here; `beid_pki` and `beid_protocol` judge them.

pub mod fetch;
pub mod revocation;
pub mod timestamps;
