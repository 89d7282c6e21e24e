//! The contract on D-Bus only grows: its methods, signals and properties are there as the last release had them. Members of
//! their dictionaries are those of the OpenAPI document, which `contract.rs` compares.

use crate::page;
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::BTreeMap;

/// Each method, signal and property by its name, with the types and directions of its arguments.
fn described(description: &str) -> BTreeMap<String, String> {
    // The document type is that of every introspection.
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(description, options).expect("an introspection");
    let interfaces = document.descendants().filter(|node| node.has_tag_name("interface"));
    let members = interfaces.flat_map(|interface| {
        let members = interface
            .children()
            .filter(|node| ["method", "signal", "property"].contains(&node.tag_name().name()));
        members.map(move |member| {
            let kind = member.tag_name().name();
            let name = format!("{kind} {}.{}", name_of(interface), name_of(member));
            (name, shape(member))
        })
    });
    members.collect()
}

fn name_of<'d>(node: Node<'d, '_>) -> &'d str {
    node.attribute("name").expect("a name")
}

fn shape(member: Node<'_, '_>) -> String {
    let said = |node: Node<'_, '_>, name: &str| node.attribute(name).unwrap_or_default().to_owned();
    let own = format!("{} {}", said(member, "type"), said(member, "access"));
    let arguments = member.children().filter(|node| node.has_tag_name("arg"));
    let arguments = arguments.map(|node| {
        format!(
            "{} {} {}",
            said(node, "name"),
            said(node, "type"),
            said(node, "direction")
        )
    });
    [own].into_iter().chain(arguments).collect::<Vec<_>>().join("; ")
}

fn breaks(released: &str, now: &str) -> Vec<String> {
    let (released, now) = (described(released), described(now));
    let broken = released.iter().filter_map(|(name, shape)| match now.get(name) {
        None => Some(format!("{name} is gone")),
        Some(found) if found != shape => Some(format!("{name} is ({found}), was ({shape})")),
        Some(_) => None,
    });
    broken.collect()
}

#[test]
fn whoever_calls_the_last_release_on_the_bus_can_call_this_one() {
    let (released, now) = (
        page("docs/org.beidd1-released.xml"),
        page("packaging/dbus/org.beidd1.xml"),
    );
    let breaks = breaks(&released, &now);
    assert!(
        breaks.is_empty(),
        "callers of the last release are broken:\n{}",
        breaks.join("\n")
    );
    assert!(described(&released).len() > 30, "it is a description");
}

#[test]
fn every_sort_of_break_on_the_bus_is_found() {
    let now = page("packaging/dbus/org.beidd1.xml");
    for (there, instead, expected) in [
        (
            r#"method name="Status""#,
            r#"method name="State""#,
            "method org.beidd1.Manager.Status is gone",
        ),
        (
            r#"name="arguments" type="a{sv}""#,
            r#"name="arguments" type="s""#,
            "was ( ; arguments a{sv} in",
        ),
        (
            r#"interface name="org.beidd1.Manager""#,
            r#"interface name="org.beidd1.Managers""#,
            "is gone",
        ),
        (r#"access="read""#, r#"access="readwrite""#, "read)"),
    ] {
        assert!(now.contains(there), "{there}");
        let found = breaks(&now, &now.replacen(there, instead, 1));
        assert!(found.iter().any(|one| one.contains(expected)), "{there}: {found:?}");
    }
    let more = now.replacen("<method name=", "<method name=\"More\"/><method name=", 1);
    assert_eq!(breaks(&now, &more), Vec::<String>::new());
}
