//! Objects on the bus: readers, cards, and each caller's own operations. Their properties hold no personal data.

use crate::api::ApiError;
use crate::api::types::{CardAnswer, ReaderAnswer};
use crate::api::words::CallState;
use crate::service::Service;
use crate::service::caller::CallerId;
use crate::service::cards::{Registry, TriesLeft};
use crate::service::running::OperationView;
use beid_bus::convert::BusDict;
use beid_bus::{CARD, MANAGER, OPERATION, READER, ROOT, card_path, reader_path};
use std::collections::BTreeMap;
use zbus::{ObjectPath, Variant};

/// Value of a property.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Property {
    Text(String),
    Texts(Vec<String>),
    Path(String),
    Flag(bool),
    Port(u16),
    Count(i16),
}

/// One object: its interface, besides the standard ones, and its properties.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Object {
    pub(super) interface: &'static str,
    pub(super) properties: BTreeMap<&'static str, Property>,
}

/// Objects by their paths.
pub(super) type Objects = BTreeMap<String, Object>;

/// Object that a path names, whether or not it is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PathTarget<'p> {
    Manager,
    Reader(&'p str),
    Card(&'p str),
    Operation(&'p str),
    /// A path that only leads to others.
    Branch,
    Nowhere,
}

impl<'p> PathTarget<'p> {
    pub(super) fn parse(path: &'p str) -> Self {
        let Some(below) = path.strip_prefix(ROOT) else {
            return if matches!(path, "/" | "/org") {
                Self::Branch
            } else {
                Self::Nowhere
            };
        };
        let parts: Vec<&str> = below.split('/').collect();
        match parts.as_slice() {
            [""] => Self::Manager,
            ["", "reader" | "card" | "operation"] => Self::Branch,
            ["", "reader", reader] => Self::Reader(reader),
            ["", "card", card] => Self::Card(card),
            ["", "operation", operation] => Self::Operation(operation),
            _ => Self::Nowhere,
        }
    }

    /// Interface of ours that an object there has.
    pub(super) fn interface(self) -> Option<&'static str> {
        match self {
            Self::Manager => Some(MANAGER),
            Self::Reader(_) => Some(READER),
            Self::Card(_) => Some(CARD),
            Self::Operation(_) => Some(OPERATION),
            Self::Branch | Self::Nowhere => None,
        }
    }
}

/// Objects of every reader and card that is there now.
pub(super) fn from_registry(registry: &Registry) -> Objects {
    let mut objects = Objects::new();
    for reader in registry.readers() {
        if let Some(card) = &reader.card {
            objects.insert(card_path(&card.id), card_object(card, registry));
        }
        objects.insert(reader_path(&reader.id), reader_object(&reader));
    }
    objects
}

/// The card called `id`.
///
/// # Errors
/// `card-removed` if it was pulled out, `not-found` if it never was.
pub(super) fn card(id: &str, registry: &Registry) -> Result<Object, ApiError> {
    Ok(card_object(&registry.resolve(id)?.to_answer(), registry))
}

/// An operation, if `owner` is its owner.
pub(super) fn operation(id: &str, owner: &CallerId, service: &Service) -> Option<Object> {
    service.running.view(id, owner).as_ref().map(operation_object)
}

/// Object of the manager.
pub(super) fn manager(https_port: u16) -> Object {
    let features = crate::service::FEATURES.iter().map(|feature| (*feature).to_owned());
    Object {
        interface: MANAGER,
        properties: BTreeMap::from([
            ("Version", Property::Text(env!("CARGO_PKG_VERSION").to_owned())),
            ("HttpsPort", Property::Port(https_port)),
            ("Features", Property::Texts(features.collect())),
        ]),
    }
}

fn reader_object(reader: &ReaderAnswer) -> Object {
    let card = reader
        .card
        .as_ref()
        .map_or_else(|| "/".to_owned(), |card| card_path(&card.id));
    Object {
        interface: READER,
        properties: BTreeMap::from([
            ("Name", Property::Text(reader.name.clone())),
            ("PinPad", Property::Flag(reader.pin_pad)),
            ("Role", Property::Text(reader.role.to_string())),
            ("Card", Property::Path(card)),
        ]),
    }
}

fn card_object(card: &CardAnswer, registry: &Registry) -> Object {
    let tries = match registry.resolve(&card.id).map(|insertion| insertion.tries_left()) {
        Ok(TriesLeft::Told(tries)) => i16::from(tries),
        // A number that may be too high would invite one try too many.
        Ok(TriesLeft::Untold | TriesLeft::Doubtful) | Err(_) => -1,
    };
    Object {
        interface: CARD,
        properties: BTreeMap::from([
            ("Reader", Property::Path(reader_path(&card.reader))),
            ("Kind", Property::Text(card.kind.to_string())),
            ("Applet", Property::Text(card.applet.clone().unwrap_or_default())),
            ("Status", Property::Text(card.status.to_string())),
            ("PinTriesLeft", Property::Count(tries)),
        ]),
    }
}

fn operation_object(view: &OperationView) -> Object {
    Object {
        interface: OPERATION,
        properties: BTreeMap::from([
            ("State", Property::Text(CallState::from(view.state).to_string())),
            ("Kind", Property::Text(view.kind.to_owned())),
        ]),
    }
}

impl Object {
    /// The properties as they travel, `a{sv}`.
    pub(super) fn to_dict(&self) -> BusDict {
        let properties = self.properties.iter();
        properties
            .map(|(name, value)| ((*name).to_owned(), value.to_variant()))
            .collect()
    }

    /// The properties that differ from those `before`.
    pub(super) fn changed_since(&self, before: &Self) -> BusDict {
        let changed = self
            .properties
            .iter()
            .filter(|(name, value)| before.properties.get(*name) != Some(value));
        changed
            .map(|(name, value)| ((*name).to_owned(), value.to_variant()))
            .collect()
    }
}

impl Property {
    pub(super) fn to_variant(&self) -> Variant<'static> {
        match self {
            Self::Text(text) => Variant::from(text.clone()),
            Self::Texts(texts) => Variant::from(texts.clone()),
            // Every path here is made of our own words and ids; the root stands for none.
            Self::Path(path) => Variant::from(ObjectPath::try_from(path.clone()).unwrap_or_default()),
            Self::Flag(flag) => Variant::from(*flag),
            Self::Port(port) => Variant::from(*port),
            Self::Count(count) => Variant::from(*count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_says_which_object() {
        for (path, expected) in [
            ("/", PathTarget::Branch),
            ("/org", PathTarget::Branch),
            ("/org/beidd1", PathTarget::Manager),
            ("/org/beidd1/reader", PathTarget::Branch),
            ("/org/beidd1/reader/0", PathTarget::Reader("0")),
            ("/org/beidd1/card/0a", PathTarget::Card("0a")),
            ("/org/beidd1/operation/0a", PathTarget::Operation("0a")),
            ("/org/beidd1/operation/0a/b", PathTarget::Nowhere),
            ("/org/beidd12", PathTarget::Nowhere),
            ("/com", PathTarget::Nowhere),
        ] {
            assert_eq!(PathTarget::parse(path), expected, "{path}");
        }
    }
}
