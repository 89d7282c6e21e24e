//! Programs that call the daemon all the time, over HTTPS and over the bus, and take every refusal.

use super::{SoakAnswers, SoakDesk};
use crate::SetupFailure;
use beid_e2e::{KeptConnection, plain};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;
use tokio::runtime;
use zbus::zvariant::OwnedVariant;

/// Time between two calls.
const PAUSE: Duration = Duration::from_millis(40);
/// Calls over one connection, before the next is opened.
const CALLS: usize = 100;

/// Program that calls over HTTPS.
pub(super) struct HttpsCaller {
    port: u16,
    ca: PathBuf,
    token: String,
}

impl HttpsCaller {
    pub(super) fn from_desk(desk: &SoakDesk) -> Self {
        Self {
            port: desk.daemon.port(),
            ca: desk.daemon.ca(),
            token: desk.daemon.token(&["readers", "identity.full", "identity.photo"]),
        }
    }

    /// Calls until all is over.
    pub(super) fn call(&self, answers: &SoakAnswers) -> Result<(), SetupFailure> {
        let paths = [
            "status",
            "readers",
            "cards/current/identity",
            "cards/current/summary",
            "cards/current/photo",
        ];
        while !answers.is_over() {
            let mut connection = KeptConnection::open(self.port, &self.token, &self.ca)?;
            for path in paths.iter().cycle().take(CALLS) {
                if answers.is_over() {
                    break;
                }
                let reply = connection.request(&format!("/v1/{path}"), "")?;
                let code = match reply.status {
                    200 => "answered".to_owned(),
                    _ => code(&serde_json::from_slice(&reply.body)?),
                };
                answers.count(&format!("HTTPS, {path}: {code}"));
                sleep(PAUSE);
            }
        }
        Ok(())
    }
}

fn code(problem: &Value) -> String {
    problem
        .get("code")
        .and_then(Value::as_str)
        .unwrap_or("no code")
        .to_owned()
}

/// Program that calls over the bus.
pub(super) struct BusCaller {
    address: String,
}

impl BusCaller {
    pub(super) fn from_desk(desk: &SoakDesk) -> Self {
        Self {
            address: desk.bus.address().to_owned(),
        }
    }

    /// Calls until all is over.
    pub(super) fn call(&self, answers: &SoakAnswers) -> Result<(), SetupFailure> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        while !answers.is_over() {
            runtime.block_on(self.call_over_one_connection(answers))?;
        }
        Ok(())
    }

    async fn call_over_one_connection(&self, answers: &SoakAnswers) -> Result<(), SetupFailure> {
        let connection = zbus::connection::Builder::address(self.address.as_str())
            .build()
            .await?;
        for _ in 0..CALLS {
            if answers.is_over() {
                break;
            }
            let listed = call(&connection, "/org/beidd1", "Manager", "ListCards", answers).await?;
            let card = listed
                .as_ref()
                .and_then(|listed| listed.pointer("/cards/0/id"))
                .and_then(Value::as_str);
            if let Some(card) = card {
                call(
                    &connection,
                    &format!("/org/beidd1/card/{card}"),
                    "Card",
                    "ReadIdentity",
                    answers,
                )
                .await?;
            }
            tokio::time::sleep(PAUSE).await;
        }
        connection.close().await?;
        Ok(())
    }
}

/// Calls a method without members; `None` if it was refused.
async fn call(
    connection: &zbus::Connection,
    path: &str,
    interface: &str,
    method: &str,
    answers: &SoakAnswers,
) -> Result<Option<Value>, SetupFailure> {
    let no_members = beid_bus::convert::to_dict(json!({}).as_object().ok_or("members are an object")?);
    let interface = format!("org.beidd1.{interface}");
    let called = connection.call_method(Some("org.beidd1"), path, Some(interface.as_str()), method, &no_members);
    match called.await {
        Ok(answer) => {
            let members: HashMap<String, OwnedVariant> = answer.body().deserialize()?;
            answers.count(&format!("D-Bus, {method}: answered"));
            Ok(Some(plain(members)?))
        }
        Err(zbus::Error::MethodError(name, ..)) => {
            let code = name.rsplit('.').next().unwrap_or_default().to_lowercase();
            answers.count(&format!("D-Bus, {method}: {code}"));
            Ok(None)
        }
        Err(other) => Err(other.into()),
    }
}
