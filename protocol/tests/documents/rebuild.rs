//! Requests made again from nothing but their summaries: anything that a summary lost would be missing in the bytes.

use beid_protocol::author::Author;
use beid_protocol::codes::{ConsentType, LinkType, Proof};
use beid_protocol::consent::{self, ConsentFields};
use beid_protocol::exclusion;
use beid_protocol::name::Name;
use beid_protocol::operation::PlatformOperation;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::period::brussels_time;
use beid_protocol::representative::{Representative, RepresentativeFields};
use beid_protocol::request::{DateStyle, Request};
use beid_protocol::summary::{
    Action, AuthorSummary, IdentifierSummary, LinkSummary, PartySummary, PatientSummary, PersonSummary, ProofSummary,
    ProvedLink, QuerySummary, RequestSummary,
};
use beid_protocol::therlink::{
    self, BulkLink, ContentProfile, LinkFields, LinkQuery, PreparedBulk, TherapeuticLinkChange,
};

fn find<'a>(ids: &'a [IdentifierSummary], scheme: &str, length: Option<usize>) -> Option<&'a str> {
    let fits = |id: &&IdentifierSummary| id.scheme == scheme && length.is_none_or(|length| id.value.len() == length);
    ids.iter().find(fits).map(|id| id.value.as_str())
}

fn names(name: Option<&Name>) -> (Option<&str>, Option<&str>, Option<&str>) {
    match name {
        None => (None, None, None),
        Some(Name::Single(name)) => (Some(name), None, None),
        Some(Name::Person { first, family }) => (None, Some(first), Some(family)),
    }
}

fn patient(summary: &PatientSummary) -> Patient {
    let (single, given_names, family) = names(summary.name.as_ref());
    let fields = PatientFields {
        national_number: summary.ssin().unwrap(),
        card_number: summary.card_number(),
        isi_card_number: find(&summary.ids, "ISI-CARDNO", None),
        given_names,
        family_name: family.or(single),
    };
    Patient::parse(fields).unwrap()
}

/// The party of a link in the dialect of hubs has no type left, so any must do.
fn party(summary: &PartySummary) -> HcParty {
    let (name, first_name, family_name) = names(summary.name.as_ref());
    let ids = &summary.ids;
    let nihii = find(ids, "ID-HCPARTY", Some(8)).or(find(ids, "ID-HCPARTY", Some(11)));
    let application = find(ids, "LOCAL", None);
    let unknown = if application.is_some() {
        "application"
    } else {
        "persnurse"
    };
    let fields = HcPartyFields {
        nihii,
        ssin: summary.ssin(),
        cbe: find(ids, "ID-CBE", None).or(find(ids, "ID-HCPARTY", Some(10))),
        application_id: application,
        party_type: summary.codes.first().map_or(unknown, String::as_str),
        name,
        first_name,
        family_name,
    };
    HcParty::parse(fields).unwrap()
}

fn author(summary: &AuthorSummary) -> Author {
    let parties = summary.parties.iter().map(party).collect();
    Author::new(parties, summary.patient.as_ref().map(patient)).unwrap()
}

/// The representative in `summary`; no document has the capacity, so any will do.
fn representative(summary: &PersonSummary) -> Representative {
    let (_, first, family) = names(summary.name.as_ref());
    let fields = RepresentativeFields {
        ssin: find(&summary.ids, "INSS", None),
        first_name: first.unwrap(),
        family_name: family.unwrap(),
        capacity: "guardian",
    };
    Representative::parse(fields).unwrap()
}

fn request(summary: &RequestSummary, dates: DateStyle) -> Request {
    let brussels = brussels_time(jiff::Timestamp::UNIX_EPOCH).time_zone().clone();
    let at = summary.date.to_datetime(summary.time).to_zoned(brussels).unwrap();
    let request = Request::new(author(&summary.author), at.timestamp(), "001").unwrap();
    let mut request = request.in_dialect(summary.dialect).unwrap().with_dates(dates);
    let citizen = summary.author.patient.as_ref();
    let for_another = citizen.is_some_and(|citizen| summary.patients().iter().any(|one| one.ssin() != citizen.ssin()));
    if let Some(person) = &summary.author.person {
        request = request.represented_by(representative(person));
    } else if let Some(citizen) = citizen.filter(|_| for_another) {
        let person = PersonSummary {
            ids: citizen.ids.clone(),
            name: citizen.name.clone(),
        };
        request = request.represented_by(representative(&person));
    }
    match &summary.break_the_glass {
        Some(reason) => request.breaking_the_glass(reason).unwrap(),
        None => request,
    }
}

fn link_fields(link: &LinkSummary) -> LinkFields<'_> {
    LinkFields {
        party: Some(party(&link.parties[0])),
        link_type: &link.link_type,
        start_date: link.start,
        end_date: link.end,
        comment: link.comment.as_deref(),
        proof_reason: Some("reden elders bewaard"),
        ..LinkFields::default()
    }
}

fn plain(proofs: &[ProofSummary]) -> Option<beid_protocol::codes::PlainProof> {
    proofs.first().map(|proof| match Proof::parse(&proof.code).unwrap() {
        Proof::Plain(plain) => plain,
        Proof::EidSigning => panic!("a signature cannot be made again"),
    })
}

fn change(summary: &RequestSummary, request: Request, proved: &ProvedLink) -> String {
    let (patient, fields) = (patient(&proved.link.patient), link_fields(&proved.link));
    let change = if summary.operation == PlatformOperation::PutLink {
        TherapeuticLinkChange::put(request, patient, fields)
    } else {
        TherapeuticLinkChange::revoke(request, patient, fields)
    };
    let document = match plain(&proved.proofs) {
        Some(plain) => change.unwrap().with_plain_proof(plain),
        None => change.unwrap().without_proof(),
    };
    document.unwrap().xml().to_owned()
}

fn query(summary: &RequestSummary, request: &Request, query: &QuerySummary) -> String {
    let types: Vec<_> = query
        .types
        .iter()
        .filter_map(|code| LinkType::parse(code).ok())
        .collect();
    let consent_type = query.types.first().and_then(|code| ConsentType::parse(code).ok());
    let one = query.parties.first().map(party);
    let about = query.patient.as_ref().map(patient);
    let about = || about.clone().unwrap();
    let document = match summary.operation {
        PlatformOperation::GetConsent => consent::get(request, &about(), consent_type),
        PlatformOperation::ConsentStatus => consent::status(request, &about(), consent_type),
        PlatformOperation::GetExclusions => exclusion::get(request, &about(), one.as_ref()),
        PlatformOperation::ExclusionHistory => {
            exclusion::history(request, &about(), one.as_ref(), query.begin, query.end)
        }
        PlatformOperation::HasLink => therlink::has(request, &about(), one, &types),
        PlatformOperation::GetLinks => therlink::get(
            request,
            LinkQuery {
                patient: query.patient.as_ref().map(patient),
                parties: query.parties.iter().map(party).collect(),
                types: &types,
                begin: query.begin,
                end: query.end,
                status: query.status,
                max_rows: summary.max_rows,
                proof: plain(&query.proofs),
            },
        ),
        PlatformOperation::PutConsent
        | PlatformOperation::RevokeConsent
        | PlatformOperation::PutLink
        | PlatformOperation::RevokeLink
        | PlatformOperation::PutLinks
        | PlatformOperation::PutExclusion
        | PlatformOperation::RevokeExclusion => panic!("no question"),
    };
    document.unwrap().xml().to_owned()
}

/// Builds the document that `summary` is of, with the unique part `001`.
pub(crate) fn rebuilt(summary: &RequestSummary, dates: DateStyle) -> String {
    let request = request(summary, dates);
    match &summary.action {
        Action::Link(proved) => change(summary, request, proved),
        Action::Links(links) => {
            let links = links.iter().map(|one| BulkLink {
                patient: patient(&one.proved.link.patient),
                link: link_fields(&one.proved.link),
                proof: Proof::Plain(plain(&one.proved.proofs).unwrap()),
                profile: ContentProfile::Connector.into(),
            });
            let bulk = PreparedBulk::new(request, links.collect()).unwrap();
            bulk.with_proofs(vec![]).unwrap().xml().to_owned()
        }
        Action::Consent(consent) => {
            let fields = ConsentFields {
                consent_type: consent.types.first().map(|code| ConsentType::parse(code).unwrap()),
                sign_date: consent.sign_date,
                revoke_date: consent.revoke_date,
                birth_date: None,
            };
            assert_eq!(consent.author.as_ref(), Some(&summary.author));
            let patient = patient(&consent.patient);
            let document = if summary.operation == PlatformOperation::PutConsent {
                consent::put(&request, &patient, fields)
            } else {
                consent::revoke(&request, &patient, fields)
            };
            document.unwrap().xml().to_owned()
        }
        Action::Exclusion(excluded) => {
            let (patient, party) = (patient(&excluded.patient), party(&excluded.party));
            let document = if summary.operation == PlatformOperation::PutExclusion {
                exclusion::put(&request, &patient, &party)
            } else {
                exclusion::revoke(&request, &patient, &party)
            };
            document.unwrap().xml().to_owned()
        }
        Action::Query(asked) => query(summary, &request, asked),
    }
}
