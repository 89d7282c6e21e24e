//! The doctor's findings: what the daemon knows itself, and what [`beid_doctor`] sees on the computer.
//!
//! No holder is read. Of a card, the certificate of its authority is enough to judge the clock.

use crate::caller::CallerId;
use crate::cards::Lane;
use crate::{Context, Service, tls};
use beid_api::types::{DiagnosticsAnswer, DiagnosticsRequest};
use beid_api::{ApiError, DoctorFinding, FindingCode, PublicFact};
use beid_card::CA_CERTIFICATE;
use beid_doctor as doctor;
use beid_doctor::{ClockWitness, Machine, PortUse};
use beid_evidence::{DeliveryState, RecordKind, RecordSearch, Recorder};
use beid_host::random::random_bytes;
use beid_issuers::revocation::RevocationPolicy;
use beid_pki::Certificate;
use beid_protocol::period::{brussels_day, brussels_midnight};
use beid_settings::EvidenceHeads;
use beid_texts::{ErrorTexts, Render};
use std::sync::{Arc, PoisonError};

pub(crate) async fn read_diagnostics(
    context: Context,
    request: DiagnosticsRequest,
) -> Result<DiagnosticsAnswer, ApiError> {
    let (service, language) = (context.service, context.language);
    // At the same time: the survey runs programs, and servers may let us wait.
    let (local, trust, dialogs, clock, evidence, network) = tokio::join!(
        on_this_computer(&service),
        tls::survey(&service),
        doctor::about_dialogs(service.prompter.pinentry()),
        about_clock(&service),
        about_evidence(&service),
        about_servers(&service, request.network == Some(true)),
    );
    let mut findings = local?;
    findings.extend(match &trust {
        Ok(status) => doctor::about_trust(status),
        Err(error) => vec![DoctorFinding::new(FindingCode::TrustUnknown).name("reason", error.detail(language))],
    });
    findings.push(about_port(&service).await?);
    findings.push(dialogs);
    findings.extend(doctor::about_screen(service.prompter.pinentry()));
    findings.push(clock);
    findings.extend(evidence);
    findings.extend(network);
    let sees_names = sees_names(&context.caller.id);
    let answers = findings.into_iter().map(|finding| {
        let finding = if sees_names { finding } else { finding.without_names() };
        finding.to_answer(|message| message.render(language))
    });
    Ok(DiagnosticsAnswer::new(answers.collect()))
}

/// Returns true for callers of this very user. The browsers, profiles and readers that somebody has are no business of
/// websites, nor of programs that watch over many desks.
fn sees_names(caller: &CallerId) -> bool {
    match caller {
        CallerId::Bus(_) | CallerId::OwnPage(_) => true,
        CallerId::Token(_) | CallerId::Page { .. } | CallerId::Anonymous => false,
    }
}

/// Findings that need files of this computer alone, and the registry.
async fn on_this_computer(service: &Arc<Service>) -> Result<Vec<DoctorFinding>, ApiError> {
    let simulated = service.config().simulated;
    let (trouble, readers) = (service.registry.trouble(), service.registry.readers());
    let look = move || {
        let machine = Machine::this();
        let mut findings = vec![doctor::about_versions(&machine)];
        findings.extend(doctor::about_readers(&machine, trouble, simulated, &readers));
        if !simulated {
            findings.push(doctor::about_drivers(&machine));
        }
        findings.extend(doctor::about_permissions(&machine));
        findings
    };
    tokio::task::spawn_blocking(look).await.map_err(ApiError::internal)
}

/// Finding about the port.
async fn about_port(service: &Service) -> Result<DoctorFinding, ApiError> {
    let https = &service.config().settings.https;
    let ports = PortUse {
        wanted: https.port(),
        fixed: https.port.is_some(),
        // Not by a handshake: with a certificate that nobody trusts it is the daemon's all the same.
        taken: service.pages.port(),
    };
    let look = move || doctor::about_port(&Machine::this(), ports);
    tokio::task::spawn_blocking(look).await.map_err(ApiError::internal)
}

/// Finding about the clock, by certificates of authorities: those seen on earlier cards, and that of the card that is here.
async fn about_clock(service: &Service) -> DoctorFinding {
    let seen = service.registry.experience().certificates();
    let mut witnesses: Vec<_> = seen.iter().map(|certificate| witness(certificate, false)).collect();
    witnesses.extend(
        authority_of_the_card(service)
            .await
            .map(|certificate| witness(&certificate, true)),
    );
    doctor::about_clock(service.now(), &witnesses)
}

fn witness(certificate: &Certificate, is_here: bool) -> ClockWitness {
    ClockWitness {
        not_before: certificate.not_before(),
        not_after: is_here.then(|| certificate.not_after()),
    }
}

/// Certificate of the authority of the patient's card, if there is such a card and it can be read.
async fn authority_of_the_card(service: &Service) -> Option<Certificate> {
    let card = service.registry.resolve("current").ok()?;
    let read = card
        .run(Lane::Text, |card, around| card.file(&CA_CERTIFICATE, around))
        .await;
    let (_, der) = read.ok()?.into_parts();
    Certificate::parse(&der).ok()
}

/// Findings about the store of evidence, and about what the institution's server has not taken yet.
async fn about_evidence(service: &Service) -> Vec<DoctorFinding> {
    if matches!(service.evidence, Recorder::Off) {
        return vec![DoctorFinding::new(FindingCode::EvidenceOff)];
    }
    let ready = match service.evidence.must_be_ready(service.now()).await {
        Ok(()) => DoctorFinding::new(FindingCode::EvidenceReady),
        Err(error) => DoctorFinding::new(FindingCode::EvidenceFails).name("reason", error.to_string()),
    };
    let delivery = service
        .delivery
        .get()
        .map(|state| about_delivery(&state.lock().unwrap_or_else(PoisonError::into_inner)));
    let head = about_head(service).await;
    [ready]
        .into_iter()
        .chain(delivery.into_iter().flatten())
        .chain(head)
        .collect()
}

/// Finding about the head that a care provider is to sign each day; none where the settings want none.
async fn about_head(service: &Service) -> Option<DoctorFinding> {
    if service.config().settings.evidence.heads() != EvidenceHeads::Provider {
        return None;
    }
    let now = service.now();
    // A store that cannot be read has a finding of its own.
    let store = service.evidence.store(now).await.ok()??;
    let today = brussels_midnight(brussels_day(now)).ok()?;
    let search = RecordSearch {
        kind: RecordKind::ChainHead.word().to_owned(),
        limit: 1,
        ..RecordSearch::default()
    };
    let found = store.search(search.within(Some(today), None), None).await.ok()?;
    let code = if found.is_empty() {
        FindingCode::EvidenceHeadMissing
    } else {
        FindingCode::EvidenceHeadSigned
    };
    Some(DoctorFinding::new(code))
}

fn about_delivery(state: &DeliveryState) -> Vec<DoctorFinding> {
    let delivered = match &state.error {
        None if state.waiting == 0 && state.confirmed.is_some() => DoctorFinding::new(FindingCode::EvidenceDelivered),
        // The server is being asked for the first time, or is given one part after the other.
        None => DoctorFinding::new(FindingCode::EvidenceOnItsWay).word("count", state.waiting),
        Some(error) => DoctorFinding::new(FindingCode::EvidenceWaits)
            .word("count", state.waiting)
            .name("reason", error.as_str()),
    };
    let set_back = state
        .set_back
        .map(|count| DoctorFinding::new(FindingCode::EvidenceSetBack).word("count", count));
    [delivered].into_iter().chain(set_back).collect()
}

/// Findings about servers of others; none unless the caller wants them asked.
async fn about_servers(service: &Service, wanted: bool) -> Vec<DoctorFinding> {
    if !wanted {
        return Vec::new();
    }
    let (mut findings, stamps) = tokio::join!(about_revocation(service), about_stamps(service));
    findings.extend(stamps);
    findings
}

async fn about_revocation(service: &Service) -> Vec<DoctorFinding> {
    if service.revocation.policy() == RevocationPolicy::Off {
        return vec![DoctorFinding::new(FindingCode::RevocationOff)];
    }
    let mut findings = Vec::new();
    for reach in service.revocation.reach_servers().await {
        // The settings name the servers: a hospital's proxy may say whose it is.
        findings.push(match reach.date {
            Ok(_) => DoctorFinding::new(FindingCode::ServerAnswers).name("server", reach.server),
            Err(reason) => DoctorFinding::new(FindingCode::ServerSilent)
                .name("server", reach.server)
                .word("reason", reason.word()),
        });
        if let Ok(Some(date)) = reach.date {
            findings.push(doctor::about_server_clock(service.now(), date));
        }
    }
    findings
}

async fn about_stamps(service: &Service) -> Vec<DoctorFinding> {
    let Some(stamper) = &service.stamper else {
        return Vec::new();
    };
    // Of nothing: the authority learns a digest of random octets.
    match stamper.stamp(&random_bytes::<32>()).await {
        Ok(token) => vec![
            DoctorFinding::new(FindingCode::StampsWork),
            doctor::about_server_clock(service.now(), token.time()),
        ],
        Err(reason) => {
            vec![DoctorFinding::new(FindingCode::StampsFail).word("reason", PublicFact::from(reason.word()))]
        }
    }
}
