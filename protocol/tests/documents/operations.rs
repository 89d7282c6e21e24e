//! Every operation, for every kind of author, in both dialects, with every proof: accepted by the schema, read back,
//! and made again from the summary. Impossible ones are refused on the member at fault.

use std::collections::BTreeMap;
use std::process::Command;

use beid_protocol::ProtocolError;
use beid_protocol::author::Author;
use beid_protocol::codes::{ConsentType, LinkStatus, LinkType, Proof};
use beid_protocol::consent::{self, ConsentFields};
use beid_protocol::dialect::Dialect;
use beid_protocol::document::Document;
use beid_protocol::operation::PlatformOperation;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::representative::{Representative, RepresentativeFields};
use beid_protocol::request::{DateStyle, Request};
use beid_protocol::therlink::{
    self, BulkLink, ContentProfile, LinkFields, LinkQuery, PreparedBulk, SignedContent, TherapeuticLinkChange,
};
use beid_protocol::{exclusion, summary};
use jiff::civil::date;

use crate::citizens::{HOLDER, PATIENT, PHARMACY, PHYSICIAN, PKI, now};
use crate::rebuild::rebuilt;
use crate::tools::ehealth_xsd;
use beid_testkit::{Scratch, run};

const PROGRAM: HcPartyFields<'static> = HcPartyFields {
    nihii: None,
    ssin: None,
    cbe: None,
    application_id: Some("4711"),
    party_type: "application",
    name: Some("Proefpakket"),
    first_name: None,
    family_name: None,
};

const MUTUALITY: HcPartyFields<'static> = HcPartyFields {
    application_id: None,
    cbe: Some("0123456749"),
    party_type: "orginsurance",
    name: Some("Proefbond"),
    ..PROGRAM
};

const HOSPITAL: HcPartyFields<'static> = HcPartyFields {
    application_id: None,
    nihii: Some("71000436"),
    party_type: "orghospital",
    name: Some("Proefziekenhuis"),
    ..PROGRAM
};

const CLERK: HcPartyFields<'static> = HcPartyFields {
    nihii: None,
    party_type: "persadministrative",
    ..PHYSICIAN
};

/// Both cards, so that each proof can be brought.
const WITH_CARDS: PatientFields<'static> = PatientFields {
    isi_card_number: Some("9800000001"),
    ..PATIENT
};

fn link_type(code: &str) -> &'static LinkType {
    LinkType::parse(code).unwrap()
}

/// Kinds of author: name, parties, and whether a citizen sends.
fn authors() -> Vec<(&'static str, Vec<HcPartyFields<'static>>, bool)> {
    let nurses = HcPartyFields {
        party_type: "groupofnurses",
        ..HOSPITAL
    };
    let nurse = HcPartyFields {
        party_type: "persnurse",
        ..PHYSICIAN
    };
    vec![
        ("professional", vec![PHYSICIAN], false),
        ("professional-software", vec![PHYSICIAN, PROGRAM], false),
        ("pharmacy", vec![PHARMACY, HOLDER], false),
        ("hospital-professional", vec![HOSPITAL, PHYSICIAN], false),
        ("hospital-clerk", vec![HOSPITAL, CLERK], false),
        ("nurses", vec![nurses, nurse], false),
        ("mutuality", vec![MUTUALITY, PHYSICIAN], false),
        ("mutuality-clerk", vec![MUTUALITY, PHYSICIAN, CLERK], false),
        ("citizen", vec![PROGRAM], true),
    ]
}

/// Evidence that is brought with a link.
#[derive(Clone, Copy, Debug, PartialEq)]
enum LinkEvidence {
    Nothing,
    Code(&'static str),
    Signature(ContentProfile, bool),
}

const EVIDENCE: [LinkEvidence; 10] = [
    LinkEvidence::Nothing,
    LinkEvidence::Code("eidreading"),
    LinkEvidence::Code("isireading"),
    LinkEvidence::Code("eidencoding_housecall"),
    LinkEvidence::Code("eidencoding_nocard"),
    LinkEvidence::Code("eidencoding_techproblem"),
    LinkEvidence::Signature(ContentProfile::Connector, false),
    LinkEvidence::Signature(ContentProfile::Strict, false),
    LinkEvidence::Signature(ContentProfile::Connector, true),
    LinkEvidence::Signature(ContentProfile::Strict, true),
];

impl LinkEvidence {
    fn proof(self) -> Option<Proof> {
        match self {
            Self::Nothing => None,
            Self::Code(code) => Some(Proof::parse(code).unwrap()),
            Self::Signature(..) => Some(Proof::EidSigning),
        }
    }

    fn profile(self) -> ContentProfile {
        match self {
            Self::Signature(profile, _) => profile,
            Self::Nothing | Self::Code(_) => ContentProfile::Connector,
        }
    }

    fn signed(self, content: &SignedContent) -> Result<beid_protocol::cms::Cms, ProtocolError> {
        let rsa = matches!(self, Self::Signature(_, true));
        let signer = if rsa { &PKI.rsa } else { &PKI.ec };
        let pending = content.cms(&signer.certificate, std::slice::from_ref(&PKI.authority), now())?;
        let raw = signer.sign(pending.digest());
        pending.finish(raw)
    }
}

/// One combination.
struct OperationCase {
    name: String,
    operation: PlatformOperation,
    dialect: Dialect,
    citizen: bool,
    evidence: LinkEvidence,
    dates: DateStyle,
    request: Result<Request, ProtocolError>,
}

fn cases() -> Vec<OperationCase> {
    let mut cases = Vec::new();
    for (author, parties, citizen) in authors() {
        for dialect in Dialect::ALL {
            for operation in PlatformOperation::all() {
                let brings = matches!(
                    operation,
                    PlatformOperation::PutLink
                        | PlatformOperation::RevokeLink
                        | PlatformOperation::PutLinks
                        | PlatformOperation::GetLinks
                );
                for evidence in EVIDENCE.iter().filter(|one| brings || **one == LinkEvidence::Nothing) {
                    let dates = if cases.len() % 2 == 0 {
                        DateStyle::Plain
                    } else {
                        DateStyle::WithOffset
                    };
                    let name = format!("{author}-{}-{operation:?}-{evidence:?}", dialect.name());
                    cases.push(OperationCase {
                        name: name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"),
                        operation,
                        dialect,
                        citizen,
                        evidence: *evidence,
                        dates,
                        request: request(&parties, citizen, dialect, dates),
                    });
                }
            }
        }
    }
    cases
}

fn request(
    parties: &[HcPartyFields<'_>],
    citizen: bool,
    dialect: Dialect,
    dates: DateStyle,
) -> Result<Request, ProtocolError> {
    let patient = citizen.then(|| Patient::parse(PATIENT).unwrap());
    let request = Request::new(Author::parse(parties, patient).unwrap(), now(), "001")?;
    let request = request.in_dialect(dialect)?.with_dates(dates);
    match dialect {
        Dialect::National if citizen => Ok(request),
        Dialect::National => Ok(request.represented_by(guardian(Some("82000000073")))),
        Dialect::Hub => request.breaking_the_glass("bewusteloos binnengebracht"),
    }
}

fn guardian(ssin: Option<&str>) -> Representative {
    let fields = RepresentativeFields {
        ssin,
        first_name: "Ward",
        family_name: "VOORBEELD",
        capacity: "guardian",
    };
    Representative::parse(fields).unwrap()
}

impl OperationCase {
    fn build(&self) -> Result<Document, ProtocolError> {
        let request = self.request.clone()?;
        let patient = Patient::parse(WITH_CARDS).unwrap();
        let provider = HcParty::parse(PHYSICIAN).unwrap();
        let fields = ConsentFields::default();
        let signed_before = ConsentFields {
            sign_date: Some(date(2026, 1, 31)),
            ..fields
        };
        match self.operation {
            PlatformOperation::PutConsent => consent::put(&request, &patient, fields),
            PlatformOperation::RevokeConsent => consent::revoke(&request, &patient, signed_before),
            PlatformOperation::GetConsent => consent::get(&request, &patient, None),
            PlatformOperation::ConsentStatus => consent::status(&request, &patient, ConsentType::parse("local").ok()),
            PlatformOperation::PutExclusion => exclusion::put(&request, &patient, &provider),
            PlatformOperation::RevokeExclusion => exclusion::revoke(&request, &patient, &provider),
            PlatformOperation::GetExclusions => exclusion::get(&request, &patient, None),
            PlatformOperation::ExclusionHistory => {
                let (begin, end) = (Some(date(2026, 1, 1)), Some(date(2026, 12, 31)));
                exclusion::history(&request, &patient, Some(&provider), begin, end)
            }
            PlatformOperation::HasLink => therlink::has(
                &request,
                &patient,
                Some(provider),
                &["gpconsultation", "gmd"].map(link_type),
            ),
            PlatformOperation::GetLinks => self.get(&request, patient, provider),
            PlatformOperation::PutLinks => self.bulk(request, patient),
            PlatformOperation::PutLink => self.change(TherapeuticLinkChange::put(request, patient, self.link())?),
            PlatformOperation::RevokeLink => self.change(TherapeuticLinkChange::revoke(request, patient, self.link())?),
        }
    }

    fn link(&self) -> LinkFields<'static> {
        LinkFields {
            party: self.citizen.then(|| HcParty::parse(PHYSICIAN).unwrap()),
            link_type: "gpconsultation",
            comment: Some("tweede raadpleging & meer"),
            proof_reason: Some("kaart thuis vergeten"),
            ..LinkFields::default()
        }
    }

    fn get(&self, request: &Request, patient: Patient, provider: HcParty) -> Result<Document, ProtocolError> {
        let proof = match self.evidence.proof() {
            Some(Proof::Plain(plain)) => Some(plain),
            Some(Proof::EidSigning) | None => None,
        };
        let query = LinkQuery {
            patient: Some(patient),
            parties: vec![provider],
            types: &["gpconsultation", "carepath"].map(link_type),
            begin: Some(date(2026, 1, 1)),
            end: Some(date(2026, 2, 1)),
            status: (self.dialect == Dialect::National).then_some(LinkStatus::All),
            max_rows: Some(1000),
            proof,
        };
        therlink::get(request, query)
    }

    fn bulk(&self, request: Request, patient: Patient) -> Result<Document, ProtocolError> {
        let proof = self.evidence.proof().unwrap_or(Proof::parse("eidreading").unwrap());
        let entry = |link_type, proof| BulkLink {
            patient: patient.clone(),
            link: LinkFields {
                link_type,
                ..self.link()
            },
            proof,
            profile: self.evidence.profile().into(),
        };
        let read = Proof::parse("eidreading").unwrap();
        let links = vec![
            entry("gpconsultation", proof),
            entry("gmd", read),
            entry("carepath", proof),
        ];
        let bulk = PreparedBulk::new(request, links)?;
        let signatures = bulk
            .contents()
            .flatten()
            .map(|content| self.evidence.signed(content))
            .collect::<Result<_, _>>()?;
        bulk.with_proofs(signatures)
    }

    fn change(&self, change: TherapeuticLinkChange) -> Result<Document, ProtocolError> {
        match self.evidence.proof() {
            None => change.without_proof(),
            Some(Proof::Plain(plain)) => change.with_plain_proof(plain),
            Some(Proof::EidSigning) => {
                let prepared = change.prepare(self.evidence.profile())?;
                let signer = if self.evidence == LinkEvidence::Signature(self.evidence.profile(), true) {
                    &PKI.rsa
                } else {
                    &PKI.ec
                };
                let cms = PKI.cms(&prepared, signer);
                prepared.with_proof(cms)
            }
        }
    }

    /// The member on which this is refused, if it must be.
    fn refused_on(&self) -> Option<&'static str> {
        let hub = self.dialect == Dialect::Hub;
        let changes = matches!(
            self.operation,
            PlatformOperation::PutLink | PlatformOperation::RevokeLink
        );
        let exclusion = matches!(
            self.operation,
            PlatformOperation::PutExclusion
                | PlatformOperation::RevokeExclusion
                | PlatformOperation::GetExclusions
                | PlatformOperation::ExclusionHistory
        );
        match self.evidence {
            _ if hub && self.citizen => Some("dialect"),
            _ if hub && !self.dialect.has(self.operation) => Some("dialect"),
            _ if exclusion && !self.citizen => Some("author.patient"),
            LinkEvidence::Signature(..) if hub && changes => Some("dialect"),
            LinkEvidence::Nothing if !hub && changes && !self.citizen => Some("proof"),
            LinkEvidence::Nothing | LinkEvidence::Code(_) | LinkEvidence::Signature(..) => None,
        }
    }
}

/// Checks all documents of one schema in one run of xmllint.
fn validate(schema: &str, documents: &BTreeMap<String, Vec<u8>>) {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    let folder = Scratch::new("protocol");
    let files = documents
        .iter()
        .map(|(name, bytes)| folder.write(&format!("{name}.xml"), bytes));
    let done = run(Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(xsd.join("ehealth-hubservices/XSD").join(schema))
        .args(files));
    let said = done.said();
    assert!(done.succeeded(), "{done}");
    assert_eq!(said.matches(".xml validates").count(), documents.len(), "{said}");
}

#[test]
fn every_combination_is_valid_or_refused_on_the_member_at_fault() {
    let mut valid = [BTreeMap::new(), BTreeMap::new()];
    let (mut contents, mut refused) = (BTreeMap::new(), 0);
    for case in cases() {
        match (case.build(), case.refused_on()) {
            (Err(error), Some(field)) => {
                assert!(
                    error.to_string().starts_with(&format!("{field}: ")),
                    "{}: {error}",
                    case.name
                );
                refused += 1;
            }
            (Ok(document), None) => {
                check_read_back(&case, &document);
                for (index, link) in document.links().iter().enumerate() {
                    let content = link.proof.cms().map(|cms| cms.content().unwrap().to_vec());
                    contents.extend(content.map(|content| (format!("{}-{index}", case.name), content)));
                }
                let of_dialect = &mut valid[usize::from(case.dialect == Dialect::Hub)];
                assert!(of_dialect.insert(case.name, document.xml().into()).is_none());
            }
            (Ok(_), Some(field)) => panic!("{}: not refused on {field}", case.name),
            (Err(error), None) => panic!("{}: {error}", case.name),
        }
    }
    // Nine authors, two dialects, four operations with ten kinds of evidence each and nine with none.
    assert_eq!(valid[0].len() + valid[1].len() + refused, 9 * 2 * (4 * 10 + 9));
    assert_eq!((valid[0].len(), valid[1].len()), (8 * 43 + 49, 8 * 25));
    assert_eq!(contents.len(), 9 * 4 * (1 + 1 + 2));
    validate("hubservices_protocol-2_3.xsd", &valid[0]);
    validate("hubservices_protocol-3_5.xsd", &valid[1]);
    validate("hubservices_core-2_3.xsd", &contents);
}

/// Checks that a document is read back, and that its summary is enough to write it again.
fn check_read_back(case: &OperationCase, document: &Document) {
    let read = summary::read_request(document.xml().as_bytes()).unwrap();
    assert_eq!(
        (read.dialect, read.operation),
        (case.dialect, case.operation),
        "{}",
        case.name
    );
    assert_eq!(
        (document.dialect(), document.operation()),
        (case.dialect, case.operation)
    );
    assert_eq!(read.request_id, document.request_id());
    assert!(
        read.patients()
            .iter()
            .all(|one| one.ssin() == Some(PATIENT.national_number))
    );
    let signed = matches!(case.evidence, LinkEvidence::Signature(..));
    if !signed || case.operation == PlatformOperation::GetLinks {
        assert_eq!(rebuilt(&read, case.dates), document.xml(), "{}", case.name);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for case in cases().iter().filter(|case| case.refused_on().is_none()) {
        if matches!(case.evidence, LinkEvidence::Signature(..)) {
            continue;
        }
        let [one, other] = [case.build().unwrap(), case.build().unwrap()];
        assert_eq!(one.xml(), other.xml(), "{}", case.name);
        assert_eq!(one.warnings(), other.warnings(), "{}", case.name);
    }
}

/// One document of each operation and dialect, by name.
pub(crate) fn one_of_each() -> Vec<(String, String)> {
    let mut seen = std::collections::HashSet::new();
    let plain = |case: &OperationCase| !matches!(case.evidence, LinkEvidence::Signature(..));
    let cases = cases()
        .into_iter()
        .rev()
        .filter(|case| case.refused_on().is_none() && plain(case));
    let first = cases.filter(|case| seen.insert((case.operation, case.dialect)));
    first
        .map(|case| (case.build().unwrap().xml().to_owned(), case.name))
        .map(|(xml, name)| (name, xml))
        .collect()
}
