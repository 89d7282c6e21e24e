//! Connection to the bus that the environment names.

use zbus::{Connection, connection};

/// Well-known bus. (D-Bus specification, "Well-known Message Bus Instances")
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MessageBus {
    /// Bus of the user's login session.
    Session,
    /// Bus of the machine.
    System,
}

/// Reason why there is no connection to a bus.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No bus answers at the addresses of the environment, or it does not let us in.
    #[error("no bus: {variable} says {reasons}")]
    Unreachable {
        /// Name of the environment variable with the addresses.
        variable: &'static str,
        /// Each address, and why it did not work.
        reasons: String,
    },
    /// The bus at the default address cannot be reached, or does not let us in.
    #[error("bus: {0}")]
    Bus(#[from] zbus::Error),
}

/// Connects to the user's bus or the machine's.
///
/// The environment variable with its address may hold several, between semicolons (D-Bus specification, "Server
/// Addresses"). They are tried in turn until one works; `zbus` itself reads only one.
///
/// # Errors
/// [`ConnectError::Unreachable`], with the error of each address, if none works.
pub async fn connect(bus: MessageBus) -> Result<Connection, ConnectError> {
    let (variable, builder) = match bus {
        MessageBus::Session => (
            "DBUS_SESSION_BUS_ADDRESS",
            connection::Builder::session as fn() -> connection::Builder<'static>,
        ),
        MessageBus::System => ("DBUS_SYSTEM_BUS_ADDRESS", connection::Builder::system as fn() -> _),
    };
    let said = std::env::var(variable).unwrap_or_default();
    let addresses: Vec<&str> = addresses(&said).collect();
    if addresses.is_empty() {
        // Without the variable, zbus tries the default address.
        return builder().build().await.map_err(ConnectError::Bus);
    }
    let mut reasons = Vec::new();
    for address in addresses {
        match connection::Builder::address(address).build().await {
            Ok(connection) => return Ok(connection),
            Err(error) => reasons.push(format!("{address}: {error}")),
        }
    }
    Err(ConnectError::Unreachable {
        variable,
        reasons: reasons.join("; "),
    })
}

/// Splits a list of addresses. A semicolon within an address is escaped, so each one ends an address.
fn addresses(value: &str) -> impl Iterator<Item = &str> {
    value.split(';').filter(|address| !address.is_empty())
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn addresses_stand_between_semicolons() {
        for (value, expected) in [
            ("", vec![]),
            (";", vec![]),
            ("unix:path=/a,guid=00", vec!["unix:path=/a,guid=00"]),
            ("unix:path=/a;unix:path=/b;", vec!["unix:path=/a", "unix:path=/b"]),
            ("unix:path=/a%3bb", vec!["unix:path=/a%3bb"]),
        ] {
            assert_eq!(addresses(value).collect::<Vec<_>>(), expected, "{value}");
        }
    }
}
