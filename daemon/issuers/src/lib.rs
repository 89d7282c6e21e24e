//! Issuers of certificates and time stamps, asked over plain HTTP within limits: answers and lists about revocation, and
//! time stamps (RFC 3161). `beid_pki` and `beid_protocol` judge what comes; here it is fetched, kept and counted.

pub mod fetch;
pub mod revocation;
pub mod timestamps;
