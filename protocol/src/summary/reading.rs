//! Reading documents element by element, in the order of their schema.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use super::{
    Action, AuthorSummary, BulkLinkSummary, ConsentSummary, ExclusionSummary, IdentifierSummary, LinkSummary,
    PartySummary, PatientSummary, PersonSummary, ProofSummary, ProvedLink, QuerySummary, RequestSummary, SignedSummary,
};
use crate::codes::LinkStatus;
use crate::dialect::{Dialect, DialectRules};
use crate::error::ProtocolError;
use crate::name::Name;
use crate::operation::PlatformOperation;
use crate::read::{Children, date, named, text, time, with_root};
use crate::therlink::ContentProfile;
use crate::xml::{CORE_V2, KMEHR};

/// Reads back the content of an `eidsigning` signature.
///
/// # Errors
/// [`ProtocolError::MalformedDocument`] for anything but one `therapeuticlink` and nothing else.
///
/// Source: hubservices core 2.3, `TherapeuticLinkType`.
pub fn read_content(bytes: &[u8]) -> Result<SignedSummary, ProtocolError> {
    with_root(bytes, |root| {
        let link = link(named(root, CORE_V2, "therapeuticlink")?, Dialect::National.rules())?;
        // CD-THERAPEUTICLINKTYPE does not have this code: the official client writes it into its throw-away link.
        let profile = if link.link_type == "ignored" {
            ContentProfile::Connector
        } else {
            ContentProfile::Strict
        };
        Ok(SignedSummary { link, profile })
    })
}

/// Reads back a request of any operation in either dialect, with or without proofs.
///
/// # Errors
/// [`ProtocolError::MalformedDocument`] for anything else, or if it holds what a summary has no place for.
///
/// Source: hubservices protocol 2.3 and 3.5.
pub fn read_request(bytes: &[u8]) -> Result<RequestSummary, ProtocolError> {
    with_root(bytes, |root| {
        let (dialect, operation) = kind(root).ok_or(ProtocolError::malformed("unexpected root element"))?;
        let rules = dialect.rules();
        let mut children = Children::new(root)?;
        let mut head = Children::new(children.one(rules.core, "request")?)?;
        let request_id = text(head.one(rules.core, "id")?)?;
        let author = author(head.one(rules.core, "author")?, rules)?;
        let date = date(head.one(rules.core, "date")?)?;
        let time = time(head.one(rules.core, "time")?)?;
        let max_rows = head.optional(rules.core, "maxrows").map(rows).transpose()?;
        // An element that the dialect lacks is not taken, so that the end of the head refuses it.
        let glass = rules
            .break_the_glass
            .then(|| head.optional(rules.core, "breaktheglass"));
        let break_the_glass = glass.flatten().map(text).transpose()?;
        head.end()?;
        let action = action(&mut children, operation, rules)?;
        children.end()?;
        Ok(RequestSummary {
            dialect,
            operation,
            request_id,
            author,
            date,
            time,
            max_rows,
            break_the_glass,
            action,
        })
    })
}

fn kind(root: Node<'_, '_>) -> Option<(Dialect, PlatformOperation)> {
    let namespace = root.tag_name().namespace()?;
    let dialect = Dialect::ALL.into_iter().find(|one| one.rules().protocol == namespace)?;
    let operation = PlatformOperation::from_root(root.tag_name().name())?;
    dialect.has(operation).then_some((dialect, operation))
}

fn action(
    children: &mut Children<'_, '_>,
    operation: PlatformOperation,
    rules: &DialectRules,
) -> Result<Action, ProtocolError> {
    let core = rules.core;
    Ok(match operation {
        PlatformOperation::PutLink | PlatformOperation::RevokeLink => Action::Link(proved(children, rules)?),
        PlatformOperation::PutLinks => {
            let links = children.many(core, "therapeuticlinkrequest", |node| bulk_link(node, rules))?;
            if links.is_empty() {
                return Err(ProtocolError::malformed("a bulk request without a link"));
            }
            Action::Links(links)
        }
        PlatformOperation::PutConsent | PlatformOperation::RevokeConsent => {
            Action::Consent(consent(children.one(core, "consent")?, rules)?)
        }
        PlatformOperation::PutExclusion | PlatformOperation::RevokeExclusion => {
            Action::Exclusion(exclusion(children.one(core, "therapeuticexclusion")?, rules)?)
        }
        PlatformOperation::GetLinks => {
            let mut query = link_query(children.one(core, "select")?, rules)?;
            query.proofs = proofs(children, rules)?;
            Action::Query(query)
        }
        PlatformOperation::HasLink => Action::Query(link_query(children.one(core, "select")?, rules)?),
        PlatformOperation::GetConsent | PlatformOperation::ConsentStatus => {
            Action::Query(consent_query(children.one(core, "select")?, rules)?)
        }
        PlatformOperation::GetExclusions | PlatformOperation::ExclusionHistory => {
            Action::Query(exclusion_query(children.one(core, "select")?, rules)?)
        }
    })
}

fn author(node: Node<'_, '_>, rules: &DialectRules) -> Result<AuthorSummary, ProtocolError> {
    let mut children = Children::new(node)?;
    let parties = children.many(KMEHR, "hcparty", |node| party(node, KMEHR))?;
    let mut of_citizens = |name| rules.citizens.then(|| children.optional(rules.core, name)).flatten();
    let citizen = of_citizens("patient").map(|node| patient(node, rules)).transpose()?;
    let person = of_citizens("person").map(person).transpose()?;
    children.end()?;
    Ok(AuthorSummary {
        parties,
        patient: citizen,
        person,
    })
}

fn person(node: Node<'_, '_>) -> Result<PersonSummary, ProtocolError> {
    let mut children = Children::new(node)?;
    let ids = identifiers(&mut children, KMEHR)?;
    let name = name(&mut children, KMEHR)?;
    children.end()?;
    Ok(PersonSummary { ids, name })
}

fn proved(children: &mut Children<'_, '_>, rules: &DialectRules) -> Result<ProvedLink, ProtocolError> {
    Ok(ProvedLink {
        link: link(children.one(rules.core, "therapeuticlink")?, rules)?,
        proofs: proofs(children, rules)?,
    })
}

fn bulk_link(node: Node<'_, '_>, rules: &DialectRules) -> Result<BulkLinkSummary, ProtocolError> {
    let mut children = Children::new(node)?;
    let id = text(children.one(rules.core, "id")?)?;
    let proved = proved(&mut children, rules)?;
    children.end()?;
    Ok(BulkLinkSummary { id, proved })
}

fn link(node: Node<'_, '_>, rules: &DialectRules) -> Result<LinkSummary, ProtocolError> {
    let core = rules.core;
    let mut children = Children::new(node)?;
    let summary = LinkSummary {
        patient: patient(children.one(core, "patient")?, rules)?,
        parties: children.many(core, "hcparty", |node| linked_party(node, rules))?,
        link_type: link_type(children.one(core, "cd")?)?,
        start: children.optional(core, "startdate").map(date).transpose()?,
        end: children.optional(core, "enddate").map(date).transpose()?,
        comment: children.optional(core, "comment").map(text).transpose()?,
    };
    children.end()?;
    match summary.parties.len() {
        0 => Err(ProtocolError::malformed("a link without a party")),
        1 => Ok(summary),
        _ if rules.wide_queries => Ok(summary),
        _ => Err(ProtocolError::malformed("a link with several parties")),
    }
}

fn consent(node: Node<'_, '_>, rules: &DialectRules) -> Result<ConsentSummary, ProtocolError> {
    let core = rules.core;
    let mut children = Children::new(node)?;
    let summary = ConsentSummary {
        patient: patient(children.one(core, "patient")?, rules)?,
        types: children.many(core, "cd", consent_type)?,
        sign_date: children.optional(core, "signdate").map(date).transpose()?,
        revoke_date: children.optional(core, "revokedate").map(date).transpose()?,
        author: children
            .optional(core, "author")
            .map(|node| author(node, rules))
            .transpose()?,
    };
    children.end()?;
    if (1..=2).contains(&summary.types.len()) {
        Ok(summary)
    } else {
        Err(ProtocolError::malformed("a consent has one type or two"))
    }
}

fn exclusion(node: Node<'_, '_>, rules: &DialectRules) -> Result<ExclusionSummary, ProtocolError> {
    let mut children = Children::new(node)?;
    let summary = ExclusionSummary {
        patient: patient(children.one(rules.core, "patient")?, rules)?,
        party: party(children.one(rules.core, "hcparty")?, KMEHR)?,
    };
    children.end()?;
    Ok(summary)
}

fn link_query(node: Node<'_, '_>, rules: &DialectRules) -> Result<QuerySummary, ProtocolError> {
    let core = rules.core;
    let mut children = Children::new(node)?;
    let status = |children: &mut Children<'_, '_>| {
        let node = rules
            .wide_queries
            .then(|| children.optional(core, "therapeuticlinkstatus"));
        node.flatten().map(link_status).transpose()
    };
    let query = QuerySummary {
        patient: children
            .optional(core, "patient")
            .map(|node| patient(node, rules))
            .transpose()?,
        parties: children.many(core, "hcparty", |node| linked_party(node, rules))?,
        types: children.many(core, "cd", link_type)?,
        begin: children.optional(core, "begindate").map(date).transpose()?,
        end: children.optional(core, "enddate").map(date).transpose()?,
        status: status(&mut children)?,
        proofs: Vec::new(),
    };
    children.end()?;
    Ok(query)
}

fn consent_query(node: Node<'_, '_>, rules: &DialectRules) -> Result<QuerySummary, ProtocolError> {
    let mut children = Children::new(node)?;
    let about = patient(children.one(rules.core, "patient")?, rules)?;
    let types = match children.optional(rules.core, "consent") {
        None => Vec::new(),
        Some(node) => {
            let mut consent = Children::new(node)?;
            let types = consent.many(rules.core, "cd", consent_type)?;
            consent.end()?;
            types
        }
    };
    children.end()?;
    Ok(QuerySummary {
        types,
        ..about_patient(about)
    })
}

fn exclusion_query(node: Node<'_, '_>, rules: &DialectRules) -> Result<QuerySummary, ProtocolError> {
    let core = rules.core;
    let mut children = Children::new(node)?;
    let about = patient(children.one(core, "patient")?, rules)?;
    let excluded = children.optional(core, "hcparty").map(|node| party(node, KMEHR));
    let query = QuerySummary {
        parties: excluded.into_iter().collect::<Result<_, _>>()?,
        begin: children.optional(core, "begindate").map(date).transpose()?,
        end: children.optional(core, "enddate").map(date).transpose()?,
        ..about_patient(about)
    };
    children.end()?;
    Ok(query)
}

fn about_patient(patient: PatientSummary) -> QuerySummary {
    QuerySummary {
        patient: Some(patient),
        parties: Vec::new(),
        types: Vec::new(),
        begin: None,
        end: None,
        status: None,
        proofs: Vec::new(),
    }
}

fn patient(node: Node<'_, '_>, rules: &DialectRules) -> Result<PatientSummary, ProtocolError> {
    let mut children = Children::new(node)?;
    let ids = identifiers(&mut children, rules.core)?;
    let name = if rules.names {
        name(&mut children, rules.core)?
    } else {
        None
    };
    children.end()?;
    Ok(PatientSummary { ids, name })
}

/// Reads a party of a link or of a query of links: in the dialect of hubs, identifiers and nothing else.
fn linked_party(node: Node<'_, '_>, rules: &DialectRules) -> Result<PartySummary, ProtocolError> {
    let summary = party(node, rules.core)?;
    if rules.names || (summary.codes.is_empty() && summary.name.is_none()) {
        Ok(summary)
    } else {
        Err(ProtocolError::malformed("a party of whom hubs want numbers only"))
    }
}

fn link_status(node: Node<'_, '_>) -> Result<LinkStatus, ProtocolError> {
    LinkStatus::parse(&text(node)?).map_err(|_| ProtocolError::malformed("an unknown status of links"))
}

fn rows(node: Node<'_, '_>) -> Result<u16, ProtocolError> {
    let rows = text(node)?;
    // `parse` alone would accept a plus sign.
    let digits = !rows.is_empty() && rows.bytes().all(|byte| byte.is_ascii_digit());
    let rows = rows.parse().ok().filter(|_| digits);
    rows.ok_or(ProtocolError::malformed("a number of rows that is none"))
}

/// Reads a code of this table. The same code in another table could mean something else, so that is refused.
fn code(node: Node<'_, '_>, table: &str) -> Result<String, ProtocolError> {
    match node.attribute("S") {
        Some(scheme) if scheme == table => text(node),
        Some(_) | None => Err(ProtocolError::malformed("a code of another table")),
    }
}

fn link_type(node: Node<'_, '_>) -> Result<String, ProtocolError> {
    code(node, "CD-THERAPEUTICLINKTYPE")
}

fn consent_type(node: Node<'_, '_>) -> Result<String, ProtocolError> {
    code(node, "CD-CONSENTTYPE")
}

fn proofs(children: &mut Children<'_, '_>, rules: &DialectRules) -> Result<Vec<ProofSummary>, ProtocolError> {
    if rules.proofs {
        children.many(rules.core, "proof", |node| proof(node, rules))
    } else {
        Ok(Vec::new())
    }
}

fn party(node: Node<'_, '_>, namespace: &str) -> Result<PartySummary, ProtocolError> {
    let mut children = Children::new(node)?;
    let ids = identifiers(&mut children, namespace)?;
    let codes = children.many(namespace, "cd", text)?;
    let name = name(&mut children, namespace)?;
    children.end()?;
    Ok(PartySummary { ids, codes, name })
}

fn name(children: &mut Children<'_, '_>, namespace: &str) -> Result<Option<Name>, ProtocolError> {
    if let Some(single) = children.optional(namespace, "name") {
        return Ok(Some(Name::Single(text(single)?)));
    }
    let Some(first) = children.optional(namespace, "firstname") else {
        return Ok(None);
    };
    Ok(Some(Name::Person {
        first: text(first)?,
        family: text(children.one(namespace, "familyname")?)?,
    }))
}

/// Reads the identifiers of one person or party. Two national numbers are refused: readers could take either.
fn identifiers(children: &mut Children<'_, '_>, namespace: &str) -> Result<Vec<IdentifierSummary>, ProtocolError> {
    let ids = children.many(namespace, "id", identifier)?;
    if ids.iter().filter(|id| id.scheme == "INSS").count() > 1 {
        return Err(ProtocolError::malformed("two national numbers of one person"));
    }
    Ok(ids)
}

fn identifier(node: Node<'_, '_>) -> Result<IdentifierSummary, ProtocolError> {
    let scheme = node
        .attribute("S")
        .ok_or(ProtocolError::malformed("an identifier without a scheme"))?;
    Ok(IdentifierSummary {
        scheme: scheme.to_owned(),
        value: text(node)?,
    })
}

fn proof(node: Node<'_, '_>, rules: &DialectRules) -> Result<ProofSummary, ProtocolError> {
    let mut children = Children::new(node)?;
    let code = code(children.one(rules.core, "cd")?, "CD-PROOFTYPE")?;
    let cms = children
        .optional(rules.core, "binaryproof")
        .map(binary_proof)
        .transpose()?;
    children.end()?;
    Ok(ProofSummary { code, cms })
}

fn binary_proof(node: Node<'_, '_>) -> Result<Vec<u8>, ProtocolError> {
    let mut children = Children::new(node)?;
    if text(children.one(KMEHR, "cd")?)? != "CMS" {
        return Err(ProtocolError::malformed("a binary proof that is no CMS"));
    }
    // xsd:base64Binary may be broken into lines.
    let base64: String = text(children.one(KMEHR, "Base64EncryptedValue")?)?
        .split_ascii_whitespace()
        .collect();
    children.end()?;
    STANDARD
        .decode(base64)
        .map_err(|_| ProtocolError::malformed("a binary proof that is not base64"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::LONGEST_INPUT;

    const LINK: &str = "<therapeuticlink xmlns=\"http://www.ehealth.fgov.be/hubservices/core/v2\">\
        <patient><id S=\"INSS\" SV=\"1.0\">79010199757</id><firstname>Testa</firstname>\
        <familyname>D&apos;Hondt</familyname></patient>\
        <hcparty><id S=\"ID-HCPARTY\" SV=\"1.0\">19999816004</id><cd S=\"CD-HCPARTY\" SV=\"1.1\">persphysician</cd></hcparty>\
        <cd S=\"CD-THERAPEUTICLINKTYPE\" SV=\"1.0\">ignored</cd>\
        <startdate>2026-11-20+01:00</startdate><enddate>2026-11-20Z</enddate></therapeuticlink>";

    #[track_caller]
    fn check_refused(replace: &str, with: &str) {
        let changed = LINK.replacen(replace, with, 1);
        assert_ne!(changed, LINK);
        assert!(
            matches!(
                read_content(changed.as_bytes()),
                Err(ProtocolError::MalformedDocument { .. })
            ),
            "{changed}"
        );
    }

    #[test]
    fn a_link_is_read_back() {
        let SignedSummary { link, profile } = read_content(LINK.as_bytes()).unwrap();
        assert_eq!(profile, ContentProfile::Connector);
        assert_eq!(link.patient.ssin(), Some("79010199757"));
        assert_eq!(
            link.patient.name,
            Some(Name::Person {
                first: "Testa".into(),
                family: "D'Hondt".into()
            })
        );
        assert_eq!(link.parties[0].nihii(), Some("19999816004"));
        assert_eq!(link.start, Some(jiff::civil::date(2026, 11, 20)));
        assert_eq!(link.end, link.start);
    }

    #[test]
    fn what_a_summary_would_not_show_is_refused() {
        check_refused("<hcparty>", "<hcparty><!-- hidden -->");
        check_refused("Testa", "Te<!-- hidden -->sta");
        check_refused("Testa", "<b>Testa</b>");
        check_refused("</patient>", "</patient>and more");
        check_refused("</patient>", "</patient><patient/>");
        check_refused("</hcparty>", "<address/></hcparty>");
        check_refused("<therapeuticlink", "<!-- hidden --><therapeuticlink");
        check_refused("</therapeuticlink>", "<extra/></therapeuticlink>");
    }

    #[test]
    fn another_namespace_is_another_document() {
        check_refused("core/v2", "core/v3");
    }

    #[test]
    fn a_document_type_is_refused() {
        check_refused("<therapeuticlink", "<!DOCTYPE a [<!ENTITY b \"c\">]><therapeuticlink");
    }

    #[test]
    fn malformed_dates_are_refused() {
        for date in [
            "2026-11-31",
            "2026-11-20+1:00",
            "20261120",
            "2026-11-20T10:00:00",
            "2026-11-2é",
            "+026-11-20",
        ] {
            check_refused("2026-11-20+01:00", date);
        }
    }

    #[test]
    fn deep_and_endless_input_is_refused() {
        let deep = "<a>".repeat(20_000) + &"</a>".repeat(20_000);
        assert!(read_content(deep.as_bytes()).is_err());
        assert!(read_content(&vec![b' '; LONGEST_INPUT + 1]).is_err());
        assert!(read_content(b"\xFF").is_err());
    }

    #[test]
    fn debug_shows_no_person() {
        let shown = format!("{:?}", read_content(LINK.as_bytes()).unwrap());
        assert_eq!(shown, "SignedSummary { link: LinkSummary(..), profile: Connector }");
    }
}
