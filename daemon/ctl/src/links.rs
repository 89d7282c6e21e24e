//! Requests about therapeutic links and exclusions.

use super::CommandFailure;
use super::arguments::{ExclusionArguments, ExclusionCommand, LinkChange, LinkCommand, LinkConcern};
use super::commands::octets;
use super::input::{json_members, member};
use super::output::Printer;
use super::place::{Delivery, OutputPlace};
use super::render::{self, Paint};
use super::session::Session;
use beid_api::Coded;
use beid_api::operations::{TherapeuticExclusion, TherapeuticLink};
use beid_api::types::{
    ExclusionOperation, LinkOperation, PatientMembers, TextOrList, TherapeuticExclusionRequest, TherapeuticLinkAnswer,
    TherapeuticLinkRequest,
};
use beid_protocol::codes::{LinkType, Proof};
use serde_json::Value;
use std::path::Path;

/// Requests the document and writes it, and its signature.
pub(super) async fn therlink(session: &Session, link: &LinkCommand, printer: &Printer) -> Result<(), CommandFailure> {
    let (about, cms) = (link.concern(), link.cms());
    let request = link.request()?;
    // Before a person is asked: what cannot be kept need not be signed.
    let signs = is_signing(&request);
    let kept = printer.is_whole() || about.out.is_some() || cms.is_some();
    if signs && !kept {
        return Err(CommandFailure::usage(
            "the signed request would be lost: --out FILE.xml, or --json",
        ));
    }
    if cms.is_some() && !signs {
        return Err(CommandFailure::usage(
            "no signature is asked for (--proof eidsigning), so --cms has nothing to write",
        ));
    }
    let xml = OutputPlace::maybe(about.out.as_deref(), about.writing.force)?;
    let cms = OutputPlace::maybe(cms, about.writing.force)?;
    let printer = printer.beside(&xml.iter().chain(&cms).collect::<Vec<_>>())?;
    let reply = session.call::<TherapeuticLink>(&request).await?;
    let mut delivery = Delivery::new(is_signed(&reply.answer));
    if let Some(place) = cms {
        let cms = reply.answer.proof.as_ref().and_then(|proof| proof.cms.as_deref());
        delivery.put_member(place, "link.p7m", cms.map(octets), &reply.members);
    }
    put_xml(&mut delivery, xml, &reply.answer.xml, &reply.members);
    let page: fn(&TherapeuticLinkAnswer, &Paint) -> String = match link {
        LinkCommand::Put(_) | LinkCommand::Revoke(_) | LinkCommand::PutBulk(_) => render::link,
        LinkCommand::Get(_) | LinkCommand::Has(_) => render::link_question,
    };
    printer.print_delivered(&reply, delivery, page)?;
    say_where(about.out.as_deref(), &printer)
}

/// Requests the document and writes it.
pub(super) async fn exclusion(
    session: &Session,
    exclusion: &ExclusionCommand,
    printer: &Printer,
) -> Result<(), CommandFailure> {
    let (about, request) = (exclusion.arguments(), exclusion.request()?);
    let xml = OutputPlace::maybe(about.out.as_deref(), about.writing.force)?;
    let printer = printer.beside(&xml.iter().collect::<Vec<_>>())?;
    let reply = session.call::<TherapeuticExclusion>(&request).await?;
    let mut delivery = Delivery::new(false);
    put_xml(&mut delivery, xml, &reply.answer.xml, &reply.members);
    printer.print_delivered(&reply, delivery, render::exclusion)?;
    say_where(about.out.as_deref(), &printer)
}

fn put_xml(delivery: &mut Delivery, place: Option<OutputPlace>, xml: &str, members: &Value) {
    if let Some(place) = place {
        delivery.put_member(place, "link.xml", Some(Ok(xml.into())), members);
    }
}

fn say_where(out: Option<&Path>, printer: &Printer) -> Result<(), CommandFailure> {
    match out {
        Some(_) => Ok(()),
        None => printer.remark("The request itself: --out FILE.xml, or --json.\n"),
    }
}

/// Returns true if the patient is asked to sign.
fn is_signing(request: &TherapeuticLinkRequest) -> bool {
    let links = request.links.iter().flatten();
    let proofs = links.map(|link| &link.proof).chain([&request.proof]);
    proofs.flatten().any(|proof| *proof == Coded(Proof::EidSigning))
}

/// Returns true if the answer has a signature.
fn is_signed(answer: &TherapeuticLinkAnswer) -> bool {
    let links = answer.links.iter().flatten();
    let proofs = links.map(|link| &link.proof).chain([&answer.proof]);
    proofs.flatten().any(|proof| proof.cms.is_some())
}

impl LinkCommand {
    fn concern(&self) -> &LinkConcern {
        match self {
            Self::Put(change) | Self::Revoke(change) => &change.about,
            Self::Get(question) => &question.about,
            Self::Has(question) => &question.about,
            Self::PutBulk(several) => &several.about,
        }
    }

    /// File for the signature alone.
    fn cms(&self) -> Option<&Path> {
        match self {
            Self::Put(change) | Self::Revoke(change) => change.cms.as_deref(),
            Self::Get(_) | Self::Has(_) | Self::PutBulk(_) => None,
        }
    }

    fn request(&self) -> Result<TherapeuticLinkRequest, CommandFailure> {
        let about = self.concern();
        Ok(match self {
            Self::Put(change) => change.request(about.request(LinkOperation::Put)?)?,
            Self::Revoke(change) => change.request(about.request(LinkOperation::Revoke)?)?,
            Self::Get(question) => TherapeuticLinkRequest {
                card_id: about.card_of_question(question.proof.is_none()),
                types: types(&question.types)?,
                begin: member("begin", question.begin.as_deref())?,
                end: member("end", question.end.as_deref())?,
                status: member("status", question.status.as_deref())?,
                max_rows: question.max_rows,
                proof: member("proof", question.proof.as_deref())?,
                ..about.request(LinkOperation::Get)?
            },
            Self::Has(question) => TherapeuticLinkRequest {
                card_id: about.card_of_question(true),
                types: types(&question.types)?,
                ..about.request(LinkOperation::Has)?
            },
            Self::PutBulk(several) => TherapeuticLinkRequest {
                links: json_members(Some(&several.links), "links")?,
                proof: member("proof", several.proof.as_deref())?,
                proof_profile: member("proofProfile", several.profile.as_deref())?,
                ..about.request(LinkOperation::PutBulk)?
            },
        })
    }
}

impl LinkChange {
    fn request(&self, request: TherapeuticLinkRequest) -> Result<TherapeuticLinkRequest, CommandFailure> {
        Ok(TherapeuticLinkRequest {
            link_type: member("type", Some(&self.link_type))?,
            situation: member("situation", self.situation.as_deref())?,
            start_date: member("startDate", self.start.as_deref())?,
            end_date: member("endDate", self.end.as_deref())?,
            comment: self.comment.clone(),
            proof: member("proof", self.proof.as_deref())?,
            proof_reason: self.reason.clone(),
            proof_profile: member("proofProfile", self.profile.as_deref())?,
            ..request
        })
    }
}

impl LinkConcern {
    /// Request with the members that every command about links has.
    fn request(&self, operation: LinkOperation) -> Result<TherapeuticLinkRequest, CommandFailure> {
        Ok(TherapeuticLinkRequest {
            card_id: self.card.named(),
            author: json_members(self.author.as_deref(), "author")?,
            hc_party: json_members(self.hc_party.as_deref(), "hcParty")?,
            representative: json_members(self.representative.as_deref(), "representative")?,
            patient: self.patient(),
            dialect: member("dialect", self.dialect.as_deref())?,
            break_the_glass: self.break_the_glass.clone(),
            reference: member("reference", self.reference.as_deref())?,
            ..TherapeuticLinkRequest::new(operation)
        })
    }

    /// The patient as typed; the other options need the number.
    fn patient(&self) -> Option<PatientMembers> {
        let number = self.patient.clone()?;
        Some(PatientMembers {
            national_number: Some(number),
            card_number: self.card_number.clone(),
            isi_card_number: self.isi.clone(),
            family_name: self.family_name.clone(),
            given_names: self.given_names.clone().map(TextOrList::Text),
        })
    }

    /// Card of a question: that of the patient who is there, if nobody else is named whom the question could be about.
    fn card_of_question(&self, is_unproved: bool) -> Option<String> {
        let is_about_nobody = self.patient.is_none() && self.hc_party.is_none() && is_unproved;
        self.card
            .named()
            .or_else(|| is_about_nobody.then(|| self.card.id.clone()))
    }
}

impl ExclusionCommand {
    fn arguments(&self) -> &ExclusionArguments {
        match self {
            Self::Put(about) | Self::Revoke(about) | Self::Get(about) | Self::History { about, .. } => about,
        }
    }

    fn request(&self) -> Result<TherapeuticExclusionRequest, CommandFailure> {
        let about = self.arguments();
        let (operation, begin, end) = match self {
            Self::Put(_) => (ExclusionOperation::Put, None, None),
            Self::Revoke(_) => (ExclusionOperation::Revoke, None, None),
            Self::Get(_) => (ExclusionOperation::Get, None, None),
            Self::History { begin, end, .. } => (ExclusionOperation::History, begin.as_deref(), end.as_deref()),
        };
        Ok(TherapeuticExclusionRequest {
            operation,
            card_id: about.card.named(),
            author: json_members(Some(&about.author), "author")?,
            hc_party: json_members(about.hc_party.as_deref(), "hcParty")?,
            representative: json_members(about.representative.as_deref(), "representative")?,
            patient: about.patient.as_ref().map(|number| PatientMembers {
                national_number: Some(number.clone()),
                ..PatientMembers::default()
            }),
            begin: member("begin", begin)?,
            end: member("end", end)?,
            reference: member("reference", about.reference.as_deref())?,
        })
    }
}

/// Types asked about; none are any.
fn types(types: &[String]) -> Result<Option<Vec<Coded<&'static LinkType>>>, CommandFailure> {
    let parsed = types.iter().filter_map(|code| member("types", Some(code)).transpose());
    let parsed = parsed.collect::<Result<Vec<_>, _>>()?;
    Ok((!parsed.is_empty()).then_some(parsed))
}
