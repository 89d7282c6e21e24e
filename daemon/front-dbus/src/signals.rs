//! Signals that announce objects and events.
//!
//! At every event, readers and cards are compared with what was announced, and the difference is announced first.
//! Listeners that receive `card.ready` can therefore call the card, and an event that was lost does no harm.

use super::objects::{self, Object, Objects};
use super::{BusFront, KnownOperation};
use beid_bus::convert::{BusDict, to_dict};
use beid_bus::{MANAGER, OPERATION, operation_path};
use beid_service::caller::CallerId;
use beid_service::events::{Event, EventAudience};
use beid_texts::Language;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use zbus::{DynamicType, ObjectPath};

const OBJECT_MANAGER: &str = "org.freedesktop.DBus.ObjectManager";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Announces objects and events, in order.
pub(super) struct Announcer {
    front: Arc<BusFront>,
    announced: Objects,
}

impl Announcer {
    /// Takes the objects that are there now as announced: clients list them when they connect.
    pub(super) fn new(front: Arc<BusFront>) -> Self {
        let announced = objects::from_registry(&front.service.registry);
        Self { front, announced }
    }

    /// Announces what has changed, then the event itself to those it is for.
    pub(super) async fn follow(&mut self, event: &Event) {
        self.reconcile().await;
        match &event.audience {
            EventAudience::Everybody => {
                self.reconcile_operations(event.name == "resync").await;
                self.event(None, event).await;
            }
            EventAudience::Caller(CallerId::Bus(owner)) => {
                if let Some(id) = event.ids.get("operationId").and_then(|id| id.as_str()) {
                    self.operation(id, owner).await;
                }
                self.event(Some(owner), event).await;
            }
            // The owner called over the other front, so nobody here may know.
            EventAudience::Caller(
                CallerId::Token(_) | CallerId::Page { .. } | CallerId::OwnPage(_) | CallerId::Anonymous,
            )
            | EventAudience::Website(_)
            | EventAudience::OwnPages => {}
        }
    }

    async fn event(&self, owner: Option<&str>, event: &Event) {
        self.emit(owner, super::ROOT, MANAGER, "Event", &(event.name, to_dict(&event.ids)))
            .await;
    }

    /// Announces readers and cards that are gone, new or different.
    async fn reconcile(&mut self) {
        let now = objects::from_registry(&self.front.service.registry);
        let before = std::mem::replace(&mut self.announced, now);
        for (path, object) in before.iter().filter(|(path, _)| !self.announced.contains_key(*path)) {
            self.removed(None, path, object.interface).await;
        }
        for (path, object) in &self.announced {
            self.changed(None, path, before.get(path), object).await;
        }
    }

    /// Removes operations whose results are no longer kept; if `all`, compares the others too, since events were lost.
    async fn reconcile_operations(&self, all: bool) {
        // Copied, since the lock cannot be held while signals are sent.
        let known: Vec<(String, String)> = {
            let operations = self.front.operations();
            operations
                .iter()
                .map(|(id, known)| (id.clone(), known.owner.clone()))
                .collect()
        };
        for (id, owner) in known {
            let caller = CallerId::Bus(owner.clone());
            if self.front.service.running.view(&id, &caller).is_none() {
                self.front.operations().remove(&id);
                self.removed(Some(&owner), &operation_path(&id), OPERATION).await;
            } else if all {
                self.operation(&id, &owner).await;
            }
        }
    }

    /// Announces one operation to its owner.
    async fn operation(&self, id: &str, owner: &str) {
        let Some(now) = objects::operation(id, &CallerId::Bus(owner.to_owned()), &self.front.service) else {
            return;
        };
        let before = {
            let mut operations = self.front.operations();
            let known = operations.entry(id.to_owned()).or_insert_with(|| KnownOperation {
                owner: owner.to_owned(),
                language: Language::default(),
                announced: None,
            });
            known.announced.replace(now.clone())
        };
        self.changed(Some(owner), &operation_path(id), before.as_ref(), &now)
            .await;
    }

    /// Sends `InterfacesAdded` for an object that was not there `before`, `PropertiesChanged` for one that was.
    async fn changed(&self, owner: Option<&str>, path: &str, before: Option<&Object>, now: &Object) {
        match before {
            None => {
                let Ok(path) = ObjectPath::try_from(path) else { return };
                let interfaces = HashMap::from([(now.interface, now.to_dict())]);
                self.emit(
                    owner,
                    super::ROOT,
                    OBJECT_MANAGER,
                    "InterfacesAdded",
                    &(path, interfaces),
                )
                .await;
            }
            Some(before) => {
                let changed: BusDict = now.changed_since(before);
                if !changed.is_empty() {
                    // Nothing is invalidated: every new value is sent along.
                    let body = (now.interface, changed, Vec::<&str>::new());
                    self.emit(owner, path, PROPERTIES, "PropertiesChanged", &body).await;
                }
            }
        }
    }

    async fn removed(&self, owner: Option<&str>, path: &str, interface: &str) {
        let Ok(path) = ObjectPath::try_from(path) else { return };
        self.emit(
            owner,
            super::ROOT,
            OBJECT_MANAGER,
            "InterfacesRemoved",
            &(path, vec![interface]),
        )
        .await;
    }

    /// Sends a signal to `owner` alone, or to everybody who may hear it.
    async fn emit(
        &self,
        owner: Option<&str>,
        path: &str,
        interface: &str,
        signal: &str,
        body: &(impl Serialize + DynamicType),
    ) {
        let listeners = match owner {
            Some(owner) => vec![Some(owner.to_owned())],
            None => self.front.listeners(),
        };
        for listener in listeners {
            let connection = &self.front.connection;
            let sent = connection.emit_signal(listener.as_deref(), path, interface, signal, body);
            if let Err(error) = sent.await {
                // If the bus is lost, the loop that reads from it logs an error.
                tracing::debug!(%error, signal, "signal not sent");
            }
        }
    }
}
