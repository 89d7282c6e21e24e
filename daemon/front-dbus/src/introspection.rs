//! Introspection data: methods from the table of operations, the rest from the tables here.

use super::objects::PathTarget;
use beid_api::OperationRow;
use beid_api::{Interface, OPERATIONS};
use beid_bus::{CARD, MANAGER, OPERATION, READER, ROOT};
use std::collections::BTreeSet;

const DOCTYPE: &str = r#"<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
"#;

/// Our own interfaces, in the order of the shipped file.
const OURS: [&str; 4] = [MANAGER, READER, CARD, OPERATION];

/// Rows of interface, property, signature and documentation.
#[rustfmt::skip] // one row a line
const PROPERTIES: &[(&str, &str, &str, &str)] = &[
    (MANAGER, "Version", "s", "Version of the program."),
    (MANAGER, "HttpsPort", "q", "Port of the same operations on https://localhost; 0 if there is none."),
    (MANAGER, "Features", "as", "Features of this build."),
    (READER, "Name", "s", "PC/SC name of the reader."),
    (READER, "PinPad", "b", "True if the reader has a keypad for PINs."),
    (READER, "Role", "s", "Role of the reader: patient, provider or any."),
    (READER, "Card", "o", "Path of the card in the reader; / if there is none."),
    (CARD, "Reader", "o", "Path of the reader that the card is in."),
    (CARD, "Kind", "s", "Kind of card: beid or unknown."),
    (CARD, "Applet", "s", "Version of the applet; empty while unknown."),
    (CARD, "Status", "s", "Status of the card: reading, ready, unsupported, newer, mute or busy."),
    (CARD, "PinTriesLeft", "n", "Tries left for the PIN; -1 while unknown."),
    (OPERATION, "State", "s", "State of the operation; succeeded, failed and cancelled are final."),
    (OPERATION, "Kind", "s", "Name of the operation."),
];

/// Methods that are no row of the table of operations: name, arguments, documentation.
const OPERATION_METHODS: &[(&str, &str, &str)] = &[
    ("Cancel", "", "Cancels the call and closes its dialog."),
    (
        "Result",
        r#"<arg name="result" type="a{sv}" direction="out"/>"#,
        "Returns the result of the call, or its error.",
    ),
];

const PEER: &str = r#"  <interface name="org.freedesktop.DBus.Peer">
    <method name="Ping"/>
    <method name="GetMachineId">
      <arg name="machine_uuid" type="s" direction="out"/>
    </method>
  </interface>
  <interface name="org.freedesktop.DBus.Introspectable">
    <method name="Introspect">
      <arg name="xml_data" type="s" direction="out"/>
    </method>
  </interface>
"#;

const STANDARD_PROPERTIES: &str = r#"  <interface name="org.freedesktop.DBus.Properties">
    <method name="Get">
      <arg name="interface_name" type="s" direction="in"/>
      <arg name="property_name" type="s" direction="in"/>
      <arg name="value" type="v" direction="out"/>
    </method>
    <method name="GetAll">
      <arg name="interface_name" type="s" direction="in"/>
      <arg name="properties" type="a{sv}" direction="out"/>
    </method>
    <method name="Set">
      <arg name="interface_name" type="s" direction="in"/>
      <arg name="property_name" type="s" direction="in"/>
      <arg name="value" type="v" direction="in"/>
    </method>
    <signal name="PropertiesChanged">
      <arg name="interface_name" type="s"/>
      <arg name="changed_properties" type="a{sv}"/>
      <arg name="invalidated_properties" type="as"/>
    </signal>
  </interface>
"#;

const OBJECT_MANAGER: &str = r#"  <interface name="org.freedesktop.DBus.ObjectManager">
    <method name="GetManagedObjects">
      <arg name="objects" type="a{oa{sa{sv}}}" direction="out"/>
    </method>
    <signal name="InterfacesAdded">
      <arg name="object_path" type="o"/>
      <arg name="interfaces_and_properties" type="a{sa{sv}}"/>
    </signal>
    <signal name="InterfacesRemoved">
      <arg name="object_path" type="o"/>
      <arg name="interfaces" type="as"/>
    </signal>
  </interface>
"#;

const EVENT: &str = r#"    <signal name="Event">
      <annotation name="org.gtk.GDBus.DocString" value="Sent when something happens. Events of an operation reach its owner only."/>
      <arg name="name" type="s"/>
      <arg name="ids" type="a{sv}"/>
    </signal>
"#;

/// Document with every interface of ours, as it is shipped.
#[must_use]
pub fn shipped() -> String {
    let mut xml = format!("{DOCTYPE}<node>\n");
    OURS.iter().for_each(|interface| write_interface(&mut xml, interface));
    xml + "</node>\n"
}

/// Introspection data of the object at `path`; `known` are the paths of all objects.
pub(super) fn describe(path: &str, known: &BTreeSet<String>) -> String {
    let mut xml = format!("{DOCTYPE}<node>\n{PEER}");
    let target = PathTarget::parse(path);
    if let Some(interface) = target.interface() {
        xml += STANDARD_PROPERTIES;
        write_interface(&mut xml, interface);
    }
    if target == PathTarget::Manager {
        xml += OBJECT_MANAGER;
    }
    for child in children(path, known) {
        xml += &format!("  <node name=\"{child}\"/>\n");
    }
    xml + "</node>\n"
}

/// Next part of every path below `path`.
fn children<'k>(path: &str, known: &'k BTreeSet<String>) -> BTreeSet<&'k str> {
    let below = if path == "/" {
        String::from("/")
    } else {
        format!("{path}/")
    };
    let first = |rest: &'k str| rest.split('/').next();
    known
        .iter()
        .filter_map(|known| known.strip_prefix(&below).and_then(first))
        .filter(|part| !part.is_empty())
        .collect()
}

/// Every path that can be walked to: those of the objects, and the root.
pub(super) fn known<'p>(objects: impl Iterator<Item = &'p String>) -> BTreeSet<String> {
    objects.cloned().chain([ROOT.to_owned()]).collect()
}

/// The methods of the table on an interface of ours, and their rows.
fn table_methods(interface: &str) -> impl Iterator<Item = (&'static str, &'static OperationRow)> {
    let wanted = match interface {
        MANAGER => Some(Interface::Manager),
        CARD => Some(Interface::Card),
        _ => None,
    };
    OPERATIONS.iter().copied().filter_map(move |operation| {
        let member = operation.dbus.filter(|member| Some(member.interface) == wanted)?;
        Some((member.method, operation))
    })
}

fn write_interface(xml: &mut String, interface: &str) {
    let mut write = |line: String| {
        xml.push_str(&line);
        xml.push('\n');
    };
    write(format!("  <interface name=\"{interface}\">"));
    for (name, operation) in table_methods(interface) {
        write(format!("    <method name=\"{name}\">"));
        write(documentation(operation.summary));
        let out = if operation.octets { "octets" } else { "members" };
        write("      <arg name=\"arguments\" type=\"a{sv}\" direction=\"in\"/>".to_owned());
        write(format!(
            "      <arg name=\"{out}\" type=\"a{{sv}}\" direction=\"out\"/>"
        ));
        write("    </method>".to_owned());
    }
    if interface == OPERATION {
        for (name, arguments, doc) in OPERATION_METHODS {
            write(format!("    <method name=\"{name}\">"));
            write(documentation(doc));
            if !arguments.is_empty() {
                write(format!("      {arguments}"));
            }
            write("    </method>".to_owned());
        }
    }
    for (_, name, signature, doc) in PROPERTIES.iter().filter(|(owner, ..)| *owner == interface) {
        write(format!(
            "    <property name=\"{name}\" type=\"{signature}\" access=\"read\">"
        ));
        write(documentation(doc));
        write("    </property>".to_owned());
    }
    if interface == MANAGER {
        write(EVENT.trim_end().to_owned());
    }
    write("  </interface>".to_owned());
}

fn documentation(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    format!("      <annotation name=\"org.gtk.GDBus.DocString\" value=\"{text}\"/>")
}

#[cfg(test)]
mod tests {
    use super::super::objects;
    use super::*;

    #[test]
    fn shipped_file_is_what_runs() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/dbus/org.beidd1.xml");
        if std::env::var_os("BEIDD_WRITE_DOCS").is_some() {
            std::fs::write(file, shipped()).unwrap();
        }
        let shipped_file = std::fs::read_to_string(file).unwrap();
        assert_eq!(
            shipped_file,
            shipped(),
            "packaging/dbus/org.beidd1.xml is not what the tables say: run `make api-docs`"
        );
    }

    #[test]
    fn properties_are_those_of_the_objects() {
        let manager = objects::manager(1);
        let named: BTreeSet<_> = PROPERTIES.iter().filter(|row| row.0 == manager.interface).collect();
        assert_eq!(named.len(), manager.properties.len());
        for (_, name, signature, _) in named {
            let value = manager.properties.get(name).unwrap().to_variant();
            assert_eq!(value.value_signature().to_string(), *signature, "{name}");
        }
    }

    #[test]
    fn children_are_one_step_down() {
        let known = known([beid_bus::reader_path("0"), beid_bus::card_path("ab")].iter());
        assert_eq!(children("/", &known), BTreeSet::from(["org"]));
        assert_eq!(children("/org/beidd1", &known), BTreeSet::from(["card", "reader"]));
        assert_eq!(children("/org/beidd1/reader", &known), BTreeSet::from(["0"]));
        assert_eq!(children("/org/beidd1/reader/0", &known), BTreeSet::new());
    }
}
