//! Documents as the daemon makes them: from what a caller says to the finished XML.

use super::signer::BenchSigner;
use crate::SetupFailure;
use beid_protocol::author::Author;
use beid_protocol::codes::{LinkType, PlainProof, Proof};
use beid_protocol::consent::{self, ConsentFields};
use beid_protocol::dialect::Dialect;
use beid_protocol::document::Document;
use beid_protocol::exclusion;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::Patient;
use beid_protocol::request::Request;
use beid_protocol::therlink::{
    self, BulkLink, ContentProfile, LinkFields, LinkQuery, Prepared, PreparedBulk, TherapeuticLinkChange,
};
use jiff::Timestamp;

/// A kind of document, and how it is made.
pub(super) type DocumentMaker = (&'static str, fn(&BenchSigner) -> Result<Document, SetupFailure>);

/// One row is one kind that costs another amount of work.
pub(super) const KINDS: [DocumentMaker; 8] = [
    ("consent, to put", consent),
    ("consent, to put, for hubs", |signer| {
        let request = request()?.in_dialect(Dialect::Hub)?;
        Ok(consent::put(&request, &signer.patient()?, ConsentFields::default())?)
    }),
    ("link, to put, proof eidreading", |signer| {
        Ok(link(request()?, signer.patient()?)?.with_plain_proof(eid_reading()?)?)
    }),
    ("link, to put, for hubs", |signer| {
        let request = request()?.in_dialect(Dialect::Hub)?;
        Ok(link(request, signer.patient()?)?.with_plain_proof(eid_reading()?)?)
    }),
    ("link, to revoke, proof eidreading", |signer| {
        let change = TherapeuticLinkChange::revoke(request()?, signer.patient()?, fields("gpconsultation"))?;
        Ok(change.with_plain_proof(eid_reading()?)?)
    }),
    ("links, a query", |signer| {
        let query = LinkQuery {
            patient: Some(signer.patient()?),
            parties: vec![HcParty::parse(PHYSICIAN)?],
            types: &[LinkType::parse("gpconsultation")?],
            begin: None,
            end: None,
            status: None,
            max_rows: None,
            proof: Some(eid_reading()?),
        };
        Ok(therlink::get(&request()?, query)?)
    }),
    ("links, four to put in one request", |signer| {
        let links = ["gpconsultation", "gmd", "carepath", "referral"].map(|link_type| {
            Ok(BulkLink {
                patient: signer.patient()?,
                link: fields(link_type),
                proof: Proof::Plain(eid_reading()?),
                profile: ContentProfile::Strict.into(),
            })
        });
        let links: Result<Vec<_>, SetupFailure> = links.into_iter().collect();
        Ok(PreparedBulk::new(request()?, links?)?.with_proofs(Vec::new())?)
    }),
    ("exclusion, to put", |signer| {
        let patient = signer.patient()?;
        let by_citizen = Author::parse(&[PROGRAM], Some(patient.clone()))?;
        let request = Request::new(by_citizen, Timestamp::now(), "001")?;
        Ok(exclusion::put(&request, &patient, &HcParty::parse(PHYSICIAN)?)?)
    }),
];

/// A general practitioner who does not exist.
const PHYSICIAN: HcPartyFields<'static> = HcPartyFields {
    nihii: Some("10012378004"),
    ssin: Some("82000000073"),
    cbe: None,
    application_id: None,
    party_type: "persphysician",
    name: None,
    first_name: Some("Ward"),
    family_name: Some("Voorbeeld"),
};

/// Program of a citizen, who may exclude a provider.
const PROGRAM: HcPartyFields<'static> = HcPartyFields {
    nihii: None,
    ssin: None,
    application_id: Some("4711"),
    party_type: "application",
    name: Some("Proefpakket"),
    first_name: None,
    family_name: None,
    ..PHYSICIAN
};

/// A consent of the signer, in the national dialect.
pub(super) fn consent(signer: &BenchSigner) -> Result<Document, SetupFailure> {
    Ok(consent::put(&request()?, &signer.patient()?, ConsentFields::default())?)
}

/// A link of the signer, up to the bytes that are to be signed.
pub(super) fn prepared_link(signer: &BenchSigner) -> Result<Prepared, SetupFailure> {
    Ok(link(request()?, signer.patient()?)?.prepare(ContentProfile::Strict)?)
}

fn request() -> Result<Request, SetupFailure> {
    Ok(Request::new(
        Author::parse(&[PHYSICIAN], None)?,
        Timestamp::now(),
        "001",
    )?)
}

fn link(request: Request, patient: Patient) -> Result<TherapeuticLinkChange, SetupFailure> {
    Ok(TherapeuticLinkChange::put(request, patient, fields("gpconsultation"))?)
}

fn fields(link_type: &'static str) -> LinkFields<'static> {
    LinkFields {
        link_type,
        ..LinkFields::default()
    }
}

fn eid_reading() -> Result<PlainProof, SetupFailure> {
    match Proof::parse("eidreading")? {
        Proof::Plain(plain) => Ok(plain),
        Proof::EidSigning => Err("a code that is signed".into()),
    }
}
