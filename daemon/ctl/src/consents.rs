//! Requests about consents, and the evidence made with them.

use super::CommandFailure;
use super::arguments::{ConsentCommand, ConsentQuestion, EvidenceArguments};
use super::commands::octets;
use super::input::{json_members, member};
use super::output::Printer;
use super::place::{Delivery, OutputPlace};
use super::render;
use super::session::Session;
use beid_api::operations::Consent;
use beid_api::types::{ConsentEvidence, ConsentOperation, ConsentRequest, PatientMembers};

/// Requests the document and writes it, with its evidence.
pub(super) async fn run(session: &Session, consent: &ConsentCommand, printer: &Printer) -> Result<(), CommandFailure> {
    let (about, evidence) = consent.parts();
    // Before a person is asked: what cannot be kept need not be signed.
    if let Some(evidence) = evidence {
        must_be_kept(about, evidence, printer)?;
    }
    let request = consent.request()?;
    let force = about.writing.force;
    let xml = OutputPlace::maybe(about.out.as_deref(), force)?;
    let made = OutputPlace::maybe(evidence.and_then(|evidence| evidence.evidence_out.as_deref()), force)?;
    let printer = printer.beside(&xml.iter().chain(&made).collect::<Vec<_>>())?;
    let reply = session.call::<Consent>(&request).await?;
    let evidence = reply.answer.evidence.as_ref();
    let mut delivery = Delivery::new(evidence.is_some());
    if let Some(place) = made {
        let data = evidence.map(|evidence| octets(&evidence.data));
        delivery.put_member(place, "evidence", data, &reply.members);
    }
    if let Some(place) = xml {
        delivery.put_member(
            place,
            "consent.xml",
            Some(Ok(reply.answer.xml.clone().into())),
            &reply.members,
        );
    }
    printer.print_delivered(&reply, delivery, render::consent)?;
    if about.out.is_none() {
        printer.remark("The request itself: --out FILE.xml, or --json.\n")?;
    }
    Ok(())
}

/// Refuses options with which evidence would be lost, or that write evidence nobody asked for.
fn must_be_kept(
    about: &ConsentQuestion,
    evidence: &EvidenceArguments,
    printer: &Printer,
) -> Result<(), CommandFailure> {
    let wrong = match (evidence.evidence, &evidence.evidence_out, &about.out) {
        (ConsentEvidence::None, Some(_), _) => "no evidence was asked for, so --evidence-out has nothing to write",
        (ConsentEvidence::None, None, _) => return Ok(()),
        _ if printer.is_whole() => return Ok(()),
        (_, None, _) => "the evidence would be lost: --evidence-out FILE, or --json",
        (ConsentEvidence::Cades, Some(_), None) => {
            "the evidence stands beside the request, which would be lost: --out FILE.xml, or --json"
        }
        (_, Some(_), _) => return Ok(()),
    };
    Err(CommandFailure::usage(wrong))
}

impl ConsentCommand {
    /// Options of every command, and those of evidence.
    fn parts(&self) -> (&ConsentQuestion, Option<&EvidenceArguments>) {
        match self {
            Self::Put(put) => (&put.about, Some(&put.evidence)),
            Self::Revoke(revoke) => (&revoke.about, Some(&revoke.evidence)),
            Self::Get(question) | Self::Status(question) => (question, None),
        }
    }

    fn request(&self) -> Result<ConsentRequest, CommandFailure> {
        let (about, evidence) = self.parts();
        let request = ConsentRequest {
            operation: match self {
                Self::Put(_) => ConsentOperation::Put,
                Self::Revoke(_) => ConsentOperation::Revoke,
                Self::Get(_) => ConsentOperation::Get,
                Self::Status(_) => ConsentOperation::Status,
            },
            // Which one is current is for the service to say: of a patient with a number there may be no card.
            card_id: about.card.named(),
            author: json_members(about.author.as_deref(), "author")?,
            reference: member("reference", about.reference.as_deref())?,
            patient: about.patient.as_ref().map(|number| PatientMembers {
                national_number: Some(number.clone()),
                isi_card_number: about.isi.clone(),
                ..PatientMembers::default()
            }),
            sign_date: None,
            revoke_date: None,
            consent_type: None,
            evidence: evidence.map(|one| one.evidence).unwrap_or_default(),
            signer: evidence.and_then(|one| one.signer),
            representative: json_members(about.representative.as_deref(), "representative")?,
            dialect: member("dialect", about.dialect.as_deref())?,
            text_language: None,
        };
        Ok(match self {
            Self::Put(put) => ConsentRequest {
                sign_date: member("signDate", put.signed.as_deref())?,
                text_language: put.text.clone(),
                ..request
            },
            Self::Revoke(revoke) => ConsentRequest {
                sign_date: member("signDate", revoke.signed.as_deref())?,
                revoke_date: member("revokeDate", revoke.revoked.as_deref())?,
                ..request
            },
            Self::Get(_) | Self::Status(_) => request,
        })
    }
}
