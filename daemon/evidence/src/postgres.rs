//! Addresses of PostgreSQL servers: everything is said in the address, and nothing is taken from `PG*` variables or
//! `~/.pgpass`. Beyond this computer the server's certificate is verified.

use crate::error::EvidenceError;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::net::IpAddr;
use std::path::Path;
use url::Url;

/// Variables that the library reads and an address cannot take back.
const VARIABLES: [&str; 4] = ["PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGOPTIONS"];

/// Address of a database on a server: `postgres://role@host/database`. A password is never in it, since addresses are
/// printed and stand in files that others read.
#[derive(Clone)]
pub struct ServerAddress(Box<PgConnectOptions>);

impl ServerAddress {
    /// Reads an address; `password` is that of the role, if it has one.
    ///
    /// # Errors
    /// If it is none, lacks role or database, holds a password, asks for less than a verified connection beyond this
    /// computer, or has a parameter that is not known. The error does not repeat the address.
    pub fn parse(text: &str, password: Option<&str>) -> Result<Self, EvidenceError> {
        Self::read(text, password, |name| std::env::var_os(name).is_some())
            .map_err(|reason| EvidenceError::Setting { setting: "url", reason })
    }

    fn read(text: &str, password: Option<&str>, is_set: impl Fn(&str) -> bool) -> Result<Self, String> {
        // The library reads them for every address.
        if let Some(set) = VARIABLES.into_iter().find(|name| is_set(name)) {
            return Err(format!(
                "the variable {set} is set, which would change the connection: unset it"
            ));
        }
        let url =
            Url::parse(text).map_err(|_| "not an address such as postgres://desk1@db.example/beidd".to_owned())?;
        if !["postgres", "postgresql"].contains(&url.scheme()) {
            return Err("must begin with postgres://".to_owned());
        }
        let part = |text: &str, what: &str| match decoded(text) {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(format!("names no {what}")),
        };
        let role = part(url.username(), "role")?;
        let database = part(url.path().trim_start_matches('/'), "database")?;
        if url.password().is_some() {
            return Err(
                "holds a password: write it into a file that this user alone can read, and name that in password_file"
                    .to_owned(),
            );
        }
        let host = part(
            url.host_str().unwrap_or_default(),
            "host, nor the directory of a socket (%2Frun%2Fpostgresql)",
        )?;
        let is_socket = host.starts_with('/');
        let is_here = is_socket || host == "localhost" || address(&host).is_some_and(|address| address.is_loopback());
        let mode = if is_here {
            PgSslMode::Disable
        } else {
            PgSslMode::VerifyFull
        };
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(if is_socket {
                "localhost"
            } else {
                host.trim_matches(['[', ']'])
            })
            .port(url.port().unwrap_or(5432))
            .username(&role)
            .password(password.unwrap_or_default())
            .database(&database)
            .application_name("beidd")
            .ssl_mode(mode);
        if is_socket {
            options = options.socket(&host);
        }
        for (name, value) in url.query_pairs() {
            options = match (&*name, &*value) {
                ("sslmode", "verify-full") if !is_socket => options.ssl_mode(PgSslMode::VerifyFull),
                ("sslmode", _) => {
                    return Err(
                        "sslmode can only be verify-full, which is the default beyond this computer".to_owned(),
                    );
                }
                ("sslrootcert", path) => options.ssl_root_cert(absolute("sslrootcert", path)?),
                ("sslcert", path) => options.ssl_client_cert(absolute("sslcert", path)?),
                ("sslkey", path) => options.ssl_client_key(absolute("sslkey", path)?),
                _ => return Err("has a parameter other than sslmode, sslrootcert, sslcert and sslkey".to_owned()),
            };
        }
        Ok(Self(Box::new(options)))
    }

    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.0
    }

    /// Name of it, for people: without role and password.
    pub(crate) fn name(&self) -> String {
        let options = &self.0;
        let database = options.get_database().unwrap_or_default();
        match options.get_socket() {
            Some(socket) => format!("{}/{database}", socket.display()),
            None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
        }
    }
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

fn absolute<'p>(name: &str, path: &'p str) -> Result<&'p Path, String> {
    let path = Path::new(path);
    path.is_absolute()
        .then_some(path)
        .ok_or_else(|| format!("{name} must be an absolute path"))
}

/// Reads percent encoding; `None` if the result is no text.
fn decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match (*first, tail.split_first_chunk::<2>()) {
            (b'%', Some((digits, after))) => {
                octets.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?);
                rest = after;
            }
            (octet, _) => octets.push(octet),
        }
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(text: &str) -> Result<(String, String), String> {
        let address = ServerAddress::read(text, None, |_| false)?;
        Ok((address.name(), format!("{:?}", address.options().get_ssl_mode())))
    }

    #[test]
    fn a_connection_beyond_this_computer_is_always_verified() {
        for (text, name, expected) in [
            ("postgres://d@db.example/beidd", "db.example:5432/beidd", "VerifyFull"),
            (
                "postgresql://d@db.example:6432/beidd",
                "db.example:6432/beidd",
                "VerifyFull",
            ),
            (
                "postgres://d@db.example/beidd?sslrootcert=/etc/ca.pem",
                "db.example:5432/beidd",
                "VerifyFull",
            ),
            ("postgres://d@192.0.2.7/beidd", "192.0.2.7:5432/beidd", "VerifyFull"),
            (
                "postgres://d@127.0.0.1.example/beidd",
                "127.0.0.1.example:5432/beidd",
                "VerifyFull",
            ),
            ("postgres://d@localhost/beidd", "localhost:5432/beidd", "Disable"),
            (
                "postgres://d@localhost/beidd?sslmode=verify-full",
                "localhost:5432/beidd",
                "VerifyFull",
            ),
            ("postgres://d@127.0.0.1/beidd", "127.0.0.1:5432/beidd", "Disable"),
            ("postgres://d@[::1]/beidd", "::1:5432/beidd", "Disable"),
            (
                "postgres://d@%2Frun%2Fpostgresql/beidd",
                "/run/postgresql/beidd",
                "Disable",
            ),
        ] {
            assert_eq!(mode(text), Ok((name.to_owned(), expected.to_owned())), "{text}");
        }
    }

    #[test]
    fn addresses_that_say_too_little_or_weaken_the_connection_are_refused() {
        for (text, reason) in [
            ("db.example", "not an address"),
            ("mysql://d@db.example/beidd", "must begin with postgres://"),
            ("postgres://db.example/beidd", "no role"),
            ("postgres://d:secret@db.example/beidd", "password_file"),
            ("postgres://d@db.example", "no database"),
            ("postgres://d@/beidd", "no"),
            ("postgres://d@db.example/beidd?sslmode=prefer", "verify-full"),
            ("postgres://d@db.example/beidd?sslmode=disable", "verify-full"),
            ("postgres://d@localhost/beidd?sslmode=require", "verify-full"),
            ("postgres://d@db.example/beidd?sslrootcert=ca.pem", "absolute"),
            ("postgres://d@db.example/beidd?host=/tmp", "parameter"),
            ("postgres://d@db.example/beidd?options=-c%20x", "parameter"),
            ("postgres://d@db.example/%ff", "no database"),
        ] {
            let said = mode(text).unwrap_err();
            assert!(said.contains(reason), "{text}: {said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn variables_of_other_programs_do_not_change_the_connection() {
        for name in VARIABLES {
            let refused = ServerAddress::read("postgres://d@db.example/beidd", None, |set| set == name).err();
            assert!(refused.unwrap().contains(name));
        }
    }
}
