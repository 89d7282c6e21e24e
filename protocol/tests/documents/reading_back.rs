//! Reading documents back is strict: nothing that is in one, or missing from one, goes unnoticed.

use beid_protocol::{ProtocolError, summary};

use crate::operations::one_of_each;

#[test]
fn whatever_is_added_anywhere_is_refused() {
    let documents = one_of_each();
    assert_eq!(documents.len(), 13 + 6);
    for (name, xml) in documents {
        for (at, _) in xml.match_indices("</") {
            for extra in ["<extra/>", "<!-- hidden -->", "<?hidden?>"] {
                let changed = format!("{}{extra}{}", &xml[..at], &xml[at..]);
                let read = summary::read_request(changed.as_bytes());
                assert!(
                    matches!(read, Err(ProtocolError::MalformedDocument { .. })),
                    "{name}: {changed}"
                );
            }
        }
        for (at, _) in xml.match_indices("><") {
            let changed = format!("{}and more{}", &xml[..=at], &xml[at + 1..]);
            assert!(summary::read_request(changed.as_bytes()).is_err(), "{name}: {changed}");
        }
    }
}

#[test]
fn a_document_that_is_cut_off_is_refused() {
    for (name, xml) in one_of_each() {
        for end in (0..xml.len()).step_by(13) {
            assert!(summary::read_request(&xml.as_bytes()[..end]).is_err(), "{name}: {end}");
        }
    }
}

#[test]
fn whatever_is_left_out_is_missed_or_refused() {
    for (name, xml) in one_of_each() {
        let whole = summary::read_request(xml.as_bytes()).unwrap();
        let tree = roxmltree::Document::parse(&xml).unwrap();
        for node in tree
            .root_element()
            .descendants()
            .skip(1)
            .filter(roxmltree::Node::is_element)
        {
            let range = node.range();
            let changed = format!("{}{}", &xml[..range.start], &xml[range.end..]);
            let read = summary::read_request(changed.as_bytes());
            assert!(
                read.is_err() || read.is_ok_and(|read| read != whole),
                "{name}: {changed}"
            );
        }
    }
}

#[test]
fn a_document_of_one_dialect_is_none_of_the_other() {
    for (name, xml) in one_of_each() {
        let (v2, v3) = ("hubservices/protocol/v2", "hubservices/protocol/v3");
        let changed = if xml.contains(v2) {
            xml.replace(v2, v3)
        } else {
            xml.replace(v3, v2)
        };
        assert_ne!(changed, xml);
        assert!(summary::read_request(changed.as_bytes()).is_err(), "{name}");
        let of_core = changed
            .replace("/core/v2", "/core/v9")
            .replace("/core/v3", "/core/v2")
            .replace("/core/v9", "/core/v3");
        let read = summary::read_request(of_core.as_bytes());
        // Nothing that hubs cannot say is read as theirs; a question or a link of bare numbers says the same in both.
        assert!(read.is_err() || xml.contains(v3), "{name}");
    }
}

#[test]
fn codes_of_other_tables_are_refused() {
    for (name, xml) in one_of_each() {
        for table in ["CD-THERAPEUTICLINKTYPE", "CD-CONSENTTYPE", "CD-PROOFTYPE"] {
            let changed = xml.replacen(table, "LOCAL", 1);
            let read = summary::read_request(changed.as_bytes());
            assert_eq!(read.is_err(), changed != xml, "{name}: {table}");
        }
    }
}

#[test]
fn nobody_has_two_national_numbers() {
    let mut doubled = 0;
    for (name, xml) in one_of_each() {
        let tree = roxmltree::Document::parse(&xml).unwrap();
        for node in tree.descendants().filter(|node| node.attribute("S") == Some("INSS")) {
            let another = xml[node.range()].replace(node.text().unwrap(), "85061599888");
            for at in [node.range().start, node.range().end] {
                let changed = format!("{}{another}{}", &xml[..at], &xml[at..]);
                let read = summary::read_request(changed.as_bytes());
                assert!(
                    matches!(read, Err(ProtocolError::MalformedDocument { .. })),
                    "{name}: {changed}"
                );
                doubled += 1;
            }
        }
    }
    assert!(doubled > 40, "{doubled}");
}

#[test]
fn an_element_that_the_dialect_lacks_is_refused_and_not_left_out() {
    const GLASS: &str = "<breaktheglass>an emergency, at night</breaktheglass>";
    const STATUS: &str = "<therapeuticlinkstatus>all</therapeuticlinkstatus>";
    const CITIZEN: &str = "<patient><id S=\"INSS\" SV=\"1.0\">79010199757</id></patient>";
    const PERSON: &str = "<person><kmehr:id S=\"INSS\" SV=\"1.0\">79010199757</kmehr:id></person>";
    let mut added = 0;
    for (name, xml) in one_of_each() {
        let hub = xml.contains("hubservices/protocol/v3");
        for (element, before, lacking) in [
            (GLASS, "</request>", !hub),
            (CITIZEN, "</author>", hub),
            (PERSON, "</author>", hub),
            (STATUS, "</select>", hub && xml.contains("GetTherapeuticLinkRequest")),
        ] {
            if lacking && xml.contains(before) {
                let changed = xml.replacen(before, &format!("{element}{before}"), 1);
                assert!(summary::read_request(changed.as_bytes()).is_err(), "{name}: {element}");
                added += 1;
            }
        }
    }
    assert!(added > 20, "{added}");
}
