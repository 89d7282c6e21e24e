//! `beidctl evidence`: records of what was read and signed.

use super::CommandFailure;
use super::arguments::{
    Arguments, EvidenceCommand, EvidenceExport, EvidencePurge, EvidenceQuestion, EvidenceVerification,
};
use super::input::{SMALL, member, read};
use super::output::Printer;
use super::place::OutputPlace;
use super::render;
use super::session::Session;
use super::verify::known_roots;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::EvidenceReference;
use beid_api::operations::{
    ExportEvidence, ExportPatientEvidence, ListEvidence, PurgeEvidence, ReadEvidence, ReadEvidenceContent,
    SignEvidenceHead, VerifyEvidence,
};
use beid_api::types as t;
use beid_api::words::{EvidenceContentState, EvidenceFault};
use beid_evidence::{ChainEnd, ChainReport, InstitutionSecret, Opening, ProviderHead, verify_export};
use beid_protocol::verify;
use jiff::Timestamp;
use std::path::Path;
use std::process::ExitCode;
use zeroize::Zeroizing;

/// Upper limit on an export, in bytes.
const LONGEST: usize = 1 << 30;

pub(super) async fn run(
    command: &EvidenceCommand,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitCode, CommandFailure> {
    if let EvidenceCommand::Verify(verification) = command
        && let Some(file) = &verification.file
    {
        return print(&verify_file(file, verification, printer)?, printer);
    }
    let session = Session::connect(arguments).await?;
    match command {
        EvidenceCommand::List(question) => {
            let request = question.request()?;
            session
                .show::<ListEvidence>(&request, printer, render::evidence_list)
                .await?;
        }
        EvidenceCommand::Show { id, out, writing } => {
            let place = OutputPlace::maybe(out.as_deref(), writing.force)?;
            show(&session, id, place, printer).await?;
        }
        EvidenceCommand::Export(order) => export(&session, order, printer).await?,
        EvidenceCommand::Verify(verification) => {
            let noted = Some(verification.noted.clone()).filter(|noted| !noted.is_empty());
            let request = t::EvidenceVerificationRequest { noted };
            let verified = session.call::<VerifyEvidence>(&request).await?;
            return print(&verified.answer, printer);
        }
        EvidenceCommand::SignHead => {
            session
                .show::<SignEvidenceHead>(&t::NoMembers {}, printer, render::evidence_head)
                .await?;
        }
        EvidenceCommand::Purge(purge) => {
            let request = purge.request()?;
            session
                .show::<PurgeEvidence>(&request, printer, render::evidence_purge)
                .await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl EvidenceQuestion {
    fn request(&self) -> Result<t::EvidenceSearchRequest, CommandFailure> {
        Ok(t::EvidenceSearchRequest {
            kind: self.kind.clone(),
            from: member("from", self.from.as_deref())?,
            to: member("to", self.to.as_deref())?,
            reference: member("reference", self.reference.as_deref())?,
            after: self.after.clone(),
        })
    }
}

impl EvidencePurge {
    fn request(&self) -> Result<t::EvidencePurgeRequest, CommandFailure> {
        let reason: Option<EvidenceReference> = member("reason", Some(&self.reason))?;
        Ok(t::EvidencePurgeRequest {
            national_number: self.patient.clone(),
            kind: self.kind.clone(),
            before: member("before", self.before.as_deref())?,
            despite_retention: self.despite_retention.then_some(true),
            reason: reason.ok_or_else(|| CommandFailure::usage("a purge needs --reason"))?,
        })
    }
}

/// Writes an export, in the form that the name of its file asks for.
async fn export(session: &Session, order: &EvidenceExport, printer: &Printer) -> Result<(), CommandFailure> {
    let place = OutputPlace::open(&order.out, order.writing.force)?;
    let printer = printer.beside(&[&place])?;
    match (&order.patient, order.is_container()) {
        (Some(patient), true) => {
            let request = t::PatientEvidenceRequest {
                national_number: patient.clone(),
                from: member("from", order.from.as_deref())?,
                to: member("to", order.to.as_deref())?,
            };
            let exported = session.call::<ExportPatientEvidence>(&request).await?.answer;
            let container = BASE64.decode(&exported.container);
            let container = container.map_err(|_| CommandFailure::local("the answer of the service is no base64"))?;
            let written = place.fill(&container)?;
            printer.remark(&render::patient_evidence(&exported))?;
            printer.say_written(&written.into_iter().collect::<Vec<_>>())
        }
        (None, true) => {
            let wanted = "a container (.asice) holds the records about one patient: --patient says whose";
            Err(CommandFailure::usage(wanted))
        }
        (_, false) if order.from.is_some() || order.to.is_some() => Err(CommandFailure::usage(
            "--from and --to go with a file that ends in .asice",
        )),
        (patient, false) => {
            let request = t::EvidenceExportRequest {
                national_number: patient.clone(),
            };
            let exported = session.call::<ExportEvidence>(&request).await?;
            let written = place.fill(exported.answer.lines.as_bytes())?;
            printer.say_written(&written.into_iter().collect::<Vec<_>>())
        }
    }
}

/// Shows a record. Its content goes into the file, if one is named.
async fn show(
    session: &Session,
    id: &str,
    place: Option<OutputPlace>,
    printer: &Printer,
) -> Result<(), CommandFailure> {
    let printer = printer.beside(&place.iter().collect::<Vec<_>>())?;
    let request = t::EvidenceRequest { id: id.to_owned() };
    let record = session.call::<ReadEvidence>(&request).await?;
    let Some(place) = place else {
        printer.print(&record, render::evidence_record)?;
        if record.answer.content == EvidenceContentState::Kept && !printer.is_whole() {
            let content = session.call::<ReadEvidenceContent>(&request).await?;
            printer.print(&content, render::evidence_content)?;
        }
        return Ok(());
    };
    let content = session.call::<ReadEvidenceContent>(&request).await?;
    let written = place.fill(content.answer.content.as_bytes())?;
    printer.print(&record, render::evidence_record)?;
    printer.say_written(&written.into_iter().collect::<Vec<_>>())
}

/// Verifies an export, without a service.
fn verify_file(
    file: &Path,
    verification: &EvidenceVerification,
    printer: &Printer,
) -> Result<t::EvidenceVerificationAnswer, CommandFailure> {
    let export = String::from_utf8(read(file, LONGEST)?);
    let export = export.map_err(|_| CommandFailure::file(file, "is no text in UTF-8"))?;
    let secret = verification.key.as_deref().map(secret).transpose()?;
    let opening = Opening {
        desk: None,
        institution: secret.as_ref(),
    };
    let noted = verification.noted.iter().map(|end| ChainEnd {
        desk: end.desk.clone(),
        hash: end.hash.clone(),
        position: end.position,
    });
    let reports = verify_export(&export, &opening, &noted.collect::<Vec<_>>());
    if reports.is_empty() {
        return Err(CommandFailure::file(
            file,
            "has no chain in it, so it is no export of evidence",
        ));
    }
    let roots = known_roots(&verification.root, &[], printer)?;
    let trusts = verify::Context {
        tsa_roots: &roots.time_stamps,
        ..verify::Context::new(&roots.signers, Timestamp::now())
    };
    let chains = reports
        .into_iter()
        .map(|report| chain_answer(report, &trusts))
        .collect();
    Ok(t::EvidenceVerificationAnswer::new(chains))
}

fn secret(file: &Path) -> Result<InstitutionSecret, CommandFailure> {
    let pem = Zeroizing::new(read(file, SMALL)?);
    InstitutionSecret::from_pem(&pem).map_err(|_| {
        let wanted = "is no X25519 private key in PEM, as `openssl genpkey -algorithm X25519` makes one";
        CommandFailure::file(file, wanted)
    })
}

/// Judgement of a chain, as the service answers it.
fn chain_answer(report: ChainReport, trusts: &verify::Context<'_>) -> t::EvidenceChainAnswer {
    let heads = report.provider_heads.iter().map(|head| {
        let ProviderHead {
            record,
            time,
            position,
            text,
            signature,
        } = head;
        // What is no base64 is no signature either.
        let signature = BASE64.decode(signature).unwrap_or_default();
        t::EvidenceProviderHeadAnswer::judge(*record, *position, time, text, &signature, trusts)
    });
    let heads = heads.collect();
    let answer = t::EvidenceChainAnswer {
        desk: report.desk,
        records: report.records,
        contents: report.contents,
        sealed: report.sealed,
        heads: report.heads,
        behind_last_head: report.behind_last_head,
        provider_heads: Vec::new(),
        last_hash: report.last_hash,
        broken: report.broken.map(|broken| t::EvidenceBreakAnswer {
            position: broken.position,
            fault: EvidenceFault::from_word(broken.fault.word()),
        }),
    };
    answer.with_provider_heads(heads)
}

/// Prints the judgement; the exit code says it too.
fn print(answer: &t::EvidenceVerificationAnswer, printer: &Printer) -> Result<ExitCode, CommandFailure> {
    printer.print_own(
        || serde_json::to_value(answer).map_err(Into::into),
        |paint| render::evidence_verification(answer, *paint),
    )?;
    Ok(if answer.intact {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
